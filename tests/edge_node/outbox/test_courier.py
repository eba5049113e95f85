"""From the outbox to subscribers of a real Mosquitto, and back again as acknowledgements."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

from broker.acknowledgement import Acknowledgement
from broker.handover import Handover
from broker.messages import Event, EventType
from broker.mosquitto.conf import MAX_PACKET_BYTES
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.states import OutboxState
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.outbox.courier import WINDOW, Courier
from edge_node.outbox.outbox import Outbox
from edge_node.outbox.settings import OutboxSettings
from tests.edge_node.outbox.made_up import event
from tests.installation import Site
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

TOPICS = Topics()


class Office:
    """An outbox, its courier and their session."""

    def __init__(
        self,
        broker: BrokerSettings,
        folder: Path,
        *,
        by: Literal["logger", "broker"] = "logger",
        most: int = 1_000,
    ) -> None:
        settings = OutboxSettings(acknowledged_by=by, news_seconds=5, max_events=most)
        self.outbox = Outbox(folder / "outbox.db", settings)
        self.courier = Courier(
            node="node-1",
            outbox=self.outbox,
            topics=TOPICS,
            by_logger=by == "logger",
            publish=self._publish,
            is_connected=lambda: self.session.is_connected,
        )
        self.session = Session(
            broker,
            client_id="node-1",
            subscriptions=[Subscription(TOPICS.acks("node-1"), self.courier.receive, qos=1)],
            births=self.courier.births,
            on_receipt=self.courier.answer,
        )

    def post(self, *events: Event) -> list[str]:
        for one in events:
            self.courier.post(one)
        return [one.event_id for one in events]

    def waiting(self) -> int:
        return self.outbox.filling.waiting

    def _publish(self, publication: Publication) -> Handover:
        return self.session.publish(publication)


@contextmanager
def at_work(office: Office) -> Iterator[Office]:
    over = threading.Event()

    def carry() -> None:
        while not over.is_set():
            office.courier.turn()

    thread = threading.Thread(target=carry)
    office.session.start()
    assert office.session.wait_connected(15)
    thread.start()
    try:
        yield office
    finally:
        over.set()
        thread.join()
        office.session.stop()
        office.outbox.close()


@pytest.fixture
def office(mosquitto: PrivateBroker, tmp_path: Path) -> Iterator[Office]:
    with at_work(Office(mosquitto.settings, tmp_path)) as office:
        yield office


def heard(watcher: Watcher, word: str) -> list[str]:
    return [
        Event.from_json(one.payload).event_id
        for one in list(watcher.heard)
        if one.topic.split("/")[1] == word
    ]


def acknowledge(watcher: Watcher, node: str, event_ids: list[str]) -> None:
    said = Acknowledgement(node=node, event_ids=event_ids).to_publication(TOPICS)
    assert watcher.session.publish(said).wait(5)


def test_news_goes_to_everybody_once_and_again_to_the_logger_alone(watcher: Watcher, office: Office) -> None:
    ids = office.post(event(), event(muted="night"), event(EventType.RESTRICTED))
    assert eventually(lambda: set(heard(watcher, "again")) == set(ids))
    assert heard(watcher, "events") == [ids[0], ids[2]]
    assert heard(watcher, "muted") == [ids[1]]
    assert heard(watcher, "again")[:1] == ids[:1]


def test_only_what_is_acknowledged_to_this_node_is_forgotten(watcher: Watcher, office: Office) -> None:
    first, second = office.post(event(), event())
    assert eventually(lambda: len(heard(watcher, "events")) == 2)
    acknowledge(watcher, "node-2", [first, second])
    watcher.session.publish(Publication(topic=TOPICS.acks("node-1"), payload=b"[]", qos=1))
    forged = Acknowledgement(node="node-2", event_ids=[first]).to_json()
    watcher.session.publish(Publication(topic=TOPICS.acks("node-1"), payload=forged, qos=1))
    acknowledge(watcher, "node-1", [second, "never heard of"])
    assert eventually(lambda: office.waiting() == 1)
    acknowledge(watcher, "node-1", [first])
    assert eventually(lambda: office.waiting() == 0)


def test_while_nobody_acknowledges_ever_less_is_sent_again(watcher: Watcher, office: Office) -> None:
    ids = office.post(*(event() for _ in range(3 * WINDOW)))
    assert eventually(lambda: len(heard(watcher, "again")) > WINDOW, 30)
    assert len(heard(watcher, "again")) <= WINDOW + 2

    def all_acknowledged() -> bool:
        acknowledge(watcher, "node-1", heard(watcher, "again"))
        return office.waiting() == 0

    assert eventually(all_acknowledged)
    assert set(heard(watcher, "again")) == set(ids)
    assert sorted(heard(watcher, "events")) == sorted(ids)


@pytest.mark.parametrize(
    "poison",
    [lambda: event(device="new\nline"), lambda: event(person="x" * MAX_PACKET_BYTES)],
    ids=["topic", "size"],
)
def test_what_the_broker_will_never_take_holds_up_nothing(
    poison: Callable[[], Event], watcher: Watcher, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    office.post(poison())
    others = office.post(*(event() for _ in range(5)))
    assert eventually(lambda: heard(watcher, "events") == others)
    acknowledge(watcher, "node-1", others)
    assert eventually(lambda: office.waiting() == 1)
    assert [record.message for record in caplog.records if "cannot be published" in record.message]


def test_after_the_broker_comes_back_what_it_had_taken_goes_again_at_once(
    mosquitto: PrivateBroker, office: Office
) -> None:
    with Watcher(mosquitto.settings, "edge/events/#", client_id="assistant") as watcher:
        ids = office.post(event(), event())
        assert eventually(lambda: heard(watcher, "events") == ids)
    assert eventually(lambda: office.outbox.news((), 9) == [])
    mosquitto.kill()
    mosquitto.start()
    with Watcher(mosquitto.settings, "edge/#") as watcher:
        assert eventually(lambda: set(heard(watcher, "again")) == set(ids))
        assert heard(watcher, "events") == []


def test_without_a_logger_the_broker_counts_when_there_is_a_subscriber(
    mosquitto: PrivateBroker, tmp_path: Path
) -> None:
    with at_work(Office(mosquitto.settings, tmp_path, by="broker")) as office:
        ids = office.post(event(), event())
        assert not eventually(lambda: office.waiting() < 2, 1)
        with Watcher(mosquitto.settings, "edge/events/#") as watcher:
            assert eventually(lambda: office.waiting() == 0)
            assert eventually(lambda: heard(watcher, "events") == ids)
            more = office.post(event())
            assert eventually(lambda: office.waiting() == 0)
            assert eventually(lambda: heard(watcher, "events") == ids + more)


def test_without_a_logger_too_old_events_are_no_news_and_wait_for_nobody(
    mosquitto: PrivateBroker, tmp_path: Path
) -> None:
    with at_work(Office(mosquitto.settings, tmp_path, by="broker")) as office:
        office.post(event(), event())
        assert eventually(lambda: office.outbox.news((), 9) == [], 12)
        with Watcher(mosquitto.settings, "edge/events/#") as watcher:
            assert eventually(lambda: office.waiting() == 0, 12)
            assert heard(watcher, "events") == []
            assert office.outbox.filling.dropped == 0


def test_what_is_given_up_is_said_while_it_grows(
    mosquitto: PrivateBroker, watcher: Watcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.outbox.courier.LOSSES_SECONDS", 1.0)

    def said() -> list[OutboxState]:
        return [OutboxState.from_json(one.payload) for one in watcher.on("edge/nodes/node-1/outbox")]

    with at_work(Office(mosquitto.settings, tmp_path, most=5)) as office:
        office.post(*(event() for _ in range(6)))
        assert eventually(lambda: said()[-1:] != [] and (said()[-1].level, said()[-1].dropped) == ("full", 1))
        before, begun = len(said()), time.monotonic()
        for _ in range(100):
            office.post(event())
            time.sleep(0.02)
        assert eventually(lambda: said()[-1].dropped == 101)
    assert 2 <= len(said()) - before <= 3 + time.monotonic() - begun


def test_what_the_access_list_refuses_is_kept_and_said(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    office = Office(site.settings("garage"), tmp_path)
    with at_work(office):
        office.post(event())
        assert eventually(lambda: any("Not authorized" in one.message for one in caplog.records))
        assert office.waiting() == 1
