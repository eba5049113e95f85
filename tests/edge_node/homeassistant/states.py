"""What Home Assistant makes of a payload: an entity's new state, or a complaint in its log."""

import contextlib
import json
from datetime import datetime
from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from tests.edge_node.homeassistant.rules import Config

STATE_CHARACTERS = 255

ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined)
"""Where Home Assistant logs a warning, namely when an undefined value is printed or asked, this raises."""


class ComplaintError(Exception):
    """A line that Home Assistant would write into its log."""


def rendered(template: str, payload: bytes) -> str:
    """Raises jinja2's UndefinedError for what Home Assistant would warn of."""
    text = payload.decode()
    known: dict[str, Any] = {"value": text}
    with contextlib.suppress(ValueError):
        known["value_json"] = json.loads(text)
    return ENVIRONMENT.from_string(template).render(known).strip()


def state_of(platform: str, config: Config, payload: bytes) -> str | None:
    """None for `unknown`. Raises ComplaintError."""
    if platform == "image":
        return f"{len(payload)} bytes"
    if platform == "event":
        return _event(config, payload)
    template = config.get("value_template")
    text = rendered(template, payload) if template else payload.decode()
    if text == "None":
        return None
    match platform:
        case "binary_sensor" | "switch":
            words = {config.get("payload_on", "ON"): "on", config.get("payload_off", "OFF"): "off"}
            if text not in words:
                raise ComplaintError(f"no matching payload: {text}")
            return words[text]
        case "number":
            if not config["min"] <= float(text) <= config["max"]:
                raise ComplaintError(f"invalid value: {text}")
        case "sensor" if config.get("device_class") == "timestamp":
            if datetime.fromisoformat(text).tzinfo is None:
                raise ComplaintError(f"timestamp without a zone: {text}")
        case "sensor" if "state_class" in config or "unit_of_measurement" in config:
            float(text)
    if len(text) > STATE_CHARACTERS:
        raise ComplaintError(f"state of {len(text)} characters")
    return text


def attributes_of(config: Config, payload: bytes) -> dict[str, Any]:
    attributes = json.loads(rendered(config["json_attributes_template"], payload))
    if not isinstance(attributes, dict):
        raise ComplaintError("attributes are no object")
    return attributes


def _event(config: Config, payload: bytes) -> str:
    event = json.loads(payload)
    if event["event_type"] not in config["event_types"]:
        raise ComplaintError(f"invalid event type: {event['event_type']}")
    return str(event["event_type"])
