"""Signs of life of a child process: given by itself, or drawn from it by asking."""

import os
import socket
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

ASK_AT_START_SECONDS = 0.1


class Heartbeat(ABC):
    """Of one run of a child. environment: what the process must find in its own."""

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self.is_ready = False
        self._last_sign = time.monotonic()

    @property
    def silent_seconds(self) -> float:
        """Since the last sign, or since there was none."""
        return time.monotonic() - self._last_sign

    def follow(self, process: subprocess.Popen[str]) -> None:
        """Returns at once; a thread stays with the process to its end."""
        threading.Thread(target=self._follow, args=(process,), name="heartbeat", daemon=True).start()

    @abstractmethod
    def _follow(self, process: subprocess.Popen[str]) -> None: ...

    def _note(self, *, ready: bool) -> None:
        self._last_sign = time.monotonic()
        self.is_ready = self.is_ready or ready


class Notifications(Heartbeat):
    """The process says `READY=1` and `WATCHDOG=1` the way systemd wants it (sd_notify(3))."""

    def __init__(self, watchdog_seconds: float) -> None:
        super().__init__()
        self._datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._datagrams.bind("")  # Linux finds an abstract name (unix(7)): no file that could stay behind
        self._datagrams.settimeout(1.0)
        self.environment = {
            "NOTIFY_SOCKET": "@" + os.fsdecode(self._datagrams.getsockname()[1:]),
            "WATCHDOG_USEC": str(int(watchdog_seconds * 1e6)),
        }

    def _follow(self, process: subprocess.Popen[str]) -> None:
        with self._datagrams:
            while process.poll() is None:
                try:
                    state = self._datagrams.recv(4096).decode(errors="replace")
                except TimeoutError:
                    continue
                self._note(ready="READY=1" in state.splitlines())


class Answers(Heartbeat):
    """The process is asked whether it works: once it does, four times in the silence that it may keep."""

    def __init__(self, ask: Callable[[], bool], watchdog_seconds: float) -> None:
        super().__init__()
        self._ask = ask
        self._pause_seconds = watchdog_seconds / 4

    def _follow(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            if self._ask():
                self._note(ready=True)
            time.sleep(self._pause_seconds if self.is_ready else ASK_AT_START_SECONDS)
