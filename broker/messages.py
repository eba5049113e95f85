"""Frames, events and observations: each with its encoding and decoding side by side."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta, Struct

from broker import strict_json, timestamps
from broker.errors import MessageError
from broker.publication import Publication
from broker.topics import ID_PATTERN, Topics, is_id

SCHEMA = 1
JPEG = "image/jpeg"
JSON = "application/json"

Id = Annotated[str, Meta(pattern=ID_PATTERN)]
Ratio = Annotated[float, Meta(ge=-1.0, le=1.0)]
Whole = Annotated[int, Meta(ge=-strict_json.MAX_INTEGER, le=strict_json.MAX_INTEGER)]
Count = Annotated[int, Meta(ge=0, le=strict_json.MAX_INTEGER)]
Pixel = Annotated[int, Meta(ge=-131_072, le=131_072)]
Side = Annotated[int, Meta(ge=0, le=65_535)]
Box = tuple[Pixel, Pixel, Pixel, Pixel]
Size = tuple[Side, Side]
Time = Annotated[datetime, Meta(tz=True)]


class EventType(StrEnum):
    """What a node says of a face. Wire values."""

    AUTHORISED = "authorised"
    RESTRICTED = "restricted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One JPEG from one camera. A camera that sends a bare JPEG leaves the three properties unknown."""

    device: str
    jpeg: bytes
    captured_at: datetime | None = None
    seq: int | None = None
    boot_id: str | None = None
    test: bool = False

    EXPIRY_SECONDS = 2

    def to_publication(self, topics: Topics) -> Publication:
        properties: dict[str, str] = {}
        if self.captured_at is not None:
            properties["captured_at"] = timestamps.to_text(self.captured_at)
        if self.seq is not None:
            properties["seq"] = str(self.seq)
        if self.boot_id is not None:
            properties["boot_id"] = self.boot_id
        if self.test:
            properties["test"] = "true"
        return Publication(
            topic=topics.frames(self.device),
            payload=self.jpeg,
            content_type=JPEG,
            expiry_seconds=self.EXPIRY_SECONDS,
            user_properties=properties,
        )

    @classmethod
    def from_publication(cls, publication: Publication, topics: Topics) -> Self:
        """Reads the envelope only: the picture is not looked at. Raises MessageError."""
        return cls.of_device(topics.device_of(publication.topic), publication)

    @classmethod
    def of_device(cls, device: str, publication: Publication) -> Self:
        """The same for a publication on any topic, once it is known which device it comes from."""
        if not is_id(device):
            raise MessageError("bad_device", f"no device id: {device[:80]!r}")
        if publication.retain:
            raise MessageError("retained", "a retained frame is an old frame")
        if publication.content_type not in (None, "", JPEG):
            raise MessageError("bad_content_type", f"content type {publication.content_type!r:.80}")
        properties = publication.user_properties
        captured_at = properties.get("captured_at")
        return cls(
            device=device,
            jpeg=publication.payload,
            captured_at=None if captured_at is None else timestamps.from_text(captured_at),
            seq=_sequence(properties.get("seq")),
            boot_id=_short(properties.get("boot_id")),
            test=properties.get("test") == "true",
        )


def _sequence(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18) or int(text) > strict_json.MAX_INTEGER:
        raise MessageError("bad_seq", f"seq is no number: {text[:40]!r}")
    return int(text)


def _short(text: str | None) -> str | None:
    if text is not None and not (0 < len(text) <= 64 and text.isprintable()):
        raise MessageError("bad_boot_id", f"boot_id of {len(text)} characters")
    return text


class WireJson(Struct, frozen=True, kw_only=True):
    """JSON both ways. Readers ignore keys they do not know."""

    def to_json(self) -> bytes:
        return msgspec.json.encode(_plain(msgspec.structs.asdict(self)))

    @classmethod
    def from_json(cls, payload: bytes) -> Self:
        """Raises MessageError."""
        return strict_json.decode(payload, cls)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case Struct():
            return _plain(msgspec.structs.asdict(value))
        case datetime():
            return timestamps.to_text(value)
        case _:
            return value


class Event(WireJson, frozen=True, kw_only=True):
    """One decision about one person at one camera: flat JSON, one line. `docs/wire.md` says each field."""

    schema: Annotated[int, Meta(ge=1, le=1_000_000)] = SCHEMA
    event_id: Annotated[str, Meta(min_length=1, max_length=64)]
    sighting_id: Annotated[str, Meta(min_length=1, max_length=64)]
    event_type: EventType
    device: Id
    node: Id
    person: Annotated[str, Meta(max_length=128)] | None
    person_id: Id | None
    similarity: Ratio | None
    threshold: Ratio
    margin: float | None
    reason: Annotated[str, Meta(max_length=64)]
    frames: Annotated[int, Meta(ge=1, le=1_000_000)]
    zone: Id | None = None
    box: Box
    frame_size: Size
    captured_at: Time
    received_at: Time
    decided_at: Time
    latency_ms: Whole
    model: Annotated[str, Meta(max_length=128)]
    gallery: Annotated[str, Meta(max_length=64)]
    test: bool = False
    muted: Id | None = None

    def to_publication(self, topics: Topics) -> Publication:
        """QoS 1 and never retained: a decision is news once."""
        place = topics.events if self.muted is None else topics.muted
        return Publication(
            topic=place(self.device, self.event_type.value),
            payload=self.to_json(),
            qos=1,
            content_type=JSON,
        )


class ObservedFace(Struct, frozen=True, kw_only=True):
    """One face in one frame and its match. No embedding leaves the node."""

    box: Box
    score: float
    event_type: EventType
    person: str | None
    person_id: Id | None
    similarity: float | None
    margin: float | None
    reason: str
    zone: Id | None = None


class Observation(WireJson, frozen=True, kw_only=True):
    """What was seen in one frame; `rejected` holds the reason code of a frame that was not looked at."""

    schema: Whole = SCHEMA
    device: Id
    node: Id
    seq: Whole | None
    boot_id: str | None
    captured_at: Time | None
    received_at: Time
    frame_size: Size | None
    faces: list[ObservedFace]
    rejected: str | None
    model: str
    gallery: str

    EXPIRY_SECONDS = 10

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.observations(self.device),
            payload=self.to_json(),
            content_type=JSON,
            expiry_seconds=self.EXPIRY_SECONDS,
        )
