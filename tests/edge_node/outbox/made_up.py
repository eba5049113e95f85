"""Events as a node decides them."""

from typing import Any

import msgspec

from broker import timestamps
from broker.messages import Event, EventType
from edge_node.identifiers import uuid7


def event(event_type: EventType = EventType.UNKNOWN, **fields: Any) -> Event:
    now = timestamps.now()
    template = Event(
        event_id=uuid7(),
        sighting_id=uuid7(),
        event_type=event_type,
        device="front-door",
        node="node-1",
        person=None,
        person_id=None,
        similarity=0.5,
        threshold=0.94,
        margin=0.05,
        reason="below_threshold",
        frames=4,
        box=(1, 2, 3, 4),
        frame_size=(640, 480),
        captured_at=now,
        received_at=now,
        decided_at=now,
        latency_ms=20,
        model="m",
        gallery="g",
    )
    return msgspec.structs.replace(template, **fields)
