"""Home Assistant's rules for discovery messages, each broken one a sentence."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Config = Mapping[str, Any]

ENTITY = {
    "name", "unique_id", "object_id", "default_entity_id", "icon", "entity_category", "device_class",
    "availability", "availability_mode", "qos", "device", "origin", "enabled_by_default",
    "json_attributes_topic", "json_attributes_template",
}  # fmt: skip
STATED = ENTITY | {"state_topic", "value_template"}

KNOWN = {
    "event": STATED | {"event_types"},
    "image": ENTITY | {"image_topic", "url_topic", "content_type", "image_encoding"},
    "sensor": STATED | {"state_class", "unit_of_measurement", "expire_after"},
    "binary_sensor": STATED | {"payload_on", "payload_off", "expire_after"},
    "switch": STATED | {"command_topic", "payload_on", "payload_off"},
    "button": ENTITY | {"command_topic", "payload_press"},
    "number": STATED
    | {"command_topic", "command_template", "min", "max", "step", "mode", "unit_of_measurement"},
    "device_automation": {
        "automation_type",
        "type",
        "subtype",
        "topic",
        "qos",
        "device",
        "origin",
        "payload",
        "value_template",
    },
}
MANY_TOPICS = ("event", "device_automation")
REQUIRED = {
    "event": {"state_topic", "event_types"},
    "image": {"image_topic"},
    "sensor": {"state_topic"},
    "binary_sensor": {"state_topic"},
    "switch": {"command_topic"},
    "button": {"command_topic"},
    "number": {"command_topic"},
    "device_automation": {"automation_type", "type", "subtype", "topic"},
}
DEVICE_CLASSES = {
    "event": {"button", "doorbell", "motion"},
    "image": set[str](),
    "sensor": {"timestamp"},
    "binary_sensor": {"connectivity", "occupancy", "problem"},
    "switch": {"outlet", "switch"},
    "button": {"identify", "restart", "update"},
    "number": set[str](),
}
READ_ONLY = {"sensor", "binary_sensor", "event", "image"}
DEVICE = {"identifiers", "name", "manufacturer", "model", "sw_version", "suggested_area"}
"""What 2024.3 takes; it refuses a device with anything else."""


def broken_by_device(message: Config) -> Iterator[str]:
    """For a message of the device form, which is refused whole."""
    for key in message.keys() - {"device", "origin", "components"}:
        yield f"{key} at the root"
    if not isinstance(message.get("components"), dict):
        yield "no components"


def broken_by_head(message: Config) -> Iterator[str]:
    if not message.get("origin", {}).get("name"):
        yield "no origin with a name"
    device = message.get("device", {})
    if not device.get("identifiers"):
        yield "no device with identifiers"
    for key in device.keys() - DEVICE:
        yield f"{key} in the device"


def broken_by_component(platform: str, config: Config) -> Iterator[str]:
    if platform not in KNOWN:
        yield f"{platform}: no such platform"
        return
    for key in config.keys() - KNOWN[platform]:
        yield f"{platform}: unknown key {key}"
    for key in REQUIRED[platform] - config.keys():
        yield f"{platform}: no {key}"
    for key in ("unique_id", "name", "object_id", "default_entity_id"):
        if platform != "device_automation" and not config.get(key):
            yield f"{platform}: no {key}"
    if not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", config.get("default_entity_id", "a.b")):
        yield f"{platform}: {config['default_entity_id']} is no entity id"
    if config.get("entity_category") == "config" and platform in READ_ONLY:
        yield f"{platform}: entity_category config"
    if "device_class" in config and config["device_class"] not in DEVICE_CLASSES[platform]:
        yield f"{platform}: device_class {config['device_class']}"
    if platform == "image" and "url_topic" in config:
        yield "image: both topics"
    for key, value in config.items():
        if key.endswith("topic") and ("#" in value or ("+" in value and platform not in MANY_TOPICS)):
            yield f"{platform}: {key} {value}"
