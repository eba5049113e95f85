import socket

from broker.probe import answers
from tests.private_broker import PrivateBroker, free_port


def test_a_broker_answers(broker: PrivateBroker) -> None:
    for _ in range(3):
        assert answers(broker.settings.host, broker.settings.port, 15)


def test_a_stopped_broker_does_not_answer(mosquitto: PrivateBroker) -> None:
    mosquitto.suspend()
    assert not answers(mosquitto.settings.host, mosquitto.settings.port, 0.3)
    mosquitto.resume()
    assert answers(mosquitto.settings.host, mosquitto.settings.port, 15)


def test_a_stranger_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not answers("127.0.0.1", silent.getsockname()[1], 0.3)


def test_nobody_does_not_answer() -> None:
    assert not answers("127.0.0.1", free_port(), 0.3)
