"""The node itself, announcing the cameras it hears and the people it knows."""

from dataclasses import replace
from pathlib import Path

import msgspec

from edge_node.homeassistant.settings import HomeAssistantSettings
from edge_node.settings import NodeConfig
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.live import running
from tests.edge_node.scenes import frame, jpeg, read
from tests.private_broker import eventually
from tests.watcher import Watcher

PEOPLE = {"edge_person_barack-obama", "edge_person_joe-biden"}


def test_cameras_and_people_appear_and_a_test_frame_is_no_camera(
    config: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path
) -> None:
    asked = msgspec.structs.replace(config, homeassistant=HomeAssistantSettings(people=True))
    picture = jpeg(read(photos, "chelsea.png"))
    with running(asked):
        watcher.session.publish(replace(frame("replay", picture), test=True).to_publication(watcher.topics))
        watcher.session.publish(frame("garage", picture).to_publication(watcher.topics))
        assert eventually(lambda: assistant.ids("edge_camera_garage"))
        assert eventually(lambda: all(assistant.ids(person) for person in PEOPLE))
        assert assistant.shows(
            binary_sensor__node_1_connection="on",
            sensor__node_1_people="2",
            sensor__garage_people=None,
        )
        assert not assistant.ids("edge_camera_replay")
    assert assistant.shows(sensor__garage_people="unavailable", sensor__node_1_people="unavailable")
