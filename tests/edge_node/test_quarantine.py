"""What comes as an event and is none, on a real Mosquitto."""

import json
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.publication import Publication
from tests.edge_node.logger_at_work import TOPICS, acknowledged, event, ids, logged, logging_to, publish
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log/events.jsonl"


@pytest.fixture
def node(mosquitto: PrivateBroker) -> Iterator[Watcher]:
    """Whoever publishes events."""
    with Watcher(mosquitto.settings, "edge/acks/#", client_id="node-1") as node:
        yield node


def test_what_is_no_event_is_acknowledged_too_so_that_it_does_not_come_for_ever(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    bad = Publication(
        topic="edge/events/front-door/unknown", payload=b'{"event_id":"7","node":"node-1","x":NaN}', qos=1
    )
    half = Publication(
        topic=bad.topic,
        payload=b'{"event_id":"8","node":"node-1","device":"front-door","event_type":"unknown"}',
        qos=1,
    )
    with logging_to(file, mosquitto):
        assert node.session.publish(bad).wait(5)
        assert node.session.publish(half).wait(5)
        assert eventually(lambda: acknowledged(node) == ["8"])
    assert len(logged(file.with_name("quarantine.jsonl"))) == 2


INVALID = {
    "no json": b"hello",
    "nothing": b"",
    "a list": b"[]",
    "two keys alike": b'{"schema":1,"schema":2}',
    "half a surrogate": b'{"person":"\\ud800"}',
    "half a surrogate in an event": event().to_json()[:-1] + b',"note":"\\ud800"}',
    "a number beyond all numbers": event().to_json()[:-1] + b',"note":1e999}',
    "deep": b"[" * 50_000,
    "missing keys": b'{"schema":1,"event_id":"x"}',
}


def test_what_is_no_event_goes_to_quarantine_and_holds_up_nobody(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    good = event()
    with logging_to(file, mosquitto):
        for payload in INVALID.values():
            bad = Publication(topic="edge/events/front-door/unknown", payload=payload, qos=1)
            assert node.session.publish(bad).wait(5)
        forged = Publication(topic="edge/events/garage/authorised", payload=good.to_json(), qos=1)
        assert node.session.publish(forged).wait(5)
        publish(node, good)
        assert eventually(lambda: ids(file) == [good.event_id])
    refused = logged(file.with_name("quarantine.jsonl"))
    assert len(refused) == len(INVALID) + 1
    assert refused[-1]["reason"] == "bad_topic"
    with logging_to(file, mosquitto):
        time.sleep(0.5)
    assert len(logged(file.with_name("quarantine.jsonl"))) == len(INVALID) + 1


def test_quarantine_is_bounded(
    mosquitto: PrivateBroker, node: Watcher, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.quarantine.FILE_BYTES", 1_000)
    with logging_to(file, mosquitto):
        for number in range(60):
            bad = Publication(topic="edge/events/front-door/unknown", payload=b"%d" % number, qos=1)
            assert node.session.publish(bad).wait(5)
        good = event()
        publish(node, good)
        assert eventually(lambda: ids(file) == [good.event_id])
    kept = [path.stat().st_size for path in file.parent.glob("quarantine.jsonl*")]
    assert len(kept) == 2
    assert sum(kept) < 20_000


def send(node: Watcher, topic: str, payload: bytes) -> None:
    assert node.session.publish(Publication(topic=topic, payload=payload, qos=1)).wait(5)


def test_nobody_makes_a_node_forget_an_event_that_is_not_in_the_log(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    forged, elsewhere, last = event(), event(device="garage"), event()
    with logging_to(file, mosquitto):
        send(node, "edge/events/front-door/unknown", b'{"event_id":"X-1","node":"node-1"}')
        send(node, "edge/events/front-door/restricted", forged.to_json())
        send(node, "edge/events/front-door/authorised", elsewhere.to_json()[:-1] + b',"x":NaN}')
        publish(node, last)
        assert eventually(lambda: acknowledged(node) == [last.event_id])
    assert ids(file) == [last.event_id]
    assert len(logged(file.with_name("quarantine.jsonl"))) == 3


def test_a_nodes_event_of_another_version_is_kept_in_quarantine_and_acknowledged(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    later = json.loads(event().to_json()) | {"event_type": "acquainted", "frames": "many"}
    with logging_to(file, mosquitto):
        send(node, "edge/again/front-door/acquainted", json.dumps(later).encode())
        assert eventually(lambda: acknowledged(node) == [later["event_id"]])
    assert [one["reason"] for one in logged(file.with_name("quarantine.jsonl"))] == ["bad_message"]


def test_a_quarantine_that_cannot_be_written_holds_up_no_event(
    mosquitto: PrivateBroker, node: Watcher, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = file.with_name("quarantine.jsonl")
    place.mkdir(parents=True)
    invalid = json.loads(event().to_json()) | {"frames": "many"}
    good = [event() for _ in range(3)]
    with logging_to(file, mosquitto):
        for one in good:
            send(node, "edge/events/front-door/authorised", json.dumps(invalid).encode())
            publish(node, one)
        assert eventually(lambda: len(acknowledged(node)) == 3)
        place.rmdir()
        send(node, "edge/again/front-door/authorised", json.dumps(invalid).encode())
        assert eventually(lambda: acknowledged(node)[3:] == [invalid["event_id"]])
    assert ids(file) == [one.event_id for one in good]
    said = [one.message for one in caplog.records if str(place) in one.message]
    assert [text.endswith("can be written again") for text in said] == [False, True]


def test_what_comes_at_qos_0_is_bounded_while_the_disk_refuses(
    mosquitto: PrivateBroker,
    node: Watcher,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    refusing, write = True, os.write

    def full(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[:9]) if refusing else write(descriptor, data)

    sure = [event() for _ in range(10)]
    with logging_to(file, mosquitto) as logger:
        monkeypatch.setattr("edge_node.sinks.json_lines.os.write", full)
        publish(node, sure[0])
        time.sleep(0.5)
        for _ in range(500):
            unsure = event().to_publication(TOPICS)
            node.session.publish(Publication(topic=unsure.topic, payload=unsure.payload))
        publish(node, *sure[1:])
        assert eventually(lambda: logger.arrivals.dropped >= 300)
        refusing = False
        assert eventually(lambda: {one.event_id for one in sure} <= set(ids(file)))
    assert len(ids(file)) == 510 - logger.arrivals.dropped <= 10 + 100 + 50
    assert len([one for one in caplog.records if "events dropped" in one.message]) == 1


def test_a_senders_own_stamp_is_not_the_loggers(mosquitto: PrivateBroker, node: Watcher, file: Path) -> None:
    one = event().to_json()[:-1] + b',"time_doubtful":["decided_at"],"logged_at":"1999-01-01T00:00:00Z"}'
    with logging_to(file, mosquitto):
        send(node, "edge/events/front-door/authorised", one)
        assert eventually(lambda: len(logged(file)) == 1)
    assert "time_doubtful" not in logged(file)[0]
    assert not logged(file)[0]["logged_at"].startswith("1999")
