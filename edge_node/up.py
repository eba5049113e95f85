"""Everything on one machine: broker, logger, node and camera agent as children of one process."""

import sys
import threading
from collections import deque
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from broker.errors import ConfigError
from broker.local import is_listening
from broker.probe import answers
from edge_node.child import Child
from edge_node.settings import NodeConfig

NODE_START_SECONDS = 180.0  # as in systemd/edge-node.service
BROKER_WATCHDOG_SECONDS = 40.0
PROBE_SECONDS = 2.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.2


def plan(config: NodeConfig, file: Path) -> list[Child]:
    """The children in the order they start, so that nothing is said before somebody listens."""
    python, settings = sys.executable, ["--config", str(file)]
    children = []
    if config.broker.start == "auto" and config.broker.is_local:
        host, port = config.broker.host, config.broker.port
        if not is_listening(host, port):
            state = str(config.node.state_folder() / "broker")
            place = ["--host", host, "--port", str(port), "--prefix", config.broker.prefix, "--state", state]
            command = [python, "-m", "broker.local", *place]
            ask = partial(answers, host, port, PROBE_SECONDS)
            children.append(Child("broker", command, ask=ask, watchdog_seconds=BROKER_WATCHDOG_SECONDS))
    if config.broker.announce is not None:
        place = ["--port", str(config.broker.announce), "--prefix", config.broker.prefix]
        children.append(Child("announce", [python, "-m", "broker.announce", *place]))
    children.append(Child("log", [python, "-m", "edge_node", "log", *settings]))
    command = [python, "-m", "edge_node", "run", *settings]
    children.append(Child("node", command, start_seconds=NODE_START_SECONDS))
    if config.cameras:
        children.append(Child("agent", [python, "-m", "camera_agent", *settings], may_finish=True))
    if has_page(config):
        children.append(Child("web", [python, "-m", "edge_node", "web", *settings]))
    return children


def has_page(config: NodeConfig) -> bool:
    """Whether the page is wanted and installed."""
    return config.web.enabled and find_spec("uvicorn") is not None


class Supervisor:
    """Starts children in order, starts again what dies, stops them in the opposite order."""

    def __init__(self, children: list[Child]) -> None:
        self._to_start = deque(children)
        self._started: list[Child] = []

    def run(self, stop: threading.Event) -> int:
        """Blocks until `stop` or until a child refuses its configuration; returns an exit code."""
        try:
            while not stop.is_set():
                self._start_next()
                for child in self._started:
                    if not self._look_after(child):
                        return ConfigError.EXIT_CODE
                stop.wait(POLL_SECONDS)
            return 0
        finally:
            self._stop()

    def _start_next(self) -> None:
        """When the one before is ready, or has failed: then it may take long until it is."""
        before = self._started[-1] if self._started else None
        if self._to_start and (before is None or before.is_ready or before.failures):
            child = self._to_start.popleft()
            self._started.append(child)
            child.start()

    def _look_after(self, child: Child) -> bool:
        """Restarts a child that died or hangs; False when it refuses its configuration."""
        if child.is_hung:
            child.say("no sign of work; killing it")
            child.kill()
            child.wait(STOP_SECONDS)
        if child.is_running or child.has_finished:
            return True
        if child.exit_code == ConfigError.EXIT_CODE:
            child.say("will not start with this configuration; stopping everything")
            return False
        if child.restart_is_planned:
            if child.is_due:
                child.start()
            return True
        pause = child.plan_restart()
        child.say(f"ended with {child.exit_code}; starting it again in {pause:g} s")
        return True

    def _stop(self) -> None:
        for child in reversed(self._started):
            if not child.is_running:
                continue
            child.terminate()
            if not child.wait(STOP_SECONDS):
                child.say(f"still there after {STOP_SECONDS:g} s; killing it")
                child.kill()
                child.wait(STOP_SECONDS)
