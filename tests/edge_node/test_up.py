"""`edge-node up` and its sister commands as a user runs them: real processes, broker and photos."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from broker import timestamps
from broker.errors import BrokerError
from broker.local import choose
from broker.settings import BrokerSettings
from edge_node.models.install import Models
from tests.edge_node.scenes import jpeg, read
from tests.private_broker import eventually, free_port
from tests.watcher import Watcher

Settings = dict[str, Any]

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def settings(tmp_path: Path, photos: Path, models: Models) -> Settings:
    frames, gallery, state = tmp_path / "frames", tmp_path / "gallery/Authorised", tmp_path / "state"
    for folder in (frames, gallery, state):
        folder.mkdir(parents=True)
    shutil.copyfile(photos / "obama.jpg", gallery / "Barack Obama.jpg")
    (frames / "1.jpg").write_bytes(jpeg(read(photos, "obama2.jpg")))
    (frames / "2.jpg").write_bytes(jpeg(read(photos, "grace_hopper.jpg")))
    (state / "models").symlink_to(models.kept_in)
    return {
        "broker": {"port": free_port(), "reconnect_max_seconds": 1},
        "cameras": {
            "front-door": {"source": {"type": "folder", "path": str(frames), "frames_each": 6}, "fps": 8}
        },
        "node": {"state_dir": str(state)},
        "gallery": {"source": {"type": "folder", "path": str(gallery.parent)}},
        "decide": {"buffer_seconds": 0.5},
        "log": {"file": str(tmp_path / "events.jsonl")},
        "web": {"port": 0},
    }


Edge = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    """Starts `edge-node` with settings written to a file; what it started is gone after the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(settings), "utf-8")
        command = [sys.executable, "-m", "edge_node", *arguments, "--config", str(file)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def logged(settings: Settings) -> list[dict[str, Any]]:
    file = Path(settings["log"]["file"])
    text = file.read_text("utf-8") if file.exists() else ""
    return [json.loads(line) for line in text.split("\n")[:-1]]


def captured_after(settings: Settings, time: datetime) -> bool:
    return any(timestamps.from_text(one["captured_at"]) > time for one in logged(settings))


def is_back(up: subprocess.Popen[str], name: str, victim: psutil.Process) -> bool:
    return children(up).get(name, victim) != victim


def children(process: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """Those that live, by the names that `up` gives them."""
    names = {"mosquitto": "broker", "broker.local": "broker", "log": "log", "run": "node", "web": "web"}
    names["camera_agent"] = "agent"
    found = {}
    for child in psutil.Process(process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            for word in child.cmdline():
                if (name := names.get(word) or names.get(Path(word).name)) is not None:
                    found[name] = child
    return found


@pytest.fixture(autouse=True)
def _a_broker_can_be_had() -> None:
    try:
        choose()
    except BrokerError as reason:
        pytest.fail(str(reason))


def test_one_command_brings_photos_to_the_log(edge: Edge, settings: Settings) -> None:
    up = edge(settings, "up")
    assert eventually(
        lambda: {one["event_type"] for one in logged(settings)} == {"authorised", "unknown"}, 40
    )
    assert eventually(lambda: set(children(up)) == {"broker", "log", "node", "agent", "web"})
    family = psutil.Process(up.pid).children(recursive=True)
    up.send_signal(signal.SIGINT)
    output, _ = up.communicate(timeout=30)
    assert up.returncode == 0
    assert psutil.wait_procs(family, timeout=15)[1] == []
    assert "node    | " in output
    assert "Traceback" not in output
    assert all(one["test"] for one in logged(settings))


def test_whatever_is_killed_comes_back(edge: Edge, settings: Settings) -> None:
    up = edge(settings, "up")
    assert eventually(lambda: logged(settings), 60)
    for name in ("agent", "node", "log", "broker"):
        victim = children(up)[name]
        victim.kill()
        assert eventually(partial(is_back, up, name, victim), 20), name
        assert eventually(partial(captured_after, settings, timestamps.now()), 60), name
    events = [one["event_id"] for one in logged(settings)]
    assert len(events) == len(set(events))


def test_killed_itself_it_leaves_no_orphans(edge: Edge, settings: Settings) -> None:
    up = edge(settings, "up")
    assert eventually(lambda: len(children(up)) == 5, 60)
    family = psutil.Process(up.pid).children(recursive=True)
    up.kill()
    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_a_replay_that_is_over_does_not_start_again(edge: Edge, settings: Settings) -> None:
    settings["cameras"]["front-door"]["source"] |= {"loop": False, "frames_each": 20}
    settings["decide"]["buffer_seconds"] = 120
    up = edge(settings, "up")
    assert eventually(lambda: len(logged(settings)) == 2, 60)
    assert eventually(lambda: "agent" not in children(up), 20)
    time.sleep(2)
    assert set(children(up)) == {"broker", "log", "node", "web"}


def test_a_broker_that_is_there_already_is_used(edge: Edge, settings: Settings, mosquitto: Any) -> None:
    settings["broker"]["port"] = mosquitto.settings.port
    with Watcher(BrokerSettings(port=mosquitto.settings.port)) as watcher:
        up = edge(settings, "up")
        assert eventually(lambda: "Barack Obama" in [one.person for one in watcher.events()], 60)
        assert {"log", "node", "agent"} <= set(children(up))


def test_a_taken_port_of_the_page_is_said_once_and_nothing_starts(edge: Edge, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = settings["web"]["port"] = other.getsockname()[1]
        up = edge(settings, "up")
        output, _ = up.communicate(timeout=30)
    assert up.returncode == 1
    [said] = output.splitlines()
    assert said.endswith(f"web.port: 127.0.0.1:{port} is in use by another program; expected a free port")


@pytest.mark.parametrize("command", ["up", "run", "log", "check-config", "doctor"])
def test_every_command_refuses_a_faulty_file_with_all_its_faults(
    edge: Edge, settings: Settings, command: str
) -> None:
    settings["node"]["idd"] = "x"
    settings["decide"]["frames"] = 0
    if command in ("up", "check-config"):
        settings["cameras"]["front-door"]["source"]["typ"] = "folder"
    process = edge(settings, command)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert "config.yaml:" in output
    assert "node.idd: unknown key; did you mean 'id'?" in output
    assert "decide.frames: expected `int` >= 1" in output
    if command == "check-config":
        assert "cameras.front-door.source.typ: unknown key; did you mean 'type'?" in output


def test_check_config_passes_a_good_file(edge: Edge, settings: Settings) -> None:
    process = edge(settings, "check-config")
    assert "no fault found" in process.communicate(timeout=30)[0]
    assert process.returncode == 0


def test_the_doctor_names_what_is_there_and_what_is_not(edge: Edge, settings: Settings) -> None:
    settings["gallery"]["source"] = {"type": "folder", "path": "/nowhere"}
    process = edge(settings, "doctor")
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "ok   model dlib_resnet" in output
    assert "note broker" in output
    assert "edge-node up starts one" in output
    assert "FAIL gallery" in output


def test_without_models_the_node_says_what_to_do(edge: Edge, settings: Settings) -> None:
    (Path(settings["node"]["state_dir"]) / "models").unlink()
    environment = os.environ.pop("EDGE_MODELS_DIR", None)
    try:
        process = edge(settings, "run")
        output, _ = process.communicate(timeout=30)
    finally:
        if environment is not None:
            os.environ["EDGE_MODELS_DIR"] = environment
    assert process.returncode == 1
    assert "edge-node models install" in output
    assert "Traceback" not in output
