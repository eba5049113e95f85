"""Devices and their entities, in Home Assistant's own words for their settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge_node.homeassistant import templates

Settings = Mapping[str, Any]

TRIGGER = "device_automation"


@dataclass(frozen=True, slots=True)
class Component:
    """One entity or device trigger. key: unique in its device and never used for another platform."""

    platform: str
    key: str
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """id: of letters, digits, `_` and `-`, unique in Home Assistant; stem: how its entity ids begin.

    availability: topics of which one says `online` while the entities have something to say.
    """

    id: str
    stem: str
    about: Settings
    availability: Sequence[str]
    components: tuple[Component, ...]


def entity(platform: str, key: str, name: str, **settings: Any) -> Component:
    return Component(platform, key, {"name": name, **settings})


def diagnostic(platform: str, key: str, name: str, **settings: Any) -> Component:
    """An entity about the installation, which Home Assistant shows apart."""
    return entity(platform, key, name, entity_category="diagnostic", **settings)


def measurement(key: str, name: str, topic: str, template: str, **settings: Any) -> Component:
    """A number of today's, about the installation."""
    settings = {"state_class": "measurement", **settings}
    return diagnostic("sensor", key, name, state_topic=topic, value_template=template, **settings)


def moment(key: str, name: str, topic: str, template: str) -> Component:
    return entity("sensor", key, name, device_class="timestamp", state_topic=topic, value_template=template)


def connection(topic: str) -> Component:
    """Says itself when nobody is there, so it is available always."""
    return diagnostic(
        "binary_sensor",
        "connection",
        "Connection",
        device_class="connectivity",
        state_topic=topic,
        payload_on="online",
        payload_off="offline",
        availability=[],
    )


def switch(key: str, name: str, state_topic: str, command_topic: str) -> Component:
    return entity(
        "switch",
        key,
        name,
        icon="mdi:face-recognition",
        state_topic=state_topic,
        command_topic=command_topic,
        payload_on="ON",
        payload_off="OFF",
    )


def trigger(key: str, kind: str, topic: str) -> Component:
    """What an automation can begin with, chosen by device.

    topic: of events of all kinds. With one of a single kind beside the entity's, the broker would send each
    event twice, and Home Assistant would give both to everybody.
    """
    return Component(
        TRIGGER,
        key,
        {
            "automation_type": "trigger",
            "type": kind,
            "subtype": "face",
            "topic": topic,
            "value_template": templates.value("event_type"),
            "payload": kind,
        },
    )
