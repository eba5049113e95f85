"""`edge-node web` as a user runs it."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from broker.settings import BrokerSettings
from tests.edge_node.web.desk import at_work
from tests.private_broker import eventually

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(one_broker: BrokerSettings, tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(**web: Any) -> subprocess.Popen[str]:
        settings = {
            "broker": {"port": one_broker.port},
            "node": {"state_dir": str(tmp_path / "state")},
            "log": {"file": str(tmp_path / "events.jsonl")},
            "web": {"port": 0, **web},
        }
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(settings), "utf-8")
        command = [sys.executable, "-m", "edge_node", "web", "--config", str(file)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            command, stdout=pipe, stderr=pipe, text=True, cwd=Path(__file__).parents[3]
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


def test_it_says_where_it_is_and_ends_when_asked_to(start: Start) -> None:
    web = start()
    assert web.stdout is not None
    url = web.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert b"<h1>Events</h1>" in answer.read()
    stream = urllib.request.urlopen(f"{url}api/events/stream", timeout=10)
    web.send_signal(signal.SIGTERM)
    assert web.wait(10) == 0
    stream.close()


def test_open_to_others_without_a_token_is_a_fault_of_the_configuration(start: Start) -> None:
    web = start(host="0.0.0.0")
    _, said = web.communicate(timeout=20)
    assert web.returncode == 78
    assert "web.host: 0.0.0.0 is open to others: expected a token_file" in said


def test_a_port_that_is_taken_is_said(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        web = start(port=port)
        _, said = web.communicate(timeout=20)
    assert web.returncode == 1
    assert f"web.port: 127.0.0.1:{port} is in use by another program; expected a free port" in said


def test_an_address_of_another_machine_is_said(start: Start, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef")
    web = start(host="192.0.2.1", port=8642, token_file=str(token))
    _, said = web.communicate(timeout=20)
    assert web.returncode == 1
    assert "web.host: cannot listen at 192.0.2.1:8642" in said


def test_two_pages_share_a_broker(one_broker: BrokerSettings, tmp_path: Path) -> None:
    with at_work(one_broker, tmp_path / "one") as one, at_work(one_broker, tmp_path / "two") as two:
        sessions = one.server._session, two.server._session
        assert eventually(lambda: all(session.is_connected for session in sessions))
        for _ in range(30):
            assert all(session.is_connected for session in sessions)
            time.sleep(0.1)
