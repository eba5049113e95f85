"""Settings changed over MQTT, while the agent runs on a real broker."""

from pathlib import Path
from typing import Any

import pytest

from broker.capture import Capture
from broker.publication import Publication
from broker.topics import Topics
from tests.camera_agent.agent_process import StartAgent
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

FRAMES = "edge/frames/front-door"
STATE = "edge/devices/front-door/settings"
SET = Topics().device_settings_set("front-door")


def ask(watcher: Watcher, payload: bytes, *, retain: bool = False) -> None:
    watcher.session.publish(Publication(topic=SET, payload=payload, qos=1, retain=retain))


def folder(photos: Path, fps: float) -> str:
    files = f"[{photos / 'obama.jpg'}]"
    return f"  front-door: {{fps: {fps}, source: {{type: folder, files: {files}}}}}\n"


def test_the_rate_changes_at_once_and_the_state_says_so(
    photos: Path, mosquitto: PrivateBroker, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(folder(photos, 0.01))
    (born,) = watcher.wait_for_count(STATE, 1)
    assert Capture.from_json(born.payload) == Capture(fps=0.01, width=None, quality=None)
    assert born.qos == 1
    assert eventually(lambda: watcher.on(FRAMES) or "frames are dropped" in agent.log)
    ask(watcher, b'{"fps":20}')
    frames = watcher.wait_for_count(FRAMES, 12)
    assert len({one.user_properties["boot_id"] for one in frames}) == 1
    seqs = [int(one.user_properties["seq"]) for one in frames]
    assert seqs == sorted(set(seqs))
    with Watcher(mosquitto.settings, STATE, client_id="late") as late:
        (kept,) = late.wait_for_count(STATE, 1)
    assert kept.retain
    assert kept.payload == b'{"fps":20.0,"width":null,"quality":null}'
    assert agent.end() == 0


def test_what_cannot_be_is_warned_of_once_and_changes_nothing(
    photos: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(folder(photos, 10))
    watcher.wait_for_count(STATE, 1)
    for bad in (b'{"fps":0}', b'{"fps":0}', b'{"width":640}', b"no JSON"):
        ask(watcher, bad)
    ask(watcher, b'{"fps":1}', retain=True)  # reaches the agent as a live one: it is subscribed already
    watcher.wait_for_count(STATE, 2)
    assert eventually(lambda: agent.log.count("settings stay as they are") == 3)
    seen = len(watcher.on(FRAMES))
    watcher.wait_for_count(FRAMES, seen + 2)
    assert agent.end() == 0
    again = start_agent(folder(photos, 10))
    watcher.wait_for_count(STATE, 3)
    assert eventually(lambda: "a retained message is an old wish" in again.log)
    assert Capture.from_json(watcher.on(STATE)[-1].payload).fps == 10
    ask(watcher, b"", retain=True)


def test_width_and_quality_of_a_video_change_while_it_plays(
    tmp_path: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    cv2: Any = pytest.importorskip("cv2")
    np: Any = pytest.importorskip("numpy")
    file = tmp_path / "noise.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 20, (320, 240))
    for seed in range(20):
        writer.write(np.random.default_rng(seed).integers(0, 255, (240, 320, 3), np.uint8))
    writer.release()
    agent = start_agent(f"  front-door: {{fps: 20, source: {{type: opencv, device: {file}}}}}\n")

    def size(one: Publication) -> tuple[int, ...]:
        return tuple(cv2.imdecode(np.frombuffer(one.payload, np.uint8), cv2.IMREAD_COLOR).shape[:2])

    assert size(watcher.wait_for_count(FRAMES, 1)[0]) == (240, 320)
    ask(watcher, b'{"width":160}')
    watcher.wait_for(lambda one: one.topic == FRAMES and size(one) == (120, 160))
    before = len(watcher.on(FRAMES)[-1].payload)
    ask(watcher, b'{"quality":10}')
    watcher.wait_for(lambda one: one.topic == FRAMES and len(one.payload) < before / 2)
    states = [Capture.from_json(one.payload) for one in watcher.wait_for_count(STATE, 3)]
    assert [(one.width, one.quality) for one in states] == [(None, 85), (160, 85), (160, 10)]
    frames = watcher.on(FRAMES)
    assert len({one.user_properties["boot_id"] for one in frames}) == 1
    assert agent.end() == 0


def test_a_change_cuts_the_pause_of_a_camera_that_failed_short(
    tmp_path: Path, watcher: Watcher, start_agent: StartAgent
) -> None:
    agent = start_agent(f"  front-door: {{source: {{type: opencv, device: {tmp_path}/none.avi}}}}\n", "-v")
    watcher.wait_for_count(STATE, 1)
    assert eventually(lambda: agent.log.count("there is no file") == 4, 30)  # the next one is 8 s away
    ask(watcher, b'{"quality":50}')
    assert eventually(lambda: agent.log.count("there is no file") == 5, 6)
