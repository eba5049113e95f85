"""What appears in Home Assistant, when, and what stays there over restarts."""

import json
from pathlib import Path

import pytest

from edge_node.homeassistant import announcer, memory
from edge_node.homeassistant.announcer import Announcer
from edge_node.homeassistant.memory import Memory
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.homeassistant.conftest import Announce
from tests.edge_node.homeassistant.household import (
    CAMERA,
    FRONT_DOOR,
    GARAGE,
    TOPICS,
    household,
    says,
)
from tests.private_broker import eventually
from tests.watcher import Watcher


def test_what_the_settings_name_is_there_with_name_and_room(announce: Announce, assistant: Assistant) -> None:
    with announce():
        assert assistant.knows(FRONT_DOOR)
        assert eventually(lambda: len(assistant.ids("edge_node_node-1")) == 9)
    device = next(one.config["device"] for one in assistant.entities.values())
    assert (device["name"], device["suggested_area"]) == ("Front door", "Entrance")


def test_messages_are_retained_and_safe(announce: Announce, listener: Watcher) -> None:
    with announce():
        assert listener.wait_for(lambda one: one.topic == CAMERA).qos == 1
    with Watcher(listener.session._settings, "homeassistant/#", client_id="late") as late:
        assert late.wait_for(lambda one: one.topic == CAMERA).retain


def test_everything_is_said_again_when_home_assistant_comes_up(
    announce: Announce, assistant: Assistant, listener: Watcher
) -> None:
    with announce():
        (first,) = listener.wait_for_count(CAMERA, 1)
        assistant.come_up()
        assert listener.wait_for_count(CAMERA, 2)[1].payload == first.payload


def test_a_camera_is_announced_with_its_first_frame_and_once(
    announce: Announce, assistant: Assistant, listener: Watcher
) -> None:
    with announce() as node:
        for _ in range(3):
            node.announcer.hear("garage")
        assert assistant.knows(GARAGE)
    garage = f"homeassistant/device/{GARAGE}/config"
    assert len(listener.wait_for_count(garage, 1)) == 1
    assert len(listener.wait_for_count(CAMERA, 1)) == 1


def test_a_camera_is_announced_when_it_comes_online(announce: Announce, assistant: Assistant) -> None:
    with announce() as node:
        node.say(says(TOPICS.device_status("shed"), "offline", retain=True))
        node.say(says(TOPICS.device_status("garage"), "online", retain=True))
        assert assistant.knows(GARAGE)
        assert not assistant.ids("edge_camera_shed")


def test_a_camera_known_by_its_frames_only_stays_over_a_restart(
    announce: Announce, assistant: Assistant, listener: Watcher
) -> None:
    topic = f"homeassistant/device/{GARAGE}/config"
    with announce() as node:
        node.announcer.hear("garage")
        assert assistant.knows(GARAGE)
    with announce():
        first, second = listener.wait_for_count(topic, 2)
        assert first.payload == second.payload


def test_a_crowd_of_cameras_is_not_announced(
    announce: Announce, listener: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    with announce() as node:
        for number in range(announcer.HEARD_AT_MOST + 2):
            node.announcer.hear(f"camera-{number}")
        last = announcer.HEARD_AT_MOST - 1
        listener.wait_for_count(f"homeassistant/device/edge_camera_camera-{last}/config", 1)
    assert not listener.on(f"homeassistant/device/edge_camera_camera-{last + 1}/config")
    assert [one.levelname for one in caplog.records if "is not announced" in one.getMessage()] == ["WARNING"]


def test_cameras_that_the_settings_name_are_no_crowd(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = household(tmp_path)
    config.cameras.update({f"camera-{number}": None for number in range(announcer.HEARD_AT_MOST + 9)})
    one = Announcer(config, lambda _: None)
    for name in [*config.cameras, "garage"]:
        one.hear(name)
    assert not caplog.records
    assert GARAGE in memory.load(tmp_path / "homeassistant.json").announced.devices


def test_several_nodes_agree_on_a_camera(announce: Announce, assistant: Assistant, listener: Watcher) -> None:
    with announce(), announce(node="node-2"):
        both = [{"topic": TOPICS.node_status(node)} for node in ("node-1", "node-2")]

        def agreed() -> bool:
            said = [json.loads(one.payload) for one in listener.on(CAMERA)]
            return [one["components"]["people"]["availability"] for one in said[-2:]] == [both, both]

        assert eventually(agreed)
        assert listener.on(CAMERA)[-1].payload == listener.on(CAMERA)[-2].payload
        assert assistant.knows(FRONT_DOOR)


def test_an_odd_memory_is_no_obstacle(
    announce: Announce, assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "node-1").mkdir()
    (tmp_path / "node-1/homeassistant.json").write_text('{"announced": 3')
    with announce():
        assert assistant.knows(FRONT_DOOR)
    assert "may stay in Home Assistant" in caplog.text
    assert memory.load(tmp_path / "node-1/homeassistant.json").announced.devices


def test_a_memory_that_cannot_be_kept_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    memory.save(tmp_path / "file/homeassistant.json", Memory())
    assert "is not kept" in caplog.text
