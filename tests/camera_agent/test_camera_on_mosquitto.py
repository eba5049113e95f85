"""One camera of an agent inside the test's own process, on a real broker."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from broker.publication import Publication
from broker.session import Session
from camera_agent.agent import Agent
from camera_agent.camera import Camera
from camera_agent.settings import AgentConfig, CameraSettings, FolderSource
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

FRAMES = "edge/frames/front-door"


def test_the_queue_towards_a_silent_broker_holds_one_frame(
    photos: Path, mosquitto: PrivateBroker, watcher: Watcher
) -> None:
    settings = CameraSettings(source=FolderSource(files=(photos / "obama.jpg",)), fps=60)
    camera = Camera("front-door", settings, mosquitto.settings, "boot", lambda _bug: None)
    camera.start()
    try:
        watcher.wait_for_count(FRAMES, 10)
        mosquitto.suspend()
        assert eventually(lambda: camera.tally.dropped["the broker takes them too slowly"] > 30)
        assert len(camera._session._client._out_packet) == 1
    finally:
        mosquitto.resume()
        camera.close()
        camera.join(15)
    assert not camera.is_running
    assert camera.tally.published + camera.tally.dropped.total() == camera.captured


def test_frames_larger_than_the_broker_takes_are_counted(
    photos: Path, mosquitto: PrivateBroker, caplog: pytest.LogCaptureFixture
) -> None:
    settings = CameraSettings(source=FolderSource(files=(photos / "obama.jpg",)), fps=60)
    camera = Camera("front-door", settings, mosquitto.settings, "boot", lambda _bug: None)
    camera.start()
    assert eventually(lambda: camera.tally.published > 0)
    camera._session._maximum_packet_bytes = 1000
    assert eventually(lambda: camera.tally.dropped["larger than the broker takes"] > 5)
    camera.close()
    camera.join(15)
    assert caplog.text.count("larger than the broker takes") == 1


def test_a_bug_in_a_source_ends_the_agent(
    photos: Path, mosquitto: PrivateBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("camera_agent.camera.open_source", broken)
    settings = CameraSettings(source=FolderSource(files=(photos / "obama.jpg",)))
    agent = Agent(AgentConfig(broker=mosquitto.settings, cameras={"front-door": settings}))
    monkeypatch.setattr("signal.signal", lambda *_: None)
    outcome: list[int] = []
    thread = threading.Thread(target=lambda: outcome.append(agent.run()))
    thread.start()
    thread.join(20)
    assert outcome == [70]


def test_a_frame_larger_than_the_socket_buffer_leaves_at_once(mosquitto: PrivateBroker) -> None:
    """And not with the next second of paho's network thread."""
    session = Session(mosquitto.settings, client_id="large")
    session.start()
    assert session.wait_connected(15)
    buffer: Any = session._client.socket()
    buffer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
    late = 0
    for _ in range(40):
        handover = session.publish(Publication(topic=FRAMES, payload=bytes(4_000_000)))
        late += not handover.wait(0.8)
        assert handover.wait(15)
    session.stop()
    assert late <= 3  # a frame in four would be, if it were written by the thread that publishes
