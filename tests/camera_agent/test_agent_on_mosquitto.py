"""The agent as a process of its own, on a real broker."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.messages import Frame
from broker.topics import Topics

FRAMES = "edge/frames/front-door"
STATUS = "edge/devices/front-door/status"


def folder_camera(photos: Path, device: str = "front-door", fps: int = 20, **more: Any) -> str:
    """One entry of `cameras`, in the JSON that YAML contains: three photos of 0.2 to 0.35 MB."""
    files = [str(photos / name) for name in ("obama.jpg", "obama2.jpg", "biden.jpg")]
    source = {"type": "folder", "files": files, **more}
    return f"  {device}: {json.dumps({'fps': fps, 'source': source})}\n"


def test_a_replay_sends_every_picture_with_its_properties_and_ends(
    photos: Path, listener: Any, start_agent: Callable[..., Any]
) -> None:
    agent = start_agent(folder_camera(photos, loop=False, frames_each=2))
    assert agent.process.wait(20) == 0
    publications = listener.wait_for(FRAMES, 6)
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
    assert now - timedelta(seconds=10) < times[0] < times[-1] < now
    listener.wait_for(STATUS, 2)
    assert listener.said(STATUS) == [b"online", b"offline"]
    assert listener.on(STATUS)[0].qos == 1


def test_two_cameras_each_with_its_status_and_one_of_them_broken(
    photos: Path, tmp_path: Path, listener: Any, start_agent: Callable[..., Any]
) -> None:
    agent = start_agent(
        folder_camera(photos)
        + folder_camera(photos, "back-door", test=False)
        + f"  attic: {{source: {{type: folder, path: {tmp_path}/nowhere}}}}\n"
    )
    front = listener.wait_for(FRAMES, 10)
    back = listener.wait_for("edge/frames/back-door", 10)
    assert front[0].user_properties["boot_id"] == back[0].user_properties["boot_id"]
    assert "test" not in back[0].user_properties
    listener.wait_for("edge/devices/attic/status")
    began = time.monotonic()
    assert agent.end() == 0
    assert time.monotonic() - began < 3
    for device in ("front-door", "back-door", "attic"):
        listener.wait_for(f"edge/devices/{device}/status", 2)
        assert listener.said(f"edge/devices/{device}/status") == [b"online", b"offline"]
    assert agent.log.count("nowhere cannot be read") == 1
    assert "WARNING attic: folder" in agent.log


def test_only_the_named_devices_run(photos: Path, listener: Any, start_agent: Callable[..., Any]) -> None:
    start_agent(folder_camera(photos) + folder_camera(photos, "back-door"), "--device", "back-door")
    listener.wait_for("edge/frames/back-door", 5)
    assert listener.on(FRAMES) == listener.on(STATUS) == []


def test_the_will_speaks_for_a_killed_agent_and_status_is_retained(
    photos: Path, listener: Any, listen: Callable[[], Any], start_agent: Callable[..., Any]
) -> None:
    agent = start_agent(folder_camera(photos))
    listener.wait_for(FRAMES, 3)
    agent.end(signal.SIGKILL)
    listener.wait_for(STATUS, 2)
    assert listener.said(STATUS) == [b"online", b"offline"]
    listener.session.stop()
    late = listen()
    (retained,) = late.wait_for(STATUS)
    assert (retained.payload, retained.retain) == (b"offline", True)


def test_a_broker_that_comes_late_is_found_and_a_replay_waits_for_it(
    photos: Path, mosquitto_later: Any, listen: Callable[[], Any], start_agent: Callable[..., Any]
) -> None:
    replay = start_agent(folder_camera(photos) + folder_camera(photos, "replay", loop=False, fps=10))
    time.sleep(2.5)
    mosquitto_later.start()
    listener = listen()
    listener.wait_for(FRAMES, 5)
    frames = [Frame.from_publication(item, Topics()) for item in listener.wait_for("edge/frames/replay", 3)]
    assert [frame.seq for frame in frames] == [0, 1, 2]
    assert all(
        frame.captured_at is not None and datetime.now(UTC) - frame.captured_at < timedelta(seconds=5)
        for frame in frames
    )
    assert "front-door: frames are dropped: there is no connection to the broker" in replay.log
    assert replay.end() == 0


def test_a_stopped_broker_costs_frames_but_no_memory(
    photos: Path, mosquitto: Any, listener: Any, start_agent: Callable[..., Any]
) -> None:
    agent = start_agent(folder_camera(photos, fps=40))
    listener.wait_for(FRAMES, 40)
    before = agent.resident_megabytes
    assert before < 40
    mosquitto.send_signal(signal.SIGSTOP)
    time.sleep(4)
    assert agent.resident_megabytes < before + 3
    assert "front-door: frames are dropped: the broker takes them too slowly" in agent.log
    mosquitto.send_signal(signal.SIGCONT)
    received = len(listener.on(FRAMES))
    listener.wait_for(FRAMES, received + 60)
    assert agent.end() == 0
    seqs = [int(item.user_properties["seq"]) for item in listener.on(FRAMES)]
    assert seqs == sorted(seqs)
    assert max(seqs) - len(seqs) > 20


def test_ends_within_three_seconds_while_the_broker_is_stopped(
    photos: Path, mosquitto: Any, listener: Any, start_agent: Callable[..., Any]
) -> None:
    agent = start_agent(folder_camera(photos, fps=60))
    listener.wait_for(FRAMES, 20)
    mosquitto.send_signal(signal.SIGSTOP)
    time.sleep(1)
    began = time.monotonic()
    assert agent.end() == 0
    assert time.monotonic() - began < 3
    mosquitto.send_signal(signal.SIGCONT)
    listener.wait_for(STATUS, 2)
    assert listener.said(STATUS)[-1] == b"offline"


def test_a_program_that_dies_now_and_then_is_started_again(
    photos: Path, tmp_path: Path, listener: Any, start_agent: Callable[..., Any]
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
    publications = listener.wait_for(FRAMES, 8)
    assert {item.payload for item in publications} == {(photos / "obama.jpg").read_bytes()}
    assert "test" not in publications[0].user_properties
    assert re.search(
        r"WARNING front-door: .* ended with status 1: the cable is loose; trying again", agent.log
    )
    assert "INFO front-door: frames come again" in agent.log
    assert agent.end() == 0


def test_ready_and_watchdog_follow_the_frames(
    photos: Path,
    tmp_path: Path,
    mosquitto: Any,
    start_agent: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        pictures = tmp_path / "pictures"
        agent = start_agent(f"  front-door: {{fps: 20, source: {{type: folder, path: {pictures}}}}}\n")
        time.sleep(1.5)
        systemd.setblocking(False)
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
        systemd.settimeout(5)
        (tmp_path / "filled").mkdir()
        (tmp_path / "filled/a.jpg").write_bytes((photos / "obama.jpg").read_bytes())
        (tmp_path / "filled").rename(pictures)
        heard = [systemd.recv(100) for _ in range(3)]
        assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        assert agent.end(signal.SIGINT) == 0
        while (last := systemd.recv(100)) == b"WATCHDOG=1":
            pass
        assert last == b"STOPPING=1"


def test_each_camera_logs_in_with_its_own_password(
    photos: Path,
    tmp_path: Path,
    mosquitto_later: Any,
    listen: Callable[[], Any],
    start_agent: Callable[..., Any],
    wait_for: Callable[..., None],
) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", passwords, "front-door", "secret"], check=True)
    acl = tmp_path / "acl"
    acl.write_text("topic read #\npattern write edge/frames/%u\npattern write edge/devices/%u/status\n")
    acl.chmod(0o700)
    mosquitto_later.configure(f"password_file {passwords}", f"acl_file {acl}")
    mosquitto_later.start()
    listener = listen()
    (tmp_path / "right").write_text("secret\n")
    (tmp_path / "wrong").write_text("guess\n")
    source = f"source: {{type: folder, files: [{photos / 'obama.jpg'}]}}"
    agent = start_agent(
        f"  front-door: {{password_file: right, {source}}}\n  back-door: {{password_file: wrong, {source}}}\n"
    )
    listener.wait_for(FRAMES, 3)
    listener.wait_for(STATUS)
    wait_for(lambda: "refused user 'back-door': Not authorized" in agent.log)
    assert listener.on("edge/devices/back-door/status") == []
    assert agent.end() == 0
