"""Broker, logger and a source of events as processes of their own, and what befalls them."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from broker.config import load
from broker.publication import Publication
from broker.states import OutboxState
from edge_node.outbox import waiting
from edge_node.settings import NodeConfig
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

ROOT = Path(__file__).parents[2]


class House:
    """settings: further sections of config.yaml. log: the folder of the log; state: the node's. port: where
    node and logger find the broker, if not at its own."""

    def __init__(
        self,
        folder: Path,
        broker: PrivateBroker,
        *,
        settings: str = "",
        log: Path | None = None,
        state: Path | None = None,
        port: int | None = None,
    ) -> None:
        self.broker = broker
        self.log = (log or folder / "log") / "events.jsonl"
        self.ledger = folder / "ledger"
        self.state = state or folder / "state"
        self.config = folder / "chaos.yaml"
        self._output = (folder / "output").open("ab")
        port = port or broker.settings.port
        self.config.write_text(
            f"broker: {{port: {port}, keepalive_seconds: 5, reconnect_max_seconds: 1}}\n"
            f"node: {{state_dir: {self.state}}}\nlog: {{file: {self.log}}}\n{settings}"
        )
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start_logger(self) -> None:
        self._start("logger", "edge_node", "log", "--config", str(self.config))

    def start_node(self, *, pace: float = 50, count: int = 1_000_000) -> None:
        place = [str(self.config), str(self.ledger)]
        self._start("node", "tests.chaos.event_source", *place, str(pace), str(count))

    def kill(self, name: str) -> None:
        if process := self._processes.pop(name, None):
            process.kill()
            process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        self._processes[name].send_signal(number)

    def end(self) -> None:
        for name in list(self._processes):
            self.kill(name)
        self._output.close()

    def decided(self) -> list[str]:
        """Ids of the events that the outbox took, in order."""
        return [line.split()[0] for line in self._ledger_lines()]

    def types(self) -> dict[str, str]:
        return dict(line.split() for line in self._ledger_lines())

    def logged(self) -> list[dict[str, Any]]:
        """Every line of the log; each must be JSON."""
        text = self.log.read_bytes() if self.log.exists() else b""
        return [json.loads(line) for line in text.split(b"\n")[:-1]]

    def logged_ids(self) -> list[str]:
        return [record["event_id"] for record in self.logged()]

    def lost(self) -> set[str]:
        return set(self.decided()) - set(self.logged_ids())

    def twice(self) -> list[str]:
        return [one for one, count in Counter(self.logged_ids()).items() if count > 1]

    def waiting(self) -> waiting.Waiting:
        limits = load(self.config, NodeConfig).outbox
        return waiting.read(self.state / waiting.FILE, limits.max_events, limits.max_bytes)

    def comes_to_rest(self, timeout_seconds: float = 30.0) -> bool:
        """Whether the outbox empties in time."""
        return eventually(lambda: self.waiting().waiting == 0, timeout_seconds)

    def said(self) -> str:
        return Path(self._output.name).read_text("utf-8", "replace")

    def _ledger_lines(self) -> list[str]:
        return self.ledger.read_text("ascii").split("\n")[:-1] if self.ledger.exists() else []

    def _start(self, name: str, *command: str) -> None:
        self.kill(name)
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=self._output, stderr=self._output
        )


def all_logged_once(house: House) -> bool:
    return house.comes_to_rest() and (house.lost(), house.twice()) == (set(), [])


def fill(folder: Path) -> Path:
    """Takes the last byte of the disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"0" * 4096)
        except OSError:
            return filler


def decided(house: House, count: int) -> bool:
    return eventually(lambda: len(house.decided()) >= count, 30)


def told(watcher: Watcher) -> Counter[str]:
    return Counter(event.event_id for event in watcher.events())


def says(watcher: Watcher, level: str) -> OutboxState:
    """What the node says of its outbox once it says this."""

    def wanted(one: Publication) -> bool:
        return one.topic.endswith("/outbox") and OutboxState.from_json(one.payload).level == level

    return OutboxState.from_json(watcher.wait_for(wanted).payload)
