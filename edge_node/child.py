"""A child process with its output prefixed, its readiness known, and its end seen."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from broker.supervision import STARTER

PREFIX_WIDTH = 8
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)
HEALTHY_SECONDS = 60.0


class Child:
    """Runs one command, again and again when it dies.

    name: stands before each line of output; notifies: the program says `READY=1` and `WATCHDOG=1` the way
    systemd wants it (sd_notify(3)); may_finish: exit code 0 is its proper end; watchdog_seconds: one that is
    silent for longer counts as hung.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        notifies: bool = True,
        may_finish: bool = False,
        watchdog_seconds: float = 60.0,
        output: TextIO = sys.stdout,
    ) -> None:
        self.name = name
        self.failures = 0
        self._command = [*command]
        self._notifies = notifies
        self._may_finish = may_finish
        self._watchdog_seconds = watchdog_seconds
        self._output = output
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()
        self._started = 0.0
        self._last_sign = 0.0
        self._start_at = 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process is not None else None

    @property
    def has_finished(self) -> bool:
        return self._may_finish and self.exit_code == 0

    @property
    def restart_is_planned(self) -> bool:
        return self._start_at > self._started

    @property
    def is_due(self) -> bool:
        """Whether the pause before the next start is over."""
        return not self.is_running and time.monotonic() >= self._start_at

    def start(self) -> None:
        self._ready.clear()
        self._started = self._last_sign = time.monotonic()
        environment = os.environ | {"PYTHONUNBUFFERED": "1", STARTER: str(os.getpid())}
        environment.pop("NOTIFY_SOCKET", None)
        notifications = self._listen(environment) if self._notifies else None
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            start_new_session=True,
        )
        threading.Thread(target=self._copy_output, args=(self._process,), daemon=True).start()
        if notifications is not None:
            watch = threading.Thread(target=self._watch, args=(notifications, self._process), daemon=True)
            watch.start()

    def wait_ready(self, timeout_seconds: float) -> bool:
        """Whether the program said that it is ready; False as soon as it ends."""
        deadline = time.monotonic() + timeout_seconds
        while self.is_running and time.monotonic() < deadline:
            if self._ready.wait(0.05):
                return True
        return self._ready.is_set()

    def is_hung(self) -> bool:
        silent = time.monotonic() - self._last_sign
        return self._notifies and self.is_running and self._ready.is_set() and silent > self._watchdog_seconds

    def plan_restart(self) -> float:
        """Seconds until the next start: longer with each failure, short again after a healthy minute."""
        if time.monotonic() - self._started > HEALTHY_SECONDS:
            self.failures = 0
        pause = BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
        self.failures += 1
        self._start_at = time.monotonic() + pause
        return pause

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def wait(self, timeout_seconds: float) -> bool:
        """Whether it has ended."""
        try:
            if self._process is not None:
                self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def say(self, text: str) -> None:
        print(f"{self.name:<{PREFIX_WIDTH}}| {text}", file=self._output, flush=True)

    def _signal(self, number: int) -> None:
        if self._process is not None and self.is_running:
            os.killpg(self._process.pid, number)

    def _copy_output(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.say(line.rstrip("\n"))

    def _listen(self, environment: dict[str, str]) -> socket.socket:
        folder = Path(tempfile.mkdtemp(prefix="edge-"))
        datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        datagrams.bind(str(folder / "notify"))
        environment["NOTIFY_SOCKET"] = str(folder / "notify")
        environment["WATCHDOG_USEC"] = str(int(self._watchdog_seconds * 1e6))
        return datagrams

    def _watch(self, datagrams: socket.socket, process: subprocess.Popen[str]) -> None:
        address = Path(datagrams.getsockname())
        datagrams.settimeout(1.0)
        while process.poll() is None:
            try:
                state = datagrams.recv(4096).decode(errors="replace")
            except TimeoutError:
                continue
            self._last_sign = time.monotonic()
            if "READY=1" in state.splitlines():
                self._ready.set()
        datagrams.close()
        address.unlink(missing_ok=True)
        address.parent.rmdir()
