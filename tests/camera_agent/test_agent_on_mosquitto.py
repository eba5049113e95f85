"""The agent as a process of its own, on a real broker."""

import json
import os
import re
import signal
import socket
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.messages import Frame
from broker.topics import Topics
from tests.camera_agent.agent_process import StartAgent
from tests.installation import Site
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

FRAMES = "edge/frames/front-door"
STATUS = "edge/devices/front-door/status"


def folder_camera(photos: Path, device: str = "front-door", fps: float = 20, **more: Any) -> str:
    """One entry of `cameras`, in the JSON that YAML contains: three photos of 0.2 to 0.35 MB."""
    files = [str(photos / name) for name in ("obama.jpg", "obama2.jpg", "biden.jpg")]
    source = {"type": "folder", "files": files} | more
    return f"  {device}: {json.dumps({'fps': fps, 'source': source})}\n"


def statuses(watcher: Watcher, device: str = "front-door") -> list[bytes]:
    """All that a device said of itself, as soon as it said two."""
    return [one.payload for one in watcher.wait_for_count(f"edge/devices/{device}/status", 2)]


def test_a_replay_sends_every_picture_and_ends(
    photos: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(folder_camera(photos, loop=False, frames_each=2))
    assert agent.process.wait(30) == 0
    publications = watcher.wait_for_count(FRAMES, 6)
    frames = [Frame.from_publication(item, Topics()) for item in publications]
    expected = [(photos / name).read_bytes() for name in ("obama.jpg", "obama2.jpg", "biden.jpg")]
    assert [frame.jpeg for frame in frames] == [jpeg for jpeg in expected for _ in range(2)]
    assert [frame.seq for frame in frames] == list(range(6))
    assert len({frame.boot_id for frame in frames}) == 1
    assert all(frame.test for frame in frames)
    assert all(item.content_type == "image/jpeg" for item in publications)
    assert all(item.qos == 0 and not item.retain for item in publications)
    assert all(item.expiry_seconds in (1, 2) for item in publications)
    now = datetime.now(UTC)
    times = [frame.captured_at for frame in frames if frame.captured_at is not None]
    assert times == sorted(times)
    assert now - timedelta(seconds=50) < times[0] < times[-1] < now
    assert statuses(watcher) == [b"online", b"offline"]
    assert watcher.on(STATUS)[0].qos == 1


def test_a_broken_camera_leaves_the_others_alone(
    photos: Path, tmp_path: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(
        folder_camera(photos)
        + folder_camera(photos, "back-door", test=False)
        + f"  attic: {{source: {{type: folder, path: {tmp_path}/nowhere}}}}\n"
    )
    front = watcher.wait_for_count(FRAMES, 10)
    back = watcher.wait_for_count("edge/frames/back-door", 10)
    assert front[0].user_properties["boot_id"] == back[0].user_properties["boot_id"]
    assert "test" not in back[0].user_properties
    watcher.wait_for_count("edge/devices/attic/status", 1)
    began = time.monotonic()
    assert agent.end() == 0
    assert time.monotonic() - began < 5
    for device in ("front-door", "back-door", "attic"):
        assert statuses(watcher, device) == [b"online", b"offline"]
    assert agent.log.count("nowhere cannot be read") == 1
    assert "WARNING attic: folder" in agent.log


def test_only_the_named_devices_run(photos: Path, watcher: Watcher, start_agent: StartAgent) -> None:
    start_agent(folder_camera(photos) + folder_camera(photos, "back-door"), "--device", "back-door")
    watcher.wait_for_count("edge/frames/back-door", 5)
    assert watcher.on(FRAMES) == watcher.on(STATUS) == []


def test_the_will_speaks_for_a_killed_agent(
    photos: Path, mosquitto: PrivateBroker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(folder_camera(photos))
    watcher.wait_for_count(FRAMES, 3)
    agent.end(signal.SIGKILL)
    assert statuses(watcher) == [b"online", b"offline"]
    with Watcher(mosquitto.settings, client_id="late") as late:
        (retained,) = late.wait_for_count(STATUS, 1)
    assert (retained.payload, retained.retain) == (b"offline", True)


def test_a_replay_waits_for_a_broker_that_comes_late(
    photos: Path, mosquitto: PrivateBroker, start_agent: StartAgent
) -> None:
    mosquitto.stop()
    agent = start_agent(folder_camera(photos) + folder_camera(photos, "replay", loop=False, fps=10))
    assert eventually(
        lambda: "front-door: frames are dropped: there is no connection to the broker" in agent.log
    )
    time.sleep(1)
    agent.process.send_signal(signal.SIGSTOP)  # nothing is sent before somebody listens
    came_at = datetime.now(UTC)
    mosquitto.start()
    with Watcher(mosquitto.settings) as watcher:
        agent.process.send_signal(signal.SIGCONT)
        watcher.wait_for_count(FRAMES, 5)
        publications = watcher.wait_for_count("edge/frames/replay", 3)
    frames = [Frame.from_publication(item, Topics()) for item in publications]
    assert [frame.seq for frame in frames] == [0, 1, 2]
    assert all(frame.captured_at is not None and frame.captured_at > came_at for frame in frames)
    assert agent.end() == 0


def test_a_silent_broker_costs_frames_but_no_memory(
    photos: Path, mosquitto: PrivateBroker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(folder_camera(photos, fps=40))
    watcher.wait_for_count(FRAMES, 40)
    before = agent.resident_megabytes
    assert before < 40
    mosquitto.suspend()
    assert eventually(lambda: "front-door: frames are dropped: the broker takes them too slowly" in agent.log)
    time.sleep(4)
    assert agent.resident_megabytes < before + 3
    mosquitto.resume()
    received = len(watcher.on(FRAMES))
    watcher.wait_for_count(FRAMES, received + 60)
    assert agent.end() == 0
    seqs = [int(item.user_properties["seq"]) for item in watcher.on(FRAMES)]
    assert seqs == sorted(seqs)
    assert max(seqs) - len(seqs) > 5


def test_it_ends_soon_while_the_broker_is_silent(
    photos: Path, mosquitto: PrivateBroker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(folder_camera(photos, fps=60))
    watcher.wait_for_count(FRAMES, 20)
    mosquitto.suspend()
    time.sleep(1)
    began = time.monotonic()
    assert agent.end() == 0
    assert time.monotonic() - began < 5
    mosquitto.resume()
    assert statuses(watcher)[-1] == b"offline"


def test_a_program_that_dies_is_started_again(
    photos: Path, tmp_path: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    program = tmp_path / "camera.py"
    program.write_text(
        "import sys, time\nphoto = open(sys.argv[1], 'rb').read()\n"
        "for _ in range(5):\n"
        "    sys.stdout.buffer.write(b'--frame\\r\\n\\xff\\xd8\\r\\n' + photo)\n"
        "    sys.stdout.buffer.flush()\n"
        "    time.sleep(0.1)\n"
        "sys.exit('the cable is loose')\n"
    )
    command = f"[{sys.executable}, {program}, {photos / 'obama.jpg'}]"
    agent = start_agent(f"  front-door: {{source: {{type: command, command: {command}}}}}\n")
    publications = watcher.wait_for_count(FRAMES, 8)
    assert {item.payload for item in publications} == {(photos / "obama.jpg").read_bytes()}
    assert "test" not in publications[0].user_properties
    assert re.search(
        r"WARNING front-door: .* ended with status 1: the cable is loose; trying again", agent.log
    )
    assert "INFO front-door: frames come again" in agent.log
    assert agent.end() == 0


def test_ready_and_watchdog_follow_the_frames(
    photos: Path, mosquitto: PrivateBroker, systemd: socket.socket, start_agent: StartAgent
) -> None:
    agent = start_agent(folder_camera(photos))
    heard = [systemd.recv(100) for _ in range(3)]
    assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
    assert agent.end(signal.SIGINT) == 0
    while (last := systemd.recv(100)) == b"WATCHDOG=1":
        pass
    assert last == b"STOPPING=1"


def test_a_replay_that_waits_for_a_broker_is_alive(
    photos: Path, mosquitto: PrivateBroker, systemd: socket.socket, start_agent: StartAgent
) -> None:
    mosquitto.stop()
    start_agent(folder_camera(photos, loop=False))
    assert [systemd.recv(100) for _ in range(5)] == [b"READY=1", *4 * [b"WATCHDOG=1"]]


def test_a_replay_that_waits_for_a_silent_broker_is_alive(
    photos: Path, mosquitto: PrivateBroker, watcher: Watcher, systemd: socket.socket, start_agent: StartAgent
) -> None:
    start_agent(folder_camera(photos, fps=60, loop=False, frames_each=100_000))
    watcher.wait_for_count(FRAMES, 10)
    mosquitto.suspend()
    assert [systemd.recv(100) for _ in range(6)] == [b"READY=1", *5 * [b"WATCHDOG=1"]]


@pytest.mark.parametrize(
    "camera",
    [
        "{source: {type: folder, path: nowhere}}",
        "{source: {type: command, command: /no/program}}",
        "{source: {type: command, command: sleep 60}}",
        "{fps: 0.01, source: {type: command, command: sleep 60}}",
    ],
)
def test_an_agent_whose_camera_gives_no_frame_is_alive_while_it_tries(
    camera: str, mosquitto: PrivateBroker, systemd: socket.socket, start_agent: StartAgent
) -> None:
    start_agent(f"  front-door: {camera}\n")
    assert [systemd.recv(100) for _ in range(3)] == [b"READY=1", *2 * [b"WATCHDOG=1"]]


def test_a_rate_so_low_that_minutes_pass_between_frames_is_no_hang(
    photos: Path, watcher: Watcher, systemd: socket.socket, start_agent: StartAgent
) -> None:
    start_agent(folder_camera(photos, fps=0.01, loop=False))
    watcher.wait_for_count(FRAMES, 1)
    assert [systemd.recv(100) for _ in range(6)] == [b"READY=1", *5 * [b"WATCHDOG=1"]]
    assert len(watcher.on(FRAMES)) == 1


def test_a_hung_source_does_not_feed_the_watchdog(
    photos: Path, tmp_path: Path, watcher: Watcher, systemd: socket.socket, start_agent: StartAgent
) -> None:
    hung = tmp_path / "never-written.jpg"
    os.mkfifo(hung)
    start_agent(folder_camera(photos, loop=False, files=[str(photos / "obama.jpg"), str(hung)]))
    watcher.wait_for_count(FRAMES, 1)
    assert [systemd.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1"]
    systemd.settimeout(3)
    with pytest.raises(TimeoutError):
        [systemd.recv(100) for _ in range(6)]


def test_each_camera_logs_in_with_its_own_password(photos: Path, site: Site, start_agent: StartAgent) -> None:
    source = f"source: {{type: folder, files: [{photos / 'obama.jpg'}]}}"
    password = site.folder / "credentials/front-door"
    filters = [Topics().frames_filter(), Topics().device_status("+")]
    with Watcher(site.settings("node-1"), *filters, client_id="node-1") as watcher:
        agent = start_agent(
            f"  front-door: {{password_file: {password}, {source}}}\n"
            f"  garage: {{password_file: {password}, {source}}}\n",
            port=site.port,
        )
        watcher.wait_for_count(FRAMES, 3)
        watcher.wait_for_count(STATUS, 1)
        assert eventually(lambda: "refused user 'garage': Not authorized" in agent.log)
        assert watcher.on("edge/devices/garage/status") == watcher.on("edge/frames/garage") == []
        assert agent.end() == 0
