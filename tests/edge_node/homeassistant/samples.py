"""Payloads as docs/wire.md has them, whole and with everything that may be null being null."""

from typing import Any

Payload = dict[str, Any]

AT = "2026-01-31T12:00:00.000Z"

EVENT: Payload = {
    "schema": 1,
    "event_id": "0192f0c1-2b3c-7def-8123-456789abcdef",
    "sighting_id": "0192f0c1-2b3c-7def-8123-456789abcdee",
    "event_type": "authorised",
    "device": "front-door",
    "node": "node-1",
    "person": "Ann",
    "person_id": "ann",
    "similarity": 0.7,
    "threshold": 0.533,
    "frames": 3,
    "captured_at": AT,
    "test": False,
}

PEOPLE: Payload = {
    "schema": 1,
    "device": "front-door",
    "node": "node-1",
    "names": ["Ann", "Bob"],
    "authorised": 1,
    "restricted": 1,
    "unknown": 0,
    "count": 2,
    "people": [
        {
            "event_type": "authorised",
            "person": "Ann",
            "person_id": "ann",
            "sighting_id": "1",
            "since": AT,
            "zone": None,
        },
        {
            "event_type": "restricted",
            "person": "Bob",
            "person_id": "bob",
            "sighting_id": "2",
            "since": AT,
            "zone": "gate",
        },
    ],
    "last_event": {"event_id": "3", "event_type": "authorised", "person": "Ann", "captured_at": AT},
    "updated_at": AT,
}

STRANGER = PEOPLE | {"names": [], "authorised": 0, "restricted": 0, "unknown": 1, "count": 1, "people": []}

NOBODY = STRANGER | {"unknown": 0, "count": 0, "last_event": None}

CROWD = PEOPLE | {"names": [f"Somebody with a very long name, number {n}" for n in range(40)], "count": 40}

STATS: Payload = {
    "schema": 1,
    "device": "front-door",
    "node": "node-1",
    "received": 100,
    "processed": 90,
    "replaced": 7,
    "unchanged": 3,
    "rejected": {},
    "events": {"authorised": 1},
    "fps": 4.5,
    "latency_p50_ms": 31.0,
    "latency_p95_ms": 48.2,
}

IDLE_STATS = STATS | {"fps": 0.0, "latency_p50_ms": None, "latency_p95_ms": None}

SETTINGS: Payload = {"fps": 5.0, "width": 640, "quality": 85}

OWN_SETTINGS: Payload = {"fps": 5.0, "width": None, "quality": None}

GALLERY: Payload = {
    "schema": 1,
    "version": "0123456789ab",
    "model": "yunet+mobilefacenet",
    "people": 2,
    "templates": 5,
    "problems": [],
    "problem_count": 0,
    "synced_at": AT,
    "stale": False,
    "stale_reason": None,
}

UNREAD_GALLERY = GALLERY | {"synced_at": None, "stale": True, "stale_reason": "unreachable: no route"}

NODE_STATS: Payload = {"schema": 1, "node": "node-1", "fps": 9.5, "latency_p95_ms": 51.0}

PERSON: Payload = {
    "schema": 1,
    "person": "Ann",
    "person_id": "ann",
    "event_type": "authorised",
    "present": True,
    "device": "front-door",
    "last_seen": AT,
}

UNSEEN_PERSON = PERSON | {"present": False, "device": None, "last_seen": None}
