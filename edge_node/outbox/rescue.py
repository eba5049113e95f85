"""An outbox whose file is damaged, or was taken away under a running node."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from broker.errors import MessageError
from broker.messages import Event
from edge_node.durable import sync_folder
from edge_node.moment import Moment
from edge_node.outbox.row import Row
from edge_node.outbox.settings import OutboxSettings
from edge_node.outbox.table import Table

DAMAGED = ".damaged"
REPLACED = ".replaced"
PART = ".part"
_SUFFIXES = ("", "-wal", "-shm")
_UNFINISHED = ("-journal", "-wal")


@dataclass(slots=True)
class _Wreck:
    """What could be read of a damaged file. in_all: how many events there were; dropped: given up before."""

    events: dict[str, Event] = field(default_factory=dict)
    in_all: int = 0
    dropped: int = 0

    @property
    def lost(self) -> int:
        return max(0, self.in_all - len(self.events))

    def rows(self) -> Iterator[Row]:
        """No news any more, for which of them were told is not to be known."""
        for number, event in enumerate(self.events.values(), 1):
            yield replace(Row.of(event, number, Moment("", 0.0, event.decided_at)), is_news=False)


def begin_anew(file: Path, settings: OutboxSettings) -> tuple[int, int]:
    """Puts what can be read of a damaged file into a new one, and keeps it under another name.

    How many events are in the new one, and how many are given up. Raises OSError.
    """
    wreck, copy = _read(file), _room_for_a_copy(file)
    try:
        with closing(Table(copy, settings.max_events, settings.max_bytes)) as table:
            table.fill(wreck.rows(), wreck.dropped + wreck.lost)
    except (sqlite3.Error, OSError):
        _remove(copy)
        wreck.events.clear()
    _set_aside(file, DAMAGED)
    if copy.exists():
        copy.replace(file)
        sync_folder(file.parent)
    return len(wreck.events), wreck.lost


def _read(file: Path) -> _Wreck:
    """By the payloads, which say all that the other columns do."""
    wreck = _Wreck()
    with suppress(sqlite3.Error, UnicodeDecodeError), closing(sqlite3.connect(file)) as damaged:
        damaged.text_factory = bytes
        (wreck.in_all,) = damaged.execute("SELECT count(*) FROM events").fetchone()
        for (payload,) in damaged.execute("SELECT CAST(payload AS BLOB) FROM events ORDER BY number"):
            with suppress(MessageError, TypeError):
                event = Event.from_json(bytes(payload))
                wreck.events[event.event_id] = event
        for (count,) in damaged.execute("SELECT count FROM tally WHERE typeof(count) = 'integer'"):
            wreck.dropped = count
    return wreck


def _set_aside(file: Path, name: str) -> None:
    """Keeps a file under another name, with what belongs to it. Raises OSError."""
    for suffix in _SUFFIXES:
        part = _with(file, suffix)
        if part.exists():
            part.replace(_with(file, name + suffix))


def finish(file: Path) -> None:
    """Ends a putting back that was cut short when its copy was whole. Raises OSError."""
    copy = _with(file, PART)
    if not file.exists() and copy.exists() and not any(_with(copy, one).exists() for one in _UNFINISHED):
        copy.replace(file)


def put_back(table: Table, file: Path) -> None:
    """Closes a table whose file lost its name, once all of it is in a new file of that name.

    A stranger's file that has the name now is kept. Raises sqlite3.Error and OSError; the table is open then.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    copy = _room_for_a_copy(file)
    table.copy(copy)
    if file.exists():
        _set_aside(file, REPLACED)
    for suffix in _SUFFIXES[1:]:
        _with(file, suffix).unlink(missing_ok=True)  # beside our copy it would be read into it
    copy.replace(file)
    sync_folder(file.parent)
    table.close()


def _room_for_a_copy(file: Path) -> Path:
    copy = _with(file, PART)
    _remove(copy)
    copy.touch(mode=0o600)
    return copy


def _remove(file: Path) -> None:
    for suffix in (*_SUFFIXES, "-journal"):
        _with(file, suffix).unlink(missing_ok=True)


def _with(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)
