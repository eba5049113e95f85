"""Two people, a camera with a name and a room, and what their devices send."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from broker.messages import EventType
from broker.publication import Publication
from broker.settings import BrokerSettings
from broker.topics import Topics
from edge_node.faces import Person
from edge_node.homeassistant.settings import HomeAssistantSettings
from edge_node.settings import NodeConfig, NodeSettings
from edge_node.view_settings import DeviceSettings

ANN = Person("ann", "Ann", EventType.AUTHORISED)
BOB = Person("bob", "Bob", EventType.RESTRICTED)
TOPICS = Topics()
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
FRONT_DOOR = "edge_camera_front-door"
GARAGE = "edge_camera_garage"
CAMERA = "homeassistant/device/edge_camera_front-door/config"


def household(
    state: Path, broker: BrokerSettings | None = None, *, node: str = "node-1", **home_assistant: Any
) -> NodeConfig:
    return NodeConfig(
        broker=broker or BrokerSettings(),
        node=NodeSettings(id=node, state_dir=state, name="Attic" if node == "node-1" else None),
        devices={"front-door": DeviceSettings(name="Front door", area="Entrance")},
        homeassistant=HomeAssistantSettings(**home_assistant),
    )


def says(topic: str, content: object, *, retain: bool = False) -> Publication:
    payload = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return Publication(topic=topic, payload=payload, qos=1, retain=retain)
