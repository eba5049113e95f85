"""What the page asks of past events, and in which form it gets them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct

from broker.messages import EventType

SortKey = Literal["time", "type", "person", "device", "similarity", "zone", "latency"]
PAGE_MAX = 500


class Filters(Struct, frozen=True, kw_only=True):
    """All of them hold. text: part of a name or id of a person, or of a device, zone or node."""

    person: str | None = None
    device: str | None = None
    type: EventType | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


class Sort(Struct, frozen=True, kw_only=True):
    key: SortKey = "time"
    descending: bool = True


class Row(Struct, frozen=True, kw_only=True):
    """One event as the table shows it; docs/wire.md says each field. at: the time that it is filtered and
    sorted by, which is `decided_at`, or `logged_at` where that one is doubtful."""

    event_id: str
    event_type: EventType
    at: str
    captured_at: str | None = None
    device: str
    node: str = ""
    person: str | None = None
    person_id: str | None = None
    similarity: float | None = None
    reason: str = ""
    frames: int | None = None
    zone: str | None = None
    latency_ms: int | None = None
    sighting_id: str | None = None
    muted: str | None = None
    test: bool = False


class Page(Struct, frozen=True, kw_only=True):
    """total: how many events the filters leave."""

    total: int
    offset: int
    rows: list[Row]


class Hour(Struct, frozen=True, kw_only=True):
    """Events within one hour, which begins at `at`."""

    at: str
    authorised: int = 0
    restricted: int = 0
    unknown: int = 0


class Named(Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Names(Struct, frozen=True, kw_only=True):
    people: list[Named]
    devices: list[str]


class Span(Struct, frozen=True, kw_only=True):
    """Number of events by type, the first and the last of them, and how many on which other side.

    by: by device for a person, by person for a device; the most frequent first.
    """

    types: dict[EventType, Annotated[int, Meta(ge=0)]]
    first: str | None
    last: str | None
    by_device: list[tuple[str, int]]
    by_person: list[tuple[str, int]]


class EventHistory(Protocol):
    """Events of the log. Every method may be called from any thread."""

    def update(self) -> list[Row]:
        """Takes in what was logged since the last time; the newest of it, at most a page."""
        ...

    def find(self, filters: Filters, sort: Sort, *, offset: int = 0, limit: int = 50) -> Page: ...

    def all(self, filters: Filters) -> Iterator[Row]:
        """Every event that the filters leave, oldest first, without holding them all in memory."""
        ...

    def hours(self, filters: Filters, shift_minutes: int = 0) -> list[Hour]:
        """Hours with events, oldest first; they begin so many minutes before those of UTC."""
        ...

    def span(self, filters: Filters) -> Span: ...

    def names(self) -> Names: ...
