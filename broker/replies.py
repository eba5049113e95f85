"""What a node answers to requests: who is on a picture, that the gallery was read again, or why neither."""

from msgspec import Struct

from broker import strict_json
from broker.messages import JSON, SCHEMA, Box, Count, EventType, Id, Size, Whole, WireJson
from broker.publication import Publication

MAX_BYTES = 1_000_000
"""Of JSON; a face takes about 200."""


class RecognisedFace(Struct, frozen=True, kw_only=True):
    """One face of a picture and its match. No embedding leaves the node."""

    event_type: EventType
    person: str | None
    person_id: Id | None
    similarity: float | None
    margin: float | None
    reason: str
    score: float
    box: Box


class Reply(WireJson, frozen=True, kw_only=True):
    """What all answers have in common."""

    schema: Whole = SCHEMA
    node: Id

    def to_publication(self, topic: str, correlation: bytes | None) -> Publication:
        """QoS 1: the broker may not drop it because the asker is slow."""
        return Publication(
            topic=topic, payload=self.to_json(), qos=1, content_type=JSON, correlation_data=correlation
        )


class Recognition(Reply, frozen=True, kw_only=True):
    """Who is on a picture. frame_size: width and height of the upright picture in pixels; took_ms: from
    receipt to answer, of which waited_ms before anything was done."""

    frame_size: Size
    faces: tuple[RecognisedFace, ...]
    model: str
    gallery: str
    took_ms: Count
    waited_ms: Count


class Reloaded(Reply, frozen=True, kw_only=True):
    """The gallery after its source was asked. detail: why the source could not be read, when not ok."""

    ok: bool
    version: str
    people: Count
    templates: Count
    detail: str | None = None


class Refusal(Reply, frozen=True, kw_only=True):
    """Why there is no answer. error: a short code."""

    error: str
    detail: str


def recognition_of(payload: bytes) -> Recognition | Refusal:
    """Raises MessageError."""
    document = strict_json.loads(payload, max_bytes=MAX_BYTES)
    if isinstance(document, dict) and "error" in document:
        return strict_json.decode(payload, Refusal, max_bytes=MAX_BYTES)
    return strict_json.decode(payload, Recognition, max_bytes=MAX_BYTES)
