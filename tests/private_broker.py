"""A real Mosquitto of one test's own, and what can befall it. From tests: the fixture `mosquitto`."""

import os
import signal
import socket
import time
from collections.abc import Callable

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


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def eventually(condition: Callable[[], object], timeout_seconds: float = 15.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
