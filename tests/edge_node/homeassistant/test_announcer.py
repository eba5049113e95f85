"""What appears in Home Assistant, what stays there over restarts, and what goes away."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from edge_node.homeassistant import announcer, memory
from edge_node.homeassistant.announcer import Announcer
from edge_node.homeassistant.memory import Memory
from edge_node.homeassistant.transition import Announced
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.homeassistant.conftest import Announce, Announcing
from tests.edge_node.homeassistant.household import ANN, BOB, CAMERA, NOON, TOPICS, household, says
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

FRONT_DOOR = "edge_camera_front-door"
GARAGE = "edge_camera_garage"
ENTITIES = 19


@pytest.fixture
def watcher(mosquitto: PrivateBroker) -> object:
    with Watcher(mosquitto.settings, "homeassistant/#", "other/#") as watcher:
        yield watcher


def known(assistant: Assistant, device: str) -> bool:
    return eventually(lambda: len(assistant.ids(device)) == ENTITIES)


def unknown(assistant: Assistant, device: str) -> bool:
    return eventually(lambda: not assistant.ids(device))


def step(node: Announcing) -> bool:
    node.announcer.check()
    return not node.announcer._later


def settle(node: Announcing) -> None:
    """Until every step of a change is published."""
    assert eventually(lambda: step(node))


def test_what_the_settings_name_is_there_with_name_and_room(announce: Announce, assistant: Assistant) -> None:
    with announce():
        assert known(assistant, FRONT_DOOR)
        assert eventually(lambda: len(assistant.ids("edge_node_node-1")) == 9)
    device = next(one.config["device"] for one in assistant.entities.values())
    assert (device["name"], device["suggested_area"]) == ("Front door", "Entrance")


def test_messages_are_retained_and_safe(announce: Announce, watcher: Watcher) -> None:
    with announce():
        assert watcher.wait_for(lambda one: one.topic == CAMERA).qos == 1
    with Watcher(watcher.session._settings, "homeassistant/#", client_id="late") as late:
        assert late.wait_for(lambda one: one.topic == CAMERA).retain


def test_everything_is_said_again_when_home_assistant_comes_up(
    announce: Announce, assistant: Assistant, watcher: Watcher
) -> None:
    with announce():
        (first,) = watcher.wait_for_count(CAMERA, 1)
        assistant.come_up()
        assert watcher.wait_for_count(CAMERA, 2)[1].payload == first.payload


def test_a_camera_is_announced_with_its_first_frame_and_once(
    announce: Announce, assistant: Assistant, watcher: Watcher
) -> None:
    with announce() as node:
        for _ in range(3):
            node.announcer.hear("garage")
        assert known(assistant, GARAGE)
    assert len(watcher.on(f"homeassistant/device/{GARAGE}/config")) == 1
    assert len(watcher.on(CAMERA)) == 1


def test_a_camera_is_announced_when_it_comes_online(announce: Announce, assistant: Assistant) -> None:
    with announce() as node:
        node.say(says(TOPICS.device_status("shed"), "offline", retain=True))
        node.say(says(TOPICS.device_status("garage"), "online", retain=True))
        assert known(assistant, GARAGE)
        assert not assistant.ids("edge_camera_shed")


def test_a_camera_known_by_its_frames_only_stays_over_a_restart(
    announce: Announce, assistant: Assistant, watcher: Watcher
) -> None:
    topic = f"homeassistant/device/{GARAGE}/config"
    with announce() as node:
        node.announcer.hear("garage")
        assert known(assistant, GARAGE)
    with announce():
        first, second = watcher.wait_for_count(topic, 2)
        assert first.payload == second.payload


def test_a_camera_is_gone_when_nothing_was_heard_of_it_for_days(
    announce: Announce, assistant: Assistant
) -> None:
    with announce(now=lambda: NOON) as node:
        node.announcer.hear("garage")
        assert known(assistant, GARAGE)
    with announce(now=lambda: NOON + timedelta(days=7)):
        assert known(assistant, GARAGE)
    with announce(now=lambda: NOON + timedelta(days=8)):
        assert unknown(assistant, GARAGE)
        assert known(assistant, FRONT_DOOR)


def test_a_camera_is_gone_when_its_status_is_cleared(announce: Announce, assistant: Assistant) -> None:
    garage = TOPICS.device_status("garage")
    with announce() as node:
        node.say(says(garage, "online", retain=True))
        assert known(assistant, GARAGE)
        node.say(says(garage, "", retain=True), says(TOPICS.device_status("front-door"), "", retain=True))
        assert unknown(assistant, GARAGE)
        assert known(assistant, FRONT_DOOR)


def test_a_crowd_of_cameras_is_not_announced(
    announce: Announce, watcher: Watcher, caplog: pytest.LogCaptureFixture
) -> None:
    with announce() as node:
        for number in range(announcer.HEARD_AT_MOST + 2):
            node.announcer.hear(f"camera-{number}")
        last = announcer.HEARD_AT_MOST - 1
        watcher.wait_for_count(f"homeassistant/device/edge_camera_camera-{last}/config", 1)
    assert not watcher.on(f"homeassistant/device/edge_camera_camera-{last + 1}/config")
    assert [one.levelname for one in caplog.records if "is not announced" in one.getMessage()] == ["WARNING"]


def test_switched_off_it_takes_everything_away(
    announce: Announce, assistant: Assistant, watcher: Watcher
) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN])
        assert eventually(lambda: assistant.ids("edge_person_ann"))
    before = len(watcher.heard)
    with announce(enabled=False) as node:
        node.announcer.hear("garage")
        assert eventually(lambda: not assistant.ids())
    count = len(watcher.heard)
    with announce(enabled=False):
        assert eventually(lambda: len(watcher.heard) == 2 * count - before), "once more, to be sure"
    with announce(enabled=False):
        time.sleep(0.2)
    assert len(watcher.heard) == 2 * count - before


def test_people_come_and_go_with_the_gallery(announce: Announce, assistant: Assistant) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN, BOB])
        assert eventually(lambda: assistant.ids("edge_person_ann") and assistant.ids("edge_person_bob"))
        node.announcer.meet([ANN])
        assert unknown(assistant, "edge_person_bob")
    with announce(people=True) as node:
        assert known(assistant, FRONT_DOOR)
        assert assistant.ids("edge_person_ann"), "nobody goes away before the gallery has been read"
        node.announcer.meet([])
        assert unknown(assistant, "edge_person_ann")


def test_who_left_while_there_was_no_broker_is_gone_all_the_same(
    announce: Announce, assistant: Assistant, tmp_path: Path
) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN, BOB])
        assert eventually(lambda: assistant.ids("edge_person_bob"))
    away = Announcer(household(tmp_path / "node-1", people=True), lambda _: None)
    away.meet([ANN])
    with announce(people=True):
        assert unknown(assistant, "edge_person_bob")
        assert assistant.ids("edge_person_ann")


def test_people_are_handed_over_once_the_gallery_is_read(
    announce: Announce, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "PAUSE_SECONDS", 0.05)
    with announce(people=True) as node:
        node.announcer.meet([ANN])
        assert eventually(lambda: assistant.ids("edge_person_ann"))
    with announce(people=True, discovery="component") as node:
        node.announcer.hear("garage")
        assert assistant.ids("edge_person_ann")
        node.announcer.meet([ANN])
        settle(node)
        assert known(assistant, GARAGE)
        assert eventually(lambda: len(assistant.ids("edge_person_ann")) == 3)
    assert {one.topic.split("/")[1] for one in assistant.entities.values()} & {"device"} == set()


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


def test_people_are_not_announced_unasked(announce: Announce, assistant: Assistant) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN])
        assert eventually(lambda: assistant.ids("edge_person_ann"))
    with announce() as node:
        node.announcer.meet([ANN])
        assert unknown(assistant, "edge_person_ann")


def test_another_prefix_takes_the_old_messages_away(
    announce: Announce, assistant: Assistant, watcher: Watcher
) -> None:
    with announce():
        assert known(assistant, FRONT_DOOR)
    with announce(prefix="other"):
        assert eventually(lambda: not assistant.ids())
        watcher.wait_for(lambda one: one.topic == f"other/device/{FRONT_DOOR}/config")


def test_the_form_changes_back_and_forth_without_a_conflict(
    announce: Announce, assistant: Assistant, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "PAUSE_SECONDS", 0.05)
    with announce() as node:
        assert known(assistant, FRONT_DOOR)
        before = assistant.ids()
    for form in ("component", "device"):
        with announce(discovery=form) as node:
            settle(node)
            assert eventually(lambda: assistant.ids() == before)
    with Watcher(watcher.session._settings, "homeassistant/#", client_id="late") as late:
        late.wait_for(lambda one: one.topic == CAMERA)
        assert {one.topic.split("/")[1] for one in late.heard} == {"device"}


def test_a_change_of_form_that_was_cut_short_begins_again(
    announce: Announce, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with announce():
        assert known(assistant, FRONT_DOOR)
    with announce(discovery="component"):
        assert eventually(lambda: not assistant.ids()), "handed over, and not yet taken"
    monkeypatch.setattr(announcer, "PAUSE_SECONDS", 0.05)
    with announce(discovery="component") as node:
        settle(node)
        assert known(assistant, FRONT_DOOR)


def test_a_component_of_an_older_version_is_taken_away_for_good(
    announce: Announce, assistant: Assistant, watcher: Watcher, tmp_path: Path
) -> None:
    old = Announced(prefix="homeassistant", devices={FRONT_DOOR: {"mood": "sensor"}})
    memory.save(tmp_path / "node-1/homeassistant.json", Memory(announced=old))
    for count in (1, 2):
        with announce():
            message = watcher.wait_for_count(CAMERA, count)[-1]
            assert json.loads(message.payload)["components"]["mood"] == {"platform": "sensor"}
    assert known(assistant, FRONT_DOOR)


def test_several_nodes_agree_on_a_camera(announce: Announce, assistant: Assistant, watcher: Watcher) -> None:
    with announce(), announce(node="node-2"):
        both = [{"topic": TOPICS.node_status(node)} for node in ("node-1", "node-2")]

        def agreed() -> bool:
            said = [json.loads(one.payload) for one in watcher.on(CAMERA)]
            return [one["components"]["people"]["availability"] for one in said[-2:]] == [both, both]

        assert eventually(agreed)
        assert watcher.on(CAMERA)[-1].payload == watcher.on(CAMERA)[-2].payload
        assert known(assistant, FRONT_DOOR)


def test_an_odd_memory_is_no_obstacle(
    announce: Announce, assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "node-1").mkdir()
    (tmp_path / "node-1/homeassistant.json").write_text('{"announced": 3')
    with announce():
        assert known(assistant, FRONT_DOOR)
    assert "may stay in Home Assistant" in caplog.text
    assert memory.load(tmp_path / "node-1/homeassistant.json").announced.devices


def test_a_memory_that_cannot_be_kept_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder")
    memory.save(tmp_path / "file/homeassistant.json", Memory())
    assert "is not kept" in caplog.text
