"""Discovery messages as they are. The golden files are what a real Home Assistant has accepted."""

import json
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.capture import Fps, Quality, Side
from broker.subscription import Subscription
from broker.topics import ID_PATTERN
from edge_node.homeassistant import camera
from edge_node.homeassistant.discovery import announcements, topics_of
from edge_node.homeassistant.inventory import inventory
from edge_node.homeassistant.settings import Form
from edge_node.view_settings import DeviceSettings
from tests.edge_node.homeassistant import rules
from tests.edge_node.homeassistant.household import ANN, BOB, TOPICS, household

GOLDEN = Path(__file__).parent / "golden"


def messages(form: Form, *, nodes: tuple[str, ...] = (), heard: tuple[str, ...] = ()) -> dict[str, str]:
    devices = inventory(household(Path()), cameras=heard, nodes=nodes, people=[ANN, BOB])
    return {
        one.topic: one.payload.decode()
        for device in devices
        for one in announcements("homeassistant", form, device, "1.2.3", {})
    }


@pytest.mark.parametrize("form", ["device", "component"])
def test_messages_are_those_of_the_golden_file(form: Form) -> None:
    readable = {topic: json.loads(payload) for topic, payload in messages(form).items()}
    text = json.dumps(readable, indent=1, ensure_ascii=False) + "\n"
    assert text == (GOLDEN / f"{form}.json").read_text("utf-8")


def test_both_forms_say_the_same() -> None:
    whole = {topic: json.loads(payload) for topic, payload in messages("device").items()}
    pieces = {topic: json.loads(payload) for topic, payload in messages("component").items()}
    for topic, message in whole.items():
        device = topic.split("/")[2]
        for key, component in message["components"].items():
            piece = pieces.pop(f"homeassistant/{component['platform']}/{device}/{key}/config")
            assert piece.pop("device") == message["device"]
            assert piece.pop("origin") == message["origin"]
            assert piece == {name: value for name, value in component.items() if name != "platform"}
    assert not pieces


@given(st.from_regex(ID_PATTERN), st.sampled_from(["edge", "house/attic-1"]))
def test_any_camera_has_topics_and_ids_that_home_assistant_takes(name: str, prefix: str) -> None:
    config = msgspec.structs.replace(
        household(Path()), broker=msgspec.structs.replace(household(Path()).broker, prefix=prefix)
    )
    for device in inventory(config, cameras=[name], nodes=(), people=()):
        (message,) = announcements("homeassistant", "device", device, "", {})
        assert re.fullmatch(r"homeassistant/device/[a-zA-Z0-9_-]+/config", message.topic)
        content = json.loads(message.payload)
        assert not [*rules.broken_by_head(content), *rules.broken_by_device(content)]


def test_ids_are_unique_among_all_devices() -> None:
    contents = [json.loads(payload) for payload in messages("component", heard=("garage", "ann")).values()]
    unique = [content["unique_id"] for content in contents if "unique_id" in content]
    assert len(unique) == len(set(unique))


def test_several_nodes_say_the_same_of_a_camera() -> None:
    said = [
        next(
            one
            for device in inventory(household(Path(), node=own), cameras=(), nodes=nodes, people=())
            for one in announcements("homeassistant", "device", device, "1.2.3", {})
        )
        for own, nodes in (("node-1", ["node-2"]), ("node-2", ["node-1", "node-2"]))
    ]
    assert said[0] == said[1]
    assert b'[{"topic":"edge/nodes/node-1/status"},{"topic":"edge/nodes/node-2/status"}]' in said[0].payload


def test_a_camera_without_a_name_is_called_by_its_id() -> None:
    garden = json.loads(
        messages("device", heard=("garden-gate_2",))["homeassistant/device/edge_camera_garden-gate_2/config"]
    )
    assert garden["device"]["name"] == "Garden gate 2"
    assert "suggested_area" not in garden["device"]
    assert garden["components"]["people"]["default_entity_id"] == "sensor.garden_gate_2_people"


def test_a_name_may_be_anything_printable() -> None:
    config = household(Path())
    config.devices["front-door"] = DeviceSettings(name='Tür "links" {{ x }}')
    (device, *_) = inventory(config, cameras=(), nodes=(), people=())
    (message,) = announcements("homeassistant", "device", device, "1.2.3", {})
    assert json.loads(message.payload)["device"]["name"] == 'Tür "links" {{ x }}'


def test_numbers_take_what_the_camera_agent_takes() -> None:
    fps, side, quality = (get_args(one)[1] for one in (Fps, Side, Quality))
    assert fps.le == camera.FPS_MAX
    assert (side.ge, side.le) == (camera.SIDE_MIN, camera.SIDE_MAX)
    assert quality.le == camera.QUALITY_MAX


def test_topics_name_the_device_and_each_component() -> None:
    assert topics_of("ha", "device", "x", {"a": "sensor"}) == ["ha/device/x/config"]
    assert topics_of("ha", "component", "x", {"a": "sensor", "b": "switch"}) == [
        "ha/sensor/x/a/config",
        "ha/switch/x/b/config",
    ]


@pytest.mark.parametrize("kind", ["authorised", "restricted", "unknown"])
def test_an_event_is_heard_by_one_filter(kind: str) -> None:
    """With two that overlap the broker sends it twice, and Home Assistant gives both to every automation."""
    text = json.dumps([json.loads(payload) for payload in messages("device").values() if payload])
    filters = set(re.findall(r'"(edge/[^"]*)"', text))
    event = TOPICS.events("front-door", kind)
    assert len([one for one in filters if Subscription(one, lambda _: None).matches(event)]) == 1
