"""From lines of the log to rows of its index."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from broker.messages import EventType
from edge_node.names import caseless

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
TYPES = tuple(EventType)
"""A type is stored as its place in this order."""

WORDS = ("device", "person", "person_id", "node", "zone", "reason")
"""The columns that a text is looked for in."""


_ALONE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "\u0131": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
"""Letters that Unicode does not take for others with a mark."""


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
    logged_at: datetime | None = None
    time_doubtful: Any = ()

    @property
    def time(self) -> datetime:
        """What it is sorted by."""
        doubtful = self.time_doubtful
        is_doubtful = isinstance(doubtful, list) and "decided_at" in doubtful
        return self.logged_at if is_doubtful and self.logged_at is not None else self.decided_at


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
                line.decode()  # of keys that it does not want the decoder does not look at the letters
                event = self._decode(line)
                time = milliseconds(event.time)
            except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
                self.bad += 1
                continue
            place = (event.event_id, self.file, offset, len(line), time, TYPES.index(event.event_type))
            person = None if event.person is None else caseless(event.person)
            who = (event.device, person, event.person_id)
            how = (event.node, event.zone, event.reason)
            self._words.add(who + how)
            yield (*place, *who, event.similarity, *how, _storable(event.latency_ms))

    def new_words(self) -> set[tuple[str, str, str]]:
        """Column, word, and what to compare with, of all rows that were made."""
        named = (zip(WORDS, words, strict=True) for words in self._words)
        return {(kind, word, folded(word)) for pairs in named for kind, word in pairs if word}


def folded(text: str) -> str:
    """For looking: without case, accents and other ways to write the same."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_ALONE)
    return "".join(character for character in plain if not unicodedata.combining(character))


def time_of(event: dict[str, Any]) -> datetime:
    """What an event of the index is sorted by."""
    return msgspec.convert(event, _Line).time


def milliseconds(time: datetime) -> int:
    """Raises TypeError for a time without a zone."""
    return (time - EPOCH) // MILLISECOND


def _storable(number: int | None) -> int | None:
    return number if number is not None and abs(number) < 2**63 else None
