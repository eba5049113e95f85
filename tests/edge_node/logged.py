"""Events as the log has them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from broker import timestamps
from edge_node.identifiers import uuid7

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def record(minute: float = 0.0, **fields: Any) -> dict[str, Any]:
    """One event, so many minutes after noon."""
    time = timestamps.to_text(NOON + timedelta(minutes=minute))
    return {
        "schema": 1,
        "event_id": uuid7(),
        "sighting_id": uuid7(),
        "event_type": "authorised",
        "device": "front-door",
        "node": "node-1",
        "person": "Zoë Ødegård",
        "person_id": "zoe-odegard",
        "similarity": 0.96,
        "threshold": 0.94,
        "margin": 0.05,
        "reason": "recognised",
        "frames": 2,
        "zone": None,
        "box": [1, 2, 3, 4],
        "frame_size": [640, 480],
        "captured_at": time,
        "received_at": time,
        "decided_at": time,
        "latency_ms": 20,
        "model": "m",
        "gallery": "g",
        "test": False,
        "muted": None,
        "logged_at": time,
    } | fields


def line(one: dict[str, Any]) -> bytes:
    return json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()


def write(path: Path, *records: dict[str, Any]) -> list[str]:
    """Appends them; their ids."""
    with path.open("ab") as file:
        file.writelines(line(one) + b"\n" for one in records)
    return [one["event_id"] for one in records]
