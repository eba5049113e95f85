"""What goes away from Home Assistant, when, and for good."""

import json
import time
from datetime import timedelta
from pathlib import Path

from edge_node.homeassistant import memory
from edge_node.homeassistant.announcer import Announcer
from edge_node.homeassistant.memory import Memory
from edge_node.homeassistant.transition import Announced
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.homeassistant.conftest import Announce
from tests.edge_node.homeassistant.household import (
    ANN,
    BOB,
    CAMERA,
    FRONT_DOOR,
    GARAGE,
    NOON,
    TOPICS,
    household,
    says,
)
from tests.private_broker import eventually
from tests.watcher import Watcher


def test_a_camera_is_gone_when_nothing_was_heard_of_it_for_days(
    announce: Announce, assistant: Assistant
) -> None:
    with announce(now=lambda: NOON) as node:
        node.announcer.hear("garage")
        assert assistant.knows(GARAGE)
    with announce(now=lambda: NOON + timedelta(days=7)):
        assert assistant.knows(GARAGE)
    with announce(now=lambda: NOON + timedelta(days=8)):
        assert assistant.forgets(GARAGE)
        assert assistant.knows(FRONT_DOOR)


def test_a_camera_is_gone_when_its_status_is_cleared(announce: Announce, assistant: Assistant) -> None:
    garage = TOPICS.device_status("garage")
    with announce() as node:
        node.say(says(garage, "online", retain=True))
        assert assistant.knows(GARAGE)
        node.say(says(garage, "", retain=True), says(TOPICS.device_status("front-door"), "", retain=True))
        assert assistant.forgets(GARAGE)
        assert assistant.knows(FRONT_DOOR)


def heard_by(listener: Watcher, mark: str) -> int:
    """How many messages, once it has heard all that the broker has taken."""
    topic = f"other/{mark}"
    listener.session.publish(says(topic, "mark"))
    listener.wait_for_count(topic, 1)
    return len([one for one in listener.heard if one.topic.startswith("homeassistant/")])


def test_switched_off_it_takes_everything_away(
    announce: Announce, assistant: Assistant, listener: Watcher
) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN])
        assert eventually(lambda: assistant.ids("edge_person_ann"))
    before = heard_by(listener, "1")
    with announce(enabled=False) as node:
        node.announcer.hear("garage")
        assert eventually(lambda: not assistant.ids())
    count = heard_by(listener, "2")
    with announce(enabled=False):
        assert eventually(lambda: heard_by(listener, "2") == 2 * count - before), "once more, to be sure"
    with announce(enabled=False):
        time.sleep(0.2)
    assert heard_by(listener, "3") == 2 * count - before


def test_people_come_and_go_with_the_gallery(announce: Announce, assistant: Assistant) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN, BOB])
        assert eventually(lambda: assistant.ids("edge_person_ann") and assistant.ids("edge_person_bob"))
        node.announcer.meet([ANN])
        assert assistant.forgets("edge_person_bob")
    with announce(people=True) as node:
        assert assistant.knows(FRONT_DOOR)
        assert assistant.ids("edge_person_ann"), "nobody goes away before the gallery has been read"
        node.announcer.meet([])
        assert assistant.forgets("edge_person_ann")


def test_who_left_while_there_was_no_broker_is_gone_all_the_same(
    announce: Announce, assistant: Assistant, tmp_path: Path
) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN, BOB])
        assert eventually(lambda: assistant.ids("edge_person_bob"))
    away = Announcer(household(tmp_path / "node-1", people=True), lambda _: None)
    away.meet([ANN])
    with announce(people=True):
        assert assistant.forgets("edge_person_bob")
        assert assistant.ids("edge_person_ann")


def test_people_are_not_announced_unasked(announce: Announce, assistant: Assistant) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN])
        assert eventually(lambda: assistant.ids("edge_person_ann"))
    with announce() as node:
        node.announcer.meet([ANN])
        assert assistant.forgets("edge_person_ann")


def test_another_prefix_takes_the_old_messages_away(
    announce: Announce, assistant: Assistant, listener: Watcher
) -> None:
    with announce():
        assert assistant.knows(FRONT_DOOR)
    with announce(prefix="other"):
        assert eventually(lambda: not assistant.ids())
        listener.wait_for(lambda one: one.topic == f"other/device/{FRONT_DOOR}/config")


def test_a_component_of_an_older_version_is_taken_away_for_good(
    announce: Announce, assistant: Assistant, listener: Watcher, tmp_path: Path
) -> None:
    old = Announced(prefix="homeassistant", devices={FRONT_DOOR: {"mood": "sensor"}})
    memory.save(tmp_path / "node-1/homeassistant.json", Memory(announced=old))
    for count in (1, 2):
        with announce():
            message = listener.wait_for_count(CAMERA, count)[-1]
            assert json.loads(message.payload)["components"]["mood"] == {"platform": "sensor"}
    assert assistant.knows(FRONT_DOOR)
