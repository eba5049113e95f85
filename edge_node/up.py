"""Everything on one machine: broker, logger, node and camera agent as children of one process."""

import sys
import threading
from pathlib import Path

from broker.errors import ConfigError
from broker.local import is_listening
from edge_node.child import Child
from edge_node.settings import NodeConfig

READY_SECONDS = 60.0
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
            children.append(Child("broker", [python, "-m", "broker.local", *place], notifies=False))
    children.append(Child("log", [python, "-m", "edge_node", "log", *settings]))
    children.append(Child("node", [python, "-m", "edge_node", "run", *settings]))
    if config.cameras:
        children.append(Child("agent", [python, "-m", "camera_agent", *settings], may_finish=True))
    return children


class Supervisor:
    """Starts children in order, starts again what dies, stops them in the opposite order."""

    def __init__(self, config: NodeConfig, children: list[Child]) -> None:
        self._config = config
        self._children = children

    def run(self, stop: threading.Event) -> int:
        """Blocks until `stop` or until a child refuses its configuration; returns an exit code."""
        try:
            for child in self._children:
                self._start(child, stop)
            while not stop.wait(POLL_SECONDS):
                for child in self._children:
                    if not self._look_after(child):
                        return ConfigError.EXIT_CODE
            return 0
        finally:
            self._stop()

    def _start(self, child: Child, stop: threading.Event) -> None:
        if stop.is_set():
            return
        child.start()
        if child.name == "broker":
            self._wait_for_broker(child, stop)
        elif not child.wait_ready(READY_SECONDS) and child.is_running:
            child.say(f"not ready after {READY_SECONDS:g} s; going on")

    def _wait_for_broker(self, child: Child, stop: threading.Event) -> None:
        while child.is_running and not is_listening(self._config.broker.host, self._config.broker.port):
            if stop.wait(POLL_SECONDS):
                return

    def _look_after(self, child: Child) -> bool:
        """Restarts a child that died or hangs; False when it refuses its configuration."""
        if child.is_hung():
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
        for child in reversed(self._children):
            if not child.is_running:
                continue
            child.terminate()
            if not child.wait(STOP_SECONDS):
                child.say(f"still there after {STOP_SECONDS:g} s; killing it")
                child.kill()
                child.wait(STOP_SECONDS)
