import logging

import pytest

from broker.failures import LASTING_SECONDS, Failures
from broker.settings import BrokerSettings


class Network:
    """Lets a session's connections come and go."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self._now = 0.0
        self.failures = Failures(BrokerSettings(), "node-1", clock=lambda: self._now)

    def connection(self, seconds: float, reason: str = "Unspecified error") -> None:
        self.failures.ask()
        self.failures.accept()
        self._now += seconds
        self.failures.end(reason)

    @property
    def warnings(self) -> int:
        return sum(record.levelno == logging.WARNING for record in self._caplog.records)


@pytest.fixture
def network(caplog: pytest.LogCaptureFixture) -> Network:
    return Network(caplog)


def test_the_same_failure_is_a_warning_once(network: Network) -> None:
    for _ in range(3):
        network.failures.cannot_reach(OSError("refused"))
        network.failures.cannot_reach(OSError("timed out"))
    assert network.warnings == 2


def test_after_a_connection_that_lasted_it_is_a_warning_again(network: Network) -> None:
    for _ in range(3):
        network.connection(LASTING_SECONDS)
    assert network.warnings == 3
    assert "another program" not in (network.failures.latest or "")


def test_the_third_short_connection_makes_one_think_of_a_rival(network: Network) -> None:
    network.connection(1)
    network.connection(1)
    assert network.failures.latest == "connection to broker 127.0.0.1:1883 lost: Unspecified error"
    network.connection(1)
    assert (network.failures.latest or "").endswith("; is another program using the id node-1?")
    network.connection(1)
    assert network.warnings == 2


def test_a_broker_that_names_the_rival_is_believed_at_once(network: Network) -> None:
    network.connection(60, "Session taken over")
    assert "another program using the id node-1?" in (network.failures.latest or "")


def test_a_refusal_stands_though_the_connection_ends_after_it(network: Network) -> None:
    network.failures.ask()
    network.failures.refuse("alice", "Not authorized")
    network.failures.end("Unspecified error")
    assert "refused user 'alice': Not authorized; check broker.username" in (network.failures.latest or "")
    assert network.warnings == 1
