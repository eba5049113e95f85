"""What can be asked of the log, and what is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from broker.messages import EventType


class Sort(StrEnum):
    """What rows are sorted by; events that are alike in it, by time, newest first."""

    TIME = "time"
    PERSON = "person"
    DEVICE = "device"
    TYPE = "type"
    SIMILARITY = "similarity"
    ZONE = "zone"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Which events, in which order. What is empty or None does not restrict.

    since is inclusive, until is not; both have a zone. people are names or ids, compared without regard to
    case. text is looked for, without regard to case, in the names and ids of people, devices and nodes, in
    zones and in reasons. limit None is for all; offset counts events to pass over.
    """

    since: datetime | None = None
    until: datetime | None = None
    types: Sequence[EventType] = ()
    people: Sequence[str] = ()
    devices: Sequence[str] = ()
    text: str = ""
    sort: Sort = Sort.TIME
    descending: bool = True
    limit: int | None = 100
    offset: int = 0


Row = dict[str, Any]
"""An event as it stands in the log: docs/wire.md, and `logged_at`, `time_doubtful`."""


@dataclass(frozen=True, slots=True)
class Page:
    """rows in the order of the query; total counts all that the query found, on every page."""

    rows: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class Hour:
    """How many events of each type there were in the hour that begins then."""

    begins: datetime
    counts: dict[EventType, int]


@dataclass(frozen=True, slots=True)
class Known:
    """A person or a device in the log, with the number of its events and the time of its last one."""

    id: str | None
    name: str
    events: int
    last: datetime


class HistoryError(Exception):
    """A log that cannot be read, or an index that cannot be written. The text says what to do."""


class ReadingError(HistoryError):
    """Much of the log is new to the index, and somebody else is reading it now."""
