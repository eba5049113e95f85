"""What the long-running commands have in common."""

import threading
from collections.abc import Callable
from typing import Protocol

from broker.supervision import notify, until_stopped

BUG = 70  # EX_SOFTWARE of sysexits.h


class Service(Protocol):
    """Runs on threads of its own; a bug on any of them sets `stop`."""

    stop: threading.Event
    bug: Exception | None

    def start(self) -> None: ...

    def check(self) -> bool:
        """Whether work was done since the last time."""
        ...

    def shut_down(self) -> None: ...


def serve(service: Service, tend: Callable[[], object] = lambda: None) -> int:
    """Runs a service until a signal or a bug; returns the exit code.

    tend: called about once a second from then on when all threads of the service run.
    """

    def check() -> bool:
        tend()
        return service.check()

    service.start()
    notify("READY=1")
    until_stopped(service.stop, check)
    service.shut_down()
    return BUG if service.bug else 0
