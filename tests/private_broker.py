"""A real Mosquitto of one test's own, and what can befall it. From tests: the fixture `mosquitto`."""

import contextlib
import functools
import itertools
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


class _Ports:
    """Below those that Linux hands out by itself, so that nobody takes one before its broker does, or while
    that is stopped. Each process of the tests has a block of its own, for as long as it lives."""

    BLOCK, STEP = 400, 4  # the embedded broker takes the port after its own as well

    def __init__(self) -> None:
        self._claim = socket.socket(socket.AF_UNIX)
        for first in range(10_000, 32_000, self.BLOCK):
            with contextlib.suppress(OSError):
                self._claim.bind(f"\0edge-test-ports-{first}")
                self._ports = itertools.cycle(range(first, first + self.BLOCK, self.STEP))
                return
        raise RuntimeError("too many tests at a time: no block of ports is left")

    def free(self) -> int:
        for port in itertools.islice(self._ports, self.BLOCK // self.STEP):
            with socket.socket() as listener, contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                return port
        raise RuntimeError("no port of this process is free")


_ports = functools.cache(_Ports)


def free_port() -> int:
    return _ports().free()


def eventually(condition: Callable[[], object], timeout_seconds: float = 30.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
