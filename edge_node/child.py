"""A child process with its output prefixed, its readiness known, and its end seen."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from broker.supervision import STARTER
from edge_node.heartbeat import Answers, Heartbeat, Notifications

PREFIX_WIDTH = 8
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0)
HEALTHY_SECONDS = 60.0
LAST_WORDS_SECONDS = 1.0
"""A program of its own that it leaves behind may hold the other end of its output for ever."""


class Child:
    """Runs one command, again and again when it dies.

    name: stands before each line of output; ask: whether it works, for a program that does not say so as
    systemd wants it (sd_notify(3)); may_finish: exit code 0 is its proper end; start_seconds: one that is not
    ready by then counts as hung; watchdog_seconds: and so does one that was ready and is silent for longer.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        ask: Callable[[], bool] | None = None,
        may_finish: bool = False,
        start_seconds: float = 60.0,
        watchdog_seconds: float = 60.0,
        output: TextIO = sys.stdout,
    ) -> None:
        self.name = name
        self.failures = 0
        self._command = [*command]
        self._ask = ask
        self._may_finish = may_finish
        self._start_seconds = start_seconds
        self._watchdog_seconds = watchdog_seconds
        self._output = output
        self._process: subprocess.Popen[str] | None = None
        self._copying: threading.Thread | None = None
        self._heartbeat: Heartbeat | None = None
        self._started = 0.0
        self._start_at = 0.0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        return self._heartbeat is not None and self._heartbeat.is_ready

    @property
    def is_hung(self) -> bool:
        if self._heartbeat is None or not self.is_running:
            return False
        if self.is_ready:
            return self._heartbeat.silent_seconds > self._watchdog_seconds
        return time.monotonic() - self._started > self._start_seconds

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
        self._started = time.monotonic()
        self._heartbeat = self._new_heartbeat()
        environment = os.environ | {"PYTHONUNBUFFERED": "1", STARTER: str(os.getpid())}
        environment.pop("NOTIFY_SOCKET", None)
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment | self._heartbeat.environment,
            start_new_session=True,
        )
        self._copying = threading.Thread(target=self._copy_output, args=(self._process,), daemon=True)
        self._copying.start()
        self._heartbeat.follow(self._process)

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
        """Whether it has ended, and its last words been passed on."""
        if self._process is None or self._copying is None:
            return True
        try:
            self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        self._copying.join(LAST_WORDS_SECONDS)
        return True

    def say(self, text: str) -> None:
        """One line of output. No reader, a full disk and a narrow character set must not stop anything."""
        try:
            print(f"{self.name:<{PREFIX_WIDTH}}| {text}", file=self._output, flush=True)
        except BrokenPipeError:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), self._output.fileno())
        except (OSError, UnicodeError):
            return

    def _signal(self, number: int) -> None:
        if self._process is not None and self.is_running:
            os.killpg(self._process.pid, number)

    def _copy_output(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.say(line.rstrip("\n"))

    def _new_heartbeat(self) -> Heartbeat:
        if self._ask is not None:
            return Answers(self._ask, self._watchdog_seconds)
        return Notifications(self._watchdog_seconds)
