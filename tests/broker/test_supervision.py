import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from broker import supervision
from tests.private_broker import eventually


@pytest.fixture
def own_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_state_is_one_datagram(systemd: socket.socket) -> None:
    supervision.notify("READY=1")
    supervision.notify("STATUS=gallery of 3 people — ok")
    assert systemd.recv(100) == b"READY=1"
    assert systemd.recv(100).decode() == "STATUS=gallery of 3 people — ok"


def test_an_abstract_socket_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"edge-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        listener.settimeout(15)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        supervision.notify("READY=1")
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "/no/such/socket"])
def test_without_systemd_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    supervision.notify("READY=1")


def test_the_watchdog_is_fed_only_while_work_is_done(systemd: socket.socket, own_signals: None) -> None:
    stop = threading.Event()
    answers = iter([True, False, False, True])

    def check() -> bool:
        answer = next(answers, None)
        if answer is None:
            stop.set()
        return bool(answer)

    supervision.until_stopped(stop, check, poll_seconds=0.01)
    assert [systemd.recv(100) for _ in range(3)] == [b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait(number: signal.Signals, systemd: socket.socket, own_signals: None) -> None:
    def check() -> bool:
        os.kill(os.getpid(), number)
        return False

    stop = threading.Event()
    supervision.until_stopped(stop, check, poll_seconds=0.01)
    assert stop.is_set()
    assert systemd.recv(100) == b"STOPPING=1"


def test_signals_that_find_the_event_locked_do_not_wait_for_it(own_signals: None) -> None:
    stop = threading.Event()
    supervision.stop_on_signals(stop)
    with vars(stop)["_cond"]:  # where a signal may find `wait` and `set`
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
    assert eventually(stop.is_set)


WAITING = """
import threading
from broker.supervision import until_stopped
until_stopped(threading.Event(), lambda: print("waiting", flush=True), poll_seconds=0.001)
"""


@pytest.mark.parametrize("_round", range(5))
def test_a_burst_of_signals_ends_a_process_at_once(_round: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(500):
            process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(15) in (0, -signal.SIGTERM)  # Python's last steps are without handlers
        finally:
            process.kill()
