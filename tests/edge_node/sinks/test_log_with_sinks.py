"""The command `log` with sinks, killed and started again, on a real Mosquitto."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.messages import Event
from broker.topics import Topics
from tests.edge_node.logged import line, record
from tests.edge_node.sinks.influxd import Influxd
from tests.edge_node.sinks.receiver import Receiver
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

CONFIG = """
broker: {{port: {broker}}}
log: {{file: log/events.jsonl}}
sinks:
  - {{type: webhook, url: "{webhook}", secret_file: secret}}
  - {{type: influxdb, url: "{influxdb}", username: edge, password_file: secret}}
"""


def test_all_events_reach_all_sinks_through_two_kills(
    mosquitto: PrivateBroker, tmp_path: Path, receiver: Receiver, influxd: Influxd, systemd: socket.socket
) -> None:
    systemd.settimeout(20)
    (tmp_path / "secret").write_text("secret")
    config = tmp_path / "config.yaml"
    port = mosquitto.settings.port
    config.write_text(CONFIG.format(broker=port, webhook=receiver.url, influxdb=influxd.url))
    command = [sys.executable, "-m", "edge_node", "log", "--config", str(config)]
    ids: list[str] = []

    def everywhere() -> bool:
        posted = {json.loads(one.body)["event_id"] for one in list(receiver.posted)}
        points = {one["event_id"] for one in influxd.points("edge", "edge_events")}
        return set(ids) == posted == points

    with Watcher(mosquitto.settings, client_id="node-1") as node:
        for turn in range(3):
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                try:
                    while systemd.recv(100) != b"READY=1":
                        pass
                    for _ in range(10):
                        one = record()
                        ids.append(one["event_id"])
                        publication = Event.from_json(line(one)).to_publication(Topics())
                        assert node.session.publish(publication).wait(5)
                    assert turn < 2 or eventually(everywhere, 20)
                finally:
                    process.kill()
    lines = (tmp_path / "log/events.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(one)["event_id"] for one in lines] == ids
    assert len(influxd.points("edge", "edge_events")) == 30


@contextmanager
def at_work(command: list[str], said: Path, systemd: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """The logger from then on when it says that it is ready; what it says besides goes to a file."""
    systemd.settimeout(20)
    with said.open("wb") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        try:
            while systemd.recv(100) != b"READY=1":
                pass
            yield process
        finally:
            process.kill()


def test_a_sink_with_bad_files_keeps_no_event_from_the_log(
    mosquitto: PrivateBroker, tmp_path: Path, receiver: Receiver, systemd: socket.socket
) -> None:
    places = tmp_path / "log/sinks"
    (places / "influxdb.place").mkdir(parents=True)
    (tmp_path / "secret").write_bytes("secret".encode("utf-16"))
    config, said = tmp_path / "config.yaml", tmp_path / "said"
    port = mosquitto.settings.port
    config.write_text(CONFIG.format(broker=port, webhook=receiver.url, influxdb="http://127.0.0.1:9"))
    command = [sys.executable, "-m", "edge_node", "log", "--config", str(config)]
    one = record()
    file = tmp_path / "log/events.jsonl"
    with Watcher(mosquitto.settings, client_id="node-1") as node, at_work(command, said, systemd):
        assert node.session.publish(Event.from_json(line(one)).to_publication(Topics())).wait(5)
        assert eventually(lambda: one["event_id"] in file.read_text("utf-8"))
        assert eventually(lambda: "sinks[0].secret_file" in said.read_text())
        assert not receiver.posted
        (tmp_path / "secret").write_text("secret")
        assert eventually(lambda: len(receiver.posted) == 1)
        assert eventually(lambda: "influxdb.place" in said.read_text())
    assert json.loads(receiver.posted[0].body)["event_id"] == one["event_id"]


CROWDED = """
import sys, threading

start = threading.Thread.start

def start_if_there_is_room(thread):
    if threading.active_count() >= 6:
        raise RuntimeError("can't start new thread")
    start(thread)

threading.Thread.start = start_if_there_is_room

from edge_node.__main__ import main

sys.exit(main())
"""
"""The logger where a process may have six threads."""


def test_more_sinks_than_there_is_room_for_keep_no_event_from_the_log(
    mosquitto: PrivateBroker, tmp_path: Path, receiver: Receiver, systemd: socket.socket
) -> None:
    config, said = tmp_path / "config.yaml", tmp_path / "said"
    sinks = "".join(
        f"  - {{type: webhook, name: s{number}, url: '{receiver.url}'}}\n" for number in range(13)
    )
    port = mosquitto.settings.port
    config.write_text(f"broker: {{port: {port}}}\nlog: {{file: log/events.jsonl}}\nsinks:\n{sinks}")
    command = [sys.executable, "-c", CROWDED, "log", "--config", str(config)]
    one = record()
    file = tmp_path / "log/events.jsonl"
    with Watcher(mosquitto.settings, client_id="node-1") as node, at_work(command, said, systemd) as logger:
        assert eventually(lambda: "new thread; events wait in the log" in said.read_text())
        assert node.session.publish(Event.from_json(line(one)).to_publication(Topics())).wait(5)
        assert eventually(lambda: one["event_id"] in file.read_text("utf-8"))
        assert eventually(lambda: receiver.posted)
        assert logger.poll() is None
