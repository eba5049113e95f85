"""What processes say of themselves: status, counters, and what the gallery holds."""

from typing import Literal

import msgspec
from msgspec import Struct

from broker.messages import JSON, SCHEMA, Count, Id, Time, Whole, WireJson
from broker.publication import Publication
from broker.topics import Topics


class PhotoProblem(Struct, frozen=True, kw_only=True):
    """One reference photo that could not be used, and why."""

    photo: str
    reason: str


class GalleryState(WireJson, frozen=True, kw_only=True):
    """What the node can recognise now. `stale` says the source could not be reached at the last poll.

    problems: the first of them; problem_count: all of them.
    """

    schema: Whole = SCHEMA
    version: str
    model: str
    people: Count
    templates: Count
    problems: list[PhotoProblem]
    problem_count: Count
    synced_at: Time | None
    stale: bool
    stale_reason: str | None

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.gallery_state(), payload=self.to_json(), qos=1, retain=True, content_type=JSON
        )


class NodeStats(WireJson, frozen=True, kw_only=True):
    """Counters since the node started, and the last minute's pace. Times in milliseconds."""

    schema: Whole = SCHEMA
    node: Id
    uptime_seconds: Count
    received: Count
    processed: Count
    unchanged: Count
    replaced: Count
    rejected: dict[str, Count]
    faces: Count
    events: dict[str, Count]
    fps: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    questions: dict[str, Count] = msgspec.field(default_factory=dict)
    outbox: dict[str, Count] = msgspec.field(default_factory=dict)

    EXPIRY_SECONDS = 90

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.node_stats(self.node),
            payload=self.to_json(),
            content_type=JSON,
            expiry_seconds=self.EXPIRY_SECONDS,
        )


class DeviceStats(WireJson, frozen=True, kw_only=True):
    """What a node made of one camera's frames since it started, and the last minute's pace."""

    schema: Whole = SCHEMA
    device: Id
    node: Id
    received: Count
    processed: Count
    unchanged: Count
    replaced: Count
    rejected: dict[str, Count]
    faces: Count
    events: dict[str, Count]
    fps: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.device_stats(self.device),
            payload=self.to_json(),
            content_type=JSON,
            expiry_seconds=NodeStats.EXPIRY_SECONDS,
        )


OutboxLevel = Literal["ok", "filling", "full", "broken"]


class OutboxState(WireJson, frozen=True, kw_only=True):
    """The events that a node keeps until they are safe elsewhere, said at each connect, when `level` changes,
    and while `dropped` or `unsaved` grow.

    bytes: of the events; dropped: events given up for want of room since the outbox was made; unsaved: events
    that could not be put on disk since the node started.
    """

    schema: Whole = SCHEMA
    node: Id
    level: OutboxLevel
    waiting: Count
    bytes: Count
    dropped: Count
    unsaved: Count
    updated_at: Time

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.node_outbox(self.node), payload=self.to_json(), qos=1, retain=True, content_type=JSON
        )


Status = Literal["online", "offline"]


def status(topic: str, value: Status) -> Publication:
    """A retained `online` or `offline`, as said at birth, by the will, and on a clean goodbye."""
    return Publication(topic=topic, payload=value.encode(), qos=1, retain=True)
