"""A real Mosquitto of one test's own, and what can befall it. From tests: the fixture `mosquitto`."""

import itertools
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from broker.local import LocalBroker, find_mosquitto
from broker.mosquitto import passwords


class PrivateBroker(LocalBroker):
    """`start` after `stop` or `kill` takes the same port and the same state folder."""

    def suspend(self) -> None:
        """Connections stay open and nothing moves, as behind a dead network."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """What was not saved is lost."""
        self._signal(signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        if self.pid is not None:
            self.resume()
        super().stop()

    def _signal(self, number: signal.Signals) -> None:
        assert self.pid is not None
        os.kill(self.pid, number)


def require_mosquitto() -> None:
    """Skips the test on a machine without it. Debian has the broker and mosquitto_passwd in one package."""
    if find_mosquitto() is None or passwords.program() is None:
        pytest.skip("Mosquitto is not installed: sudo apt install mosquitto")


def _own_ports() -> Iterator[int]:
    """Of this test process alone, in no order, and below those that Linux gives to whoever asks for any."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(10_000, 32_000)[number :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    return itertools.cycle(random.sample(ports, len(ports)))


_PORTS = _own_ports()


def free_port() -> int:
    """One that nobody else takes until a broker listens there, nor while it is down for a moment."""
    for port in _PORTS:
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always another port")


def eventually(condition: Callable[[], object], timeout_seconds: float = 15.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
