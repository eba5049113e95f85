"""What a long-running process owes the one that supervises it: readiness, a sign of work done, an end.

systemd's notification protocol is one datagram to the socket it names (sd_notify(3)); without systemd
nothing is sent.
"""

import ctypes
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType

STARTER = "EDGE_STARTED_BY"
"""Environment variable with the id of the process that started this one and wants it to end with itself."""

_PR_SET_PDEATHSIG = 1  # prctl(2)


def notify(state: str) -> None:
    """Sends one state such as `READY=1`, `WATCHDOG=1`, `STATUS=...` or `STOPPING=1` to systemd, if there."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as datagrams:
            datagrams.connect(address)
            datagrams.send(state.encode())
    except OSError:
        return


def stop_on_signals(stop: threading.Event) -> None:
    """SIGINT and SIGTERM set `stop`, however often they come. For the main thread.

    A handler runs in the midst of what the main thread does and must take no lock of it: during `stop.set()`
    or `stop.wait()` it would wait for itself. `SimpleQueue.put` is made to be interrupted by itself.
    """
    signals: SimpleQueue[int] = SimpleQueue()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        signals.put(number)

    def pass_on() -> None:
        signals.get()
        stop.set()

    threading.Thread(target=pass_on, name="signals", daemon=True).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)


def until_stopped(stop: threading.Event, check: Callable[[], bool], *, poll_seconds: float = 1.0) -> None:
    """Waits on the main thread for a signal or `stop`, and feeds systemd's watchdog while `check` says that
    work was done since the last time."""
    stop_on_signals(stop)
    while not stop.wait(poll_seconds):
        if check():
            notify("WATCHDOG=1")
    notify("STOPPING=1")


def end_with_parent(parent: int) -> None:
    """Asks Linux to send this process SIGTERM when its parent dies, however it dies; outlasts exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")


def end_with_starter() -> None:
    """The same for a child whose starter names itself in the environment, as `edge-node up` does."""
    starter = os.environ.pop(STARTER, "")
    if starter.isdigit():
        end_with_parent(int(starter))
