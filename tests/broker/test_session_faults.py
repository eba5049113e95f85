"""What befalls a session and its broker: on Mosquitto, whose state outlives it."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from broker.errors import MessageError
from broker.mosquitto.conf import MAX_PACKET_BYTES
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from tests.private_broker import PrivateBroker, eventually

OpenSession = Callable[..., Session]

EVENTS = "edge/events/+/+"
EVENT = Publication(topic="edge/events/garage/unknown", payload=b"{}", qos=1)


def test_what_was_not_acknowledged_comes_again(mosquitto: PrivateBroker, open_session: OpenSession) -> None:
    received: list[Publication] = []

    def logger() -> Session:
        return open_session(
            mosquitto.settings,
            "logger",
            subscriptions=[Subscription(EVENTS, received.append, qos=1)],
            expiry_seconds=3600,
            receive_maximum=5,
            manual_ack=True,
        )

    first = logger()
    sender = open_session(mosquitto.settings)
    for number in range(10):
        sender.publish(Publication(topic=EVENT.topic, payload=str(number).encode(), qos=1))
    assert eventually(lambda: len(received) == 5)
    first.acknowledge(received[0])
    first.acknowledge(received[1])
    assert eventually(lambda: len(received) >= 7)
    first.stop()
    received.clear()
    second = logger()
    for count in range(8):
        assert eventually(lambda: len(received) > count)  # noqa: B023  it is called at once
        second.acknowledge(received[count])
    assert [int(publication.payload) for publication in received] == list(range(2, 10))
    second.stop()
    received.clear()
    logger()
    sender.publish(Publication(topic=EVENT.topic, payload=b"10", qos=1))
    assert eventually(lambda: received)
    assert [publication.payload for publication in received] == [b"10"]


def test_what_came_while_away_is_delivered_though_the_broker_was_stopped(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    received: list[Publication] = []
    options = {
        "subscriptions": [Subscription(EVENTS, received.append, qos=1)],
        "expiry_seconds": 3600,
    }
    open_session(mosquitto.settings, "logger", **options).stop()
    assert received == []
    sender = open_session(mosquitto.settings, "node")
    assert sender.publish(EVENT).wait(15)
    mosquitto.stop()
    mosquitto.start()
    open_session(mosquitto.settings, "logger", **options)
    assert eventually(lambda: len(received) == 1)


def test_what_was_under_way_when_the_broker_died_is_sent_again(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    sender = open_session(mosquitto.settings)
    mosquitto.suspend()
    topics = [f"edge/devices/{number}/people" for number in range(30)]
    under_way = [
        sender.publish(Publication(topic=topic, payload=b"[]", qos=1, retain=True)) for topic in topics
    ]
    assert not any(handover.wait(0.01) for handover in under_way)
    mosquitto.kill()
    mosquitto.start()
    assert all(handover.wait(15) for handover in under_way)
    received: list[Publication] = []
    open_session(mosquitto.settings, subscriptions=[Subscription("edge/devices/+/people", received.append)])
    assert eventually(lambda: {publication.topic for publication in received} == set(topics))


def test_a_silent_broker_counts_as_lost_after_two_keepalives(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    session = open_session(mosquitto.settings)
    mosquitto.suspend()
    assert eventually(lambda: not session.is_connected, 3 * mosquitto.settings.keepalive_seconds)
    mosquitto.resume()
    assert session.wait_connected(10)


def test_a_publication_over_the_brokers_limit_is_refused_here(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    received: list[Publication] = []
    open_session(mosquitto.settings, subscriptions=[Subscription("edge/frames/+", received.append)])
    session = open_session(mosquitto.settings)
    with pytest.raises(MessageError, match="at most") as raised:
        session.publish(Publication(topic="edge/frames/garage", payload=bytes(MAX_PACKET_BYTES)))
    assert raised.value.reason == "too_large"
    session.publish(Publication(topic="edge/frames/garage", payload=bytes(4_000_000)))
    assert eventually(lambda: received)
    assert len(received[0].payload) == 4_000_000


def test_a_stalled_subscriber_does_not_fill_the_broker(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    go_on = threading.Event()

    def wait(_: Publication) -> None:
        go_on.wait(30)

    stalled = [Subscription("edge/frames/+", wait)]
    open_session(mosquitto.settings, "stalled", subscriptions=stalled)
    camera = open_session(mosquitto.settings, "camera")
    for _ in range(800):
        camera.publish(Publication(topic="edge/frames/garage", payload=bytes(100_000)))
    assert camera.publish(EVENT).wait(20)
    megabytes = psutil.Process(mosquitto.pid).memory_info().rss / 1e6
    go_on.set()
    assert megabytes < 40


def test_a_property_that_cannot_be_read_costs_a_reconnect_and_no_more(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    """Mosquitto passes U+FEFF on, paho refuses it."""
    received: list[Publication] = []
    bugs: list[Exception] = []
    session = open_session(
        mosquitto.settings,
        subscriptions=[Subscription("edge/frames/+", received.append)],
        on_bug=bugs.append,
    )
    camera = open_session(mosquitto.settings)
    poison = Publication(topic="edge/frames/a", payload=b"x", user_properties={"boot_id": "\ufeff"})
    camera.publish(poison)
    assert eventually(lambda: not session.is_connected)
    assert session.wait_connected(10)
    camera.publish(Publication(topic="edge/frames/b", payload=b"y"))
    assert eventually(lambda: [publication.topic for publication in received] == ["edge/frames/b"])
    assert bugs == []


def test_a_session_comes_back_after_another_one_took_its_client_id(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    first = open_session(mosquitto.settings, "same")
    intruder = Session(mosquitto.settings, client_id="same")
    intruder.start()
    assert eventually(lambda: "lost" in (first.failure or ""))
    intruder.stop()
    assert first.wait_connected(10)


def test_two_that_fight_for_a_client_id_are_told_so(
    mosquitto: PrivateBroker, open_session: OpenSession, caplog: pytest.LogCaptureFixture
) -> None:
    first = open_session(mosquitto.settings, "same")
    rival = Session(mosquitto.settings, client_id="same")
    rival.start()
    hint = "is another program using the id same?"
    assert eventually(lambda: hint in (first.failure or "") or hint in (rival.failure or ""), 20)
    time.sleep(2)
    rival.stop()
    assert 1 <= sum(hint in warning for warning in warnings(caplog)) <= 2


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """Listens where a broker is expected."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_a_stranger_that_says_nothing_is_reported(
    stranger: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    settings = BrokerSettings(port=stranger.getsockname()[1], keepalive_seconds=5)
    session = Session(settings, client_id="a")
    session.start()
    assert eventually(lambda: warnings(caplog))
    session.stop()
    assert f":{settings.port} within 5 s: is it an MQTT v5 broker without TLS?" in warnings(caplog)[0]


def test_a_stranger_that_hangs_up_is_reported_once(
    stranger: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    def hang_up() -> None:
        for _ in range(3):
            stranger.accept()[0].close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    session = Session(BrokerSettings(port=stranger.getsockname()[1], reconnect_max_seconds=1), client_id="a")
    session.start()
    thread.join(10)
    session.stop()
    assert len(warnings(caplog)) == 1
    assert "without an answer" in warnings(caplog)[0]


def seconds_to_stop(session: Session) -> float:
    started = time.monotonic()
    session.stop()
    assert not session.is_alive
    return time.monotonic() - started


def test_stop_is_quick_before_start(mosquitto: PrivateBroker) -> None:
    assert seconds_to_stop(Session(mosquitto.settings, client_id="a")) < 5


def test_stop_is_quick_while_connected(mosquitto: PrivateBroker, open_session: OpenSession) -> None:
    assert min(seconds_to_stop(open_session(mosquitto.settings)) for _ in range(5)) < 0.5


def test_stop_is_quick_between_attempts(mosquitto: PrivateBroker, open_session: OpenSession) -> None:
    session = open_session(mosquitto.settings)
    mosquitto.kill()
    assert eventually(lambda: not session.is_connected)
    assert seconds_to_stop(session) < 5


def test_stop_is_quick_while_the_broker_is_silent(
    mosquitto: PrivateBroker, open_session: OpenSession
) -> None:
    session = open_session(mosquitto.settings)
    mosquitto.suspend()
    started = time.monotonic()
    session.stop(farewells=[EVENT])
    assert time.monotonic() - started < 5
    assert not session.is_alive


def test_stop_is_quick_while_connecting_to_a_silent_broker(mosquitto: PrivateBroker) -> None:
    mosquitto.suspend()
    session = Session(mosquitto.settings, client_id="a")
    session.start()
    time.sleep(0.3)
    assert seconds_to_stop(session) < 4
