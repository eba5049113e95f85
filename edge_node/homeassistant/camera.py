"""One camera: who is there, the last visitor, and the camera's own settings."""

from collections.abc import Sequence

from broker.messages import EventType
from broker.topics import Topics
from edge_node.homeassistant import templates
from edge_node.homeassistant.component import (
    Component,
    Settings,
    connection,
    entity,
    measurement,
    moment,
    switch,
    trigger,
)

ADJECTIVES = {
    EventType.AUTHORISED: ("Authorised person", "mdi:account-check"),
    EventType.RESTRICTED: ("Restricted person", "mdi:account-cancel"),
    EventType.UNKNOWN: ("Stranger", "mdi:account-question"),
}

FPS_MIN, FPS_MAX = 0.2, 60
SIDE_MIN, SIDE_MAX = 16, 8192
QUALITY_MAX = 100
"""What the camera agent takes."""


def components(device: str, topics: Topics) -> tuple[Component, ...]:
    return (
        *_visitors(device, topics),
        *_people(device, topics),
        switch(
            "recognition", "Recognition", topics.device_enabled(device), topics.device_enabled_set(device)
        ),
        connection(topics.device_status(device)),
        *_counters(topics.device_stats(device)),
        *_controls(device, topics),
        *_triggers(device, topics),
    )


def _visitors(device: str, topics: Topics) -> Sequence[Component]:
    return (
        entity(
            "event",
            "visitor",
            "Visitor",
            icon="mdi:doorbell-video",
            state_topic=topics.events(device, "+"),
            event_types=[kind.value for kind in EventType],
        ),
        entity(
            "image",
            "last_visitor",
            "Last visitor",
            image_topic=topics.device_snapshot(device),
            content_type="image/jpeg",
        ),
    )


def _people(device: str, topics: Topics) -> Sequence[Component]:
    topic = topics.device_people(device)
    return (
        entity(
            "sensor",
            "people",
            "People",
            icon="mdi:account-group",
            state_topic=topic,
            value_template=templates.names("names"),
            json_attributes_topic=topic,
            json_attributes_template=templates.whole(),
        ),
        entity(
            "sensor",
            "faces",
            "Faces",
            icon="mdi:counter",
            state_class="measurement",
            state_topic=topic,
            value_template=templates.value("count"),
        ),
        *(
            entity(
                "binary_sensor",
                kind.value,
                name,
                icon=icon,
                device_class="occupancy",
                state_topic=topic,
                value_template=templates.positive(kind.value),
            )
            for kind, (name, icon) in ADJECTIVES.items()
        ),
        moment(
            "last_recognition",
            "Last recognition",
            topic,
            templates.value("last_event", "captured_at"),
        ),
    )


def _counters(topic: str) -> Sequence[Component]:
    return (
        measurement("fps", "Frame rate", topic, templates.value("fps"), unit_of_measurement="fps"),
        measurement("latency", "Latency", topic, templates.value("latency_p95_ms"), unit_of_measurement="ms"),
        measurement(
            "replaced",
            "Frames replaced",
            topic,
            templates.value("replaced"),
            state_class="total_increasing",
        ),
    )


def _controls(device: str, topics: Topics) -> Sequence[Component]:
    """Numbers that the camera agent follows; without an agent they are unavailable."""
    agent: Settings = {
        "availability": [{"topic": topics.device_status(device)}],
        "state_topic": topics.device_settings(device),
        "command_topic": topics.device_settings_set(device),
        "entity_category": "config",
        "mode": "box",
    }
    limits = (
        ("fps", "Camera frame rate", FPS_MIN, FPS_MAX, 0.1, "fps"),
        ("width", "Camera picture width", SIDE_MIN, SIDE_MAX, 1, "px"),
        ("quality", "Camera JPEG quality", 1, QUALITY_MAX, 1, "%"),
    )
    return [
        entity(
            "number",
            f"camera_{setting}",
            name,
            **agent,
            value_template=templates.value(setting),
            command_template=f'{{"{setting}": {{{{ value }}}}}}',
            min=least,
            max=most,
            step=step,
            unit_of_measurement=unit,
        )
        for setting, name, least, most, step, unit in limits
    ]


def _triggers(device: str, topics: Topics) -> Sequence[Component]:
    return [trigger(f"trigger_{kind.value}", kind.value, topics.events(device, "+")) for kind in EventType]
