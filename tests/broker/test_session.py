"""Sessions on each of the two brokers that the project can start."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from broker.errors import MessageError
from broker.handover import Receipt
from broker.messages import Frame
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.states import status
from broker.subscription import Subscription
from broker.topics import Topics
from tests.private_broker import PrivateBroker, eventually, free_port

TOPICS = Topics()

OpenSession = Callable[..., Session]


def text(topic: str, payload: str, qos: int = 1) -> Publication:
    return Publication(topic=topic, payload=payload.encode(), qos=qos)


def payloads(received: list[Publication]) -> list[str]:
    return [publication.payload.decode() for publication in received]


def test_a_frame_arrives_with_its_properties(broker: PrivateBroker, open_session: OpenSession) -> None:
    received: list[Publication] = []
    open_session(broker.settings, subscriptions=[Subscription(TOPICS.frames_filter(), received.append)])
    sent = Frame(
        device="front-door",
        jpeg=bytes(range(256)) * 4000,
        captured_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
        seq=7,
        boot_id="b1",
        test=True,
    )
    open_session(broker.settings).publish(sent.to_publication(TOPICS))
    assert eventually(lambda: received)
    assert Frame.from_publication(received[0], TOPICS) == sent
    assert received[0].expiry_seconds in (1, 2)
    assert received[0].mid is None


def test_request_properties_arrive(broker: PrivateBroker, open_session: OpenSession) -> None:
    received: list[Publication] = []
    open_session(broker.settings, subscriptions=[Subscription("edge/requests/+", received.append, qos=1)])
    open_session(broker.settings).publish(
        Publication(
            topic=TOPICS.requests("reload"),
            payload=b"{}",
            qos=1,
            content_type="application/json",
            response_topic=TOPICS.replies("web"),
            correlation_data=b"\x00\xff",
            user_properties={"who": "Zoë"},
        )
    )
    assert eventually(lambda: received)
    assert received[0].response_topic == "edge/replies/web"
    assert received[0].correlation_data == b"\x00\xff"
    assert received[0].user_properties == {"who": "Zoë"}
    assert received[0].content_type == "application/json"


def test_each_publication_goes_to_the_subscription_it_matches(
    broker: PrivateBroker, open_session: OpenSession
) -> None:
    frames: list[Publication] = []
    events: list[Publication] = []
    open_session(
        broker.settings,
        subscriptions=[
            Subscription(TOPICS.frames_filter("group-1"), frames.append),
            Subscription(TOPICS.events_filter(), events.append, qos=1),
        ],
    )
    sender = open_session(broker.settings)
    sender.publish(text(TOPICS.frames("garage"), "a frame", qos=0))
    sender.publish(text(TOPICS.events("garage", "unknown"), "an event"))
    assert eventually(lambda: frames and events)
    assert (payloads(frames), payloads(events)) == (["a frame"], ["an event"])


def test_the_will_of_a_killed_process_is_published(broker: PrivateBroker, open_session: OpenSession) -> None:
    received: list[Publication] = []
    open_session(
        broker.settings, subscriptions=[Subscription(TOPICS.device_status("+"), received.append, qos=1)]
    )
    program = f"""
import time
from broker.session import Session
from broker.settings import BrokerSettings
from broker.states import status
session = Session(
    BrokerSettings(port={broker.settings.port}), client_id="camera",
    will=status("edge/devices/garage/status", "offline"),
    births=lambda: [status("edge/devices/garage/status", "online")],
)
session.start()
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program]) as camera:
        assert eventually(lambda: payloads(received) == ["online"])
        camera.kill()
    assert eventually(lambda: payloads(received) == ["online", "offline"])


def test_who_leaves_says_farewell_and_has_no_will(broker: PrivateBroker, open_session: OpenSession) -> None:
    received: list[Publication] = []
    open_session(broker.settings, subscriptions=[Subscription("edge/#", received.append, qos=1)])
    leaver = open_session(broker.settings, will=status("edge/nodes/n/status", "offline"))
    leaver.stop(farewells=[text("edge/nodes/n/status", "goodbye")])
    open_session(broker.settings).publish(text("edge/last", "last"))
    assert eventually(lambda: "last" in payloads(received))
    assert payloads(received) == ["goodbye", "last"]


def test_who_has_left_holds_no_socket(broker: PrivateBroker, open_session: OpenSession) -> None:
    session = open_session(broker.settings)
    assert session._client._sockpairR is not None
    session.stop()
    assert session._client._sockpairR is None
    with pytest.raises(MessageError):
        session.publish(text("edge/#", "to nobody"))
    session.publish(text("edge/late", "to nobody"))


def test_subscriptions_and_births_come_back_after_a_restart_of_the_broker(
    broker: PrivateBroker, open_session: OpenSession
) -> None:
    received: list[Publication] = []
    births: list[Publication] = []
    watcher = open_session(
        broker.settings,
        subscriptions=[
            Subscription(TOPICS.node_status("+"), births.append, qos=1),
            Subscription("edge/frames/+", received.append),
        ],
    )
    node = open_session(broker.settings, births=lambda: [status(TOPICS.node_status("n"), "online")])
    assert eventually(lambda: births)
    births.clear()
    broker.stop()
    assert eventually(lambda: not watcher.is_connected and not node.is_connected)
    assert eventually(lambda: watcher.failure)
    assert "lost" in (watcher.failure or "") or "cannot be reached" in (watcher.failure or "")
    broker.start()
    assert watcher.wait_connected(15)
    assert node.wait_connected(15)
    assert watcher.failure is None
    assert eventually(lambda: births)
    node.publish(text("edge/frames/garage", "again", qos=0))
    assert eventually(lambda: payloads(received) == ["again"])


def test_what_was_published_while_offline_is_sent_at_qos_1_and_dropped_at_qos_0(
    broker: PrivateBroker, open_session: OpenSession
) -> None:
    received: list[Publication] = []
    open_session(broker.settings, subscriptions=[Subscription("edge/#", received.append, qos=1)])
    sender = Session(broker.settings, client_id="sender")
    handover = sender.publish(text("edge/a", "kept"))
    sender.publish(text("edge/b", "dropped", qos=0))
    assert not handover.done
    sender.start()
    assert handover.wait(15)
    assert handover.done
    sender.publish(text("edge/c", "last"))
    assert eventually(lambda: "last" in payloads(received))
    sender.stop()
    assert payloads(received) == ["kept", "last"]


def test_a_receipt_says_whether_anybody_hears(mosquitto: PrivateBroker, open_session: OpenSession) -> None:
    receipts: list[Receipt] = []
    session = open_session(mosquitto.settings, on_receipt=receipts.append)
    event = Publication(topic="edge/events/garage/unknown", payload=b"{}", qos=1)
    unheard = session.publish(event)
    assert unheard.wait(15)
    open_session(mosquitto.settings, subscriptions=[Subscription("edge/events/+/+", print)])
    heard = session.publish(event)
    assert heard.wait(15)
    assert [(one.mid, one.is_heard) for one in receipts] == [(unheard.mid, False), (heard.mid, True)]
    assert [one.reason for one in receipts] == ["No matching subscribers", "Success"]


def test_a_bug_in_a_handler_is_reported_and_the_network_thread_goes_on(
    broker: PrivateBroker, open_session: OpenSession
) -> None:
    received: list[Publication] = []
    bugs: list[Exception] = []

    def handler(publication: Publication) -> None:
        received.append(publication)
        if publication.payload == b"bad":
            raise KeyError("a bug")

    session = open_session(
        broker.settings, subscriptions=[Subscription("edge/#", handler, qos=1)], on_bug=bugs.append
    )
    sender = open_session(broker.settings)
    sender.publish(text("edge/a", "bad"))
    sender.publish(text("edge/a", "good"))
    assert eventually(lambda: payloads(received) == ["bad", "good"])
    assert [type(bug) for bug in bugs] == [KeyError]
    assert session.is_connected
    assert session.is_alive


def test_nobody_there_is_said_in_words() -> None:
    session = Session(BrokerSettings(port=free_port()), client_id="lonely")
    session.start()
    assert eventually(lambda: session.failure)
    assert "cannot be reached" in (session.failure or "")
    assert "Connection refused" in (session.failure or "")
    session.stop()
    assert not session.is_alive


def test_an_unknown_host_is_said_in_words() -> None:
    session = Session(BrokerSettings(host="no-such-host.invalid"), client_id="lost")
    session.start()
    assert eventually(lambda: session.failure, 20)
    assert "no-such-host.invalid:1883 cannot be reached" in (session.failure or "")
    session.stop()


@pytest.mark.parametrize("topic", ["", "edge/+/x", "edge/#", "edge/a\nb", "edge/\x00", "edge/\ud800"])
def test_a_topic_that_would_come_back_at_each_reconnect_is_refused(topic: str) -> None:
    session = Session(BrokerSettings(), client_id="sender")
    with pytest.raises(Exception, match="not a topic") as raised:
        session.publish(text(topic, "x"))
    assert raised.value.reason == "bad_topic"  # type: ignore[attr-defined]


def test_a_subscription_made_later_lasts_over_reconnects_until_it_is_taken_back(
    broker: PrivateBroker, open_session: OpenSession
) -> None:
    received: list[Publication] = []
    listener, speaker = open_session(broker.settings), open_session(broker.settings)
    later = Subscription("later/+", received.append)

    def heard() -> bool:
        speaker.publish(text("later/a", "x", qos=0))
        return bool(received)

    assert not eventually(heard, 0.2)
    listener.subscribe(later)
    assert eventually(heard)
    broker.stop()
    broker.start()
    assert listener.wait_connected(15)
    assert speaker.wait_connected(15)
    received.clear()
    assert eventually(heard)
    listener.unsubscribe(later)
    assert eventually(lambda: is_silent(received, heard))


def is_silent(received: list[Publication], heard: Callable[[], bool]) -> bool:
    received.clear()
    return not eventually(heard, 0.1)
