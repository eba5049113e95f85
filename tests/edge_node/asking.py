"""Nodes and askers as processes, and small pictures to ask about."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from edge_node.settings import FolderSource, NodeConfig
from tests.edge_node.scenes import jpeg, read

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
SMALLEST = 150


class Processes:
    """Starts `edge-node`; what it started is gone after `end`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str | Path, stderr: int | None = None) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "edge_node", *map(str, arguments)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=stderr, text=True, cwd=self._folder, env=ENVIRONMENT
        )
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
            process.communicate(timeout=30)


def node_file(config: NodeConfig, name: str, folder: Path) -> Path:
    """A settings file for a node of that name, with the lightest engine."""
    assert isinstance(config.gallery.source, FolderSource)
    assert config.node.state_dir is not None
    state = folder / name
    state.mkdir()
    (state / "models").symlink_to(config.node.state_dir / "models")
    source = {"type": "folder", "path": str(config.gallery.source.path)}
    settings = {
        "broker": {"port": config.broker.port, "keepalive_seconds": config.broker.keepalive_seconds},
        "node": {"id": name, "state_dir": str(state)},
        "engine": {"refine": False, "mirror": False},
        "gallery": {"source": source, "poll_seconds": 3600},
    }
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


def pictures(photos: Path, folder: Path, count: int) -> list[Path]:
    """Small, each of a height of its own from SMALLEST up, and in turn of three people."""
    folder.mkdir()
    people = [read(photos, name) for name in ("obama2.jpg", "biden.jpg", "astronaut.png")]
    files = [folder / f"{number:03}.jpg" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(jpeg(people[number % 3], height=SMALLEST + number))
    return files


def answers(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]
