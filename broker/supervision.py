"""What a long-running process owes the one that supervises it: readiness, a sign of work done, an end.

systemd's notification protocol is one datagram to the socket it names (sd_notify(3)); without systemd
nothing is sent.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType


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


def watchdog_seconds() -> float | None:
    """How often systemd wants a sign of life, or None."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) else None


def until_stopped(stop: threading.Event, check: Callable[[], bool], *, poll_seconds: float = 1.0) -> None:
    """Waits on the main thread for SIGINT, SIGTERM or `stop`, and feeds systemd's watchdog while `check`
    says that work was done since the last time."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    while not stop.wait(poll_seconds):
        if check():
            notify("WATCHDOG=1")
    notify("STOPPING=1")
