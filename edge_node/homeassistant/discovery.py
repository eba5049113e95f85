"""Devices as discovery messages, whole or entity by entity."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from broker.publication import Publication
from edge_node.homeassistant.component import TRIGGER, Component, Device
from edge_node.homeassistant.settings import Form

ORIGIN = "mqtt-edge-node"


def topics_of(prefix: str, form: Form, device: str, platforms: Mapping[str, str]) -> list[str]:
    """Where a device is announced; platforms: that of each of its components, by key."""
    if form == "device":
        return [f"{prefix}/device/{device}/config"]
    return [f"{prefix}/{platform}/{device}/{key}/config" for key, platform in platforms.items()]


def platforms_of(device: Device) -> dict[str, str]:
    return {one.key: one.platform for one in device.components}


def announcements(
    prefix: str, form: Form, device: Device, version: str, dropped: Mapping[str, str]
) -> Iterable[Publication]:
    """dropped: platforms by key of components that the device once had; named so that they go away."""
    shared = {
        "device": dict(device.about) | ({"sw_version": version} if version else {}),
        "origin": {"name": ORIGIN} | ({"sw_version": version} if version else {}),
    }
    settings = {one.key: _settings(one, device) for one in device.components}
    topics = topics_of(prefix, form, device.id, platforms_of(device))
    if form == "component":
        for topic, one in zip(topics, settings.values(), strict=True):
            yield announcement(topic, shared | one)
        return
    components = {one.key: {"platform": one.platform, **settings[one.key]} for one in device.components}
    gone = {key: {"platform": platform} for key, platform in dropped.items() if key not in components}
    yield announcement(topics[0], shared | {"components": components | gone})


def _settings(component: Component, device: Device) -> dict[str, Any]:
    if component.platform == TRIGGER:
        return {**component.settings, "qos": 1}
    entity_id = f"{device.stem}_{component.key}"
    return {
        "unique_id": f"{device.id}_{component.key}",
        "object_id": entity_id,
        "default_entity_id": f"{component.platform}.{entity_id}",
        "availability": [{"topic": topic} for topic in device.availability],
        "availability_mode": "any",
        "qos": 1,
        **component.settings,
    }


def announcement(topic: str, content: Mapping[str, Any], *, retain: bool = True) -> Publication:
    payload = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Publication(topic=topic, payload=payload, qos=1, retain=retain)


def removal(topic: str) -> Publication:
    return Publication(topic=topic, payload=b"", qos=1, retain=True)
