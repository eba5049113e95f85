"""From lines of the log to rows of its index."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from broker.messages import EventType

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
TYPES = tuple(EventType)
"""A type is stored as its place in this order."""

WORDS = ("device", "person", "person_id", "node", "zone", "reason")
"""The columns that a text is looked for in."""


class _Line(Struct):
    """What is read of a line of the log; the rest is looked at when it is shown."""

    event_id: str
    event_type: EventType
    device: str
    decided_at: datetime
    person: str | None = None
    person_id: str | None = None
    similarity: float | None = None
    node: str = ""
    zone: str | None = None
    reason: str = ""
    latency_ms: int | None = None
    muted: str | None = None
    test: bool = False
    logged_at: datetime | None = None
    time_doubtful: tuple[str, ...] = ()


class Rows:
    """Rows of one file, with how far it was read and how many lines were no events."""

    def __init__(self, file: int, start: int) -> None:
        self.file, self.end, self.bad = file, start, 0
        self._decode = msgspec.json.Decoder(_Line).decode
        self._words: set[tuple[str | None, ...]] = set()

    def of(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[Any, ...]]:
        for offset, line in lines:
            self.end = offset + len(line)
            try:
                event = self._decode(line)
                time = milliseconds(_time(event))
            except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
                self.bad += 1
                continue
            place = (event.event_id, self.file, offset, len(line), time, TYPES.index(event.event_type))
            person = None if event.person is None else event.person.casefold()
            who = (event.device, person, event.person_id)
            how = (event.node, event.zone, event.reason)
            self._words.add(who + how)
            flags = event.muted is not None, event.test
            yield (*place, *who, event.similarity, *how, event.latency_ms, *flags)

    def new_words(self) -> set[tuple[str, str, str]]:
        """Column, word, and what to compare with, of all rows that were made."""
        named = (zip(WORDS, words, strict=True) for words in self._words)
        return {(kind, word, folded(word)) for pairs in named for kind, word in pairs if word}


def folded(text: str) -> str:
    """For looking: without case, accents and other ways to write the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))


def milliseconds(time: datetime) -> int:
    """Raises TypeError for a time without a zone."""
    return (time - EPOCH) // MILLISECOND


def _time(event: _Line) -> datetime:
    if "decided_at" in event.time_doubtful and event.logged_at is not None:
        return event.logged_at
    return event.decided_at
