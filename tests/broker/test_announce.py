"""A broker on one machine, a camera on another, and a network between them that nobody configured."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker.local import find_mosquitto
from tests.networks import Machine, two_machines
from tests.private_broker import eventually, free_port, require_mosquitto

pytestmark = pytest.mark.usefixtures("multicast_dns")

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    with two_machines() as machines:
        yield machines


Start = Callable[..., Path]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command of ours and returns the file with all it says; it is ended after the test."""
    with ExitStack() as stack:

        def start(name: str, *command: str) -> Path:
            log = tmp_path / f"{name}.log"
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=stack.enter_context(log.open("wb")), stderr=subprocess.STDOUT
            )
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            return log

        yield start


def mosquitto_at(address: str, folder: Path) -> list[str]:
    require_mosquitto()
    file = folder / "mosquitto.conf"
    file.write_text(f"user root\nlistener 1883 {address}\nallow_anonymous true\n")
    return [find_mosquitto() or "mosquitto", "-v", "-c", str(file)]


def test_a_camera_finds_the_announced_broker_on_another_machine(
    machines: tuple[Machine, Machine], start: Start, tmp_path: Path, photos: Path
) -> None:
    hub, pi = machines
    config = tmp_path / "config.yaml"
    camera = {"source": {"type": "folder", "files": [str(photos / "obama.jpg")]}}
    settings = {"broker": {"host": "auto", "reconnect_max_seconds": 1}, "cameras": {"door": camera}}
    config.write_text(json.dumps(settings))
    announcing = start("announce", *hub.words(sys.executable, "-m", "broker.announce", "--port", "1883"))
    agent = start("agent", *pi.words(sys.executable, "-m", "camera_agent", "--config", str(config)))
    assert eventually(lambda: "no broker announces itself" in agent.read_text(), 15), agent.read_text()
    not_yet = "not announced: nothing here listens to the network at port 1883"
    assert eventually(lambda: not_yet in announcing.read_text())
    broker = start("broker", *hub.words(*mosquitto_at(hub.address, tmp_path)))
    assert eventually(lambda: "edge/frames/door" in broker.read_text(), 30), agent.read_text()
    host = socket.gethostname().split(".")[0]
    assert f"found a broker: {host}.local ({hub.address}) port 1883" in agent.read_text()


def test_a_broker_on_loopback_is_not_announced(start: Start, tmp_path: Path) -> None:
    port = str(free_port())
    log = start("announce", sys.executable, "-m", "broker.announce", "--port", port)
    assert eventually(lambda: "not announced" in log.read_text())
