"""Past events from the JSON log, by way of an SQLite file that can be deleted at any time."""

import os
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from broker import timestamps
from broker.errors import MessageError
from edge_node.web.conditions import where
from edge_node.web.history import PAGE_MAX, Filters, Hour, Named, Names, Page, Row, Sort, SortKey, Span

VERSION = 1
_HOUR_MS = 3_600_000
_BATCH_BYTES = 8_000_000
_FIELDS = Row.__struct_fields__
_COLUMNS: dict[SortKey, str] = {
    "time": "at",
    "type": "event_type",
    "person": "person_id",
    "device": "device",
    "similarity": "similarity",
    "zone": "zone",
    "latency": "latency_ms",
}
_FILTERED = ("at", "event_type", "device", "person_id", "zone")
_SCHEMA = f"""
CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, {", ".join(_FIELDS)});
CREATE TABLE word (kind, id, name, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE source (inode INTEGER, read INTEGER);
INSERT INTO source VALUES (0, 0);
PRAGMA user_version = {VERSION};
"""


class LogIndex:
    """An EventHistory over one log file."""

    def __init__(self, log: Path, index: Path) -> None:
        self._log = log
        self._index = index
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._updating = threading.Lock()
        index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._connection() as database:
            if database.execute("PRAGMA user_version").fetchone() == (VERSION,):
                return
        self.close()
        for suffix in ("", "-wal", "-shm"):
            index.with_name(index.name + suffix).unlink(missing_ok=True)
        with self._connection() as database:
            database.executescript("PRAGMA journal_mode = WAL;" + _SCHEMA)
            self._make_indexes(database)

    def update(self) -> list[Row]:
        with self._updating, self._connection() as database:
            # One transaction: whoever looks meanwhile sees the state before.
            database.execute("BEGIN IMMEDIATE")
            rows: list[Row] = []
            while (read := self._take_in(database)) is not None:
                rows = (rows + read)[-PAGE_MAX:]
            return rows

    def find(self, filters: Filters, sort: Sort, *, offset: int = 0, limit: int = 50) -> Page:
        with self._connection() as database:
            condition, values = where(database, filters)
            (total,) = database.execute(f"SELECT count(*) FROM event {condition}", values).fetchone()
            limit = max(0, min(limit, PAGE_MAX, total - offset))
            # The second half is reached sooner from the other end.
            from_end = offset > total // 2
            descending = sort.descending != from_end
            first = total - offset - limit if from_end else offset
            column, way = _COLUMNS[sort.key], "DESC" if descending else "ASC"
            found = database.execute(
                f"SELECT {', '.join(_FIELDS)} FROM event JOIN (SELECT id AS found FROM event "
                f"INDEXED BY by_{sort.key} {condition} ORDER BY {column} {way}, at {way}, id {way} "
                f"LIMIT ? OFFSET ?) ON id = found ORDER BY {column} {way}, at {way}, id {way}",
                [*values, limit, first],
            ).fetchall()
        rows = [_row(one) for one in found]
        return Page(total=total, offset=offset, rows=rows[::-1] if from_end else rows)

    def all(self, filters: Filters) -> Iterator[Row]:
        with self._connection() as database:
            condition, values = where(database, filters)
            found = database.execute(
                f"SELECT {', '.join(_FIELDS)} FROM event {condition} ORDER BY at", values
            )
            yield from map(_row, found)

    def hours(self, filters: Filters) -> list[Hour]:
        with self._connection() as database:
            condition, values = where(database, filters)
            counted = database.execute(
                f"SELECT at / {_HOUR_MS}, sum(event_type = 'authorised'), sum(event_type = 'restricted'), "
                f"sum(event_type = 'unknown') FROM event INDEXED BY by_time {condition} "
                "GROUP BY 1 ORDER BY 1",
                values,
            ).fetchall()
        return [
            Hour(at=_text(hour * _HOUR_MS), authorised=authorised, restricted=restricted, unknown=unknown)
            for hour, authorised, restricted, unknown in counted
        ]

    def span(self, filters: Filters) -> Span:
        with self._connection() as database:
            condition, values = where(database, filters)
            first, last = database.execute(
                f"SELECT min(at), max(at) FROM event {condition}", values
            ).fetchone()

            def count(column: str) -> list[tuple[Any, int]]:
                return database.execute(
                    f"SELECT {column}, count(*) FROM event {condition} GROUP BY 1 ORDER BY 2 DESC LIMIT 9",
                    values,
                ).fetchall()

            return Span(
                types=dict(count("event_type")),
                first=None if first is None else _text(first),
                last=None if last is None else _text(last),
                by_device=count("device"),
                by_person=[(person, number) for person, number in count("person_id") if person],
            )

    def names(self) -> Names:
        with self._connection() as database:
            words = database.execute(
                "SELECT kind, id, name FROM word ORDER BY name COLLATE NOCASE"
            ).fetchall()
        return Names(
            people=[Named(id=one, name=name) for kind, one, name in words if kind == "person_id"],
            devices=[one for kind, one, _ in words if kind == "device"],
        )

    def close(self) -> None:
        while not self._idle.empty():
            self._idle.get().close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            database = self._idle.get_nowait()
        except queue.Empty:
            database = sqlite3.connect(self._index, timeout=30, check_same_thread=False)
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA cache_size = -16000")
        try:
            with database:
                yield database
        finally:
            self._idle.put(database)

    def _take_in(self, database: sqlite3.Connection) -> list[Row] | None:
        """The events of the next piece of the log; None at its end."""
        inode, read = database.execute("SELECT inode, read FROM source").fetchone()
        try:
            with self._log.open("rb") as file:
                facts = os.fstat(file.fileno())
                if (facts.st_ino, facts.st_size) != (inode, max(read, facts.st_size)):
                    self._begin_again(database)
                    read = 0
                file.seek(read)
                piece = file.read(_BATCH_BYTES)
        except FileNotFoundError:
            return None
        piece = piece[: piece.rfind(b"\n") + 1]
        if not piece:
            self._make_indexes(database)
            return None
        rows = [row for row in map(_of_line, piece.split(b"\n")) if row is not None]
        marks = ", ".join("?" * (len(_FIELDS) + 1))
        values = [(at, *(getattr(row, name) for name in _FIELDS)) for at, row in rows]
        database.executemany(f"INSERT INTO event (at, {', '.join(_FIELDS)}) VALUES ({marks})", values)
        database.executemany("INSERT OR REPLACE INTO word VALUES (?, ?, ?)", _words(row for _, row in rows))
        database.execute("UPDATE source SET inode = ?, read = ?", (facts.st_ino, read + len(piece)))
        return [row for _, row in rows]

    def _begin_again(self, database: sqlite3.Connection) -> None:
        """Another file has the name now: this holds what the file holds."""
        for table in ("event", "word"):
            database.execute(f"DELETE FROM {table}")
        for key in _COLUMNS:
            database.execute(f"DROP INDEX IF EXISTS by_{key}")

    def _make_indexes(self, database: sqlite3.Connection) -> None:
        """After the first reading, in a fraction of the time. Each order has an index that also holds what is
        filtered by, so that only the rows shown are looked up."""
        for key, column in _COLUMNS.items():
            columns = ", ".join(dict.fromkeys([column, *_FILTERED]))
            database.execute(f"CREATE INDEX IF NOT EXISTS by_{key} ON event ({columns})")


def _of_line(line: bytes) -> tuple[int, Row] | None:
    try:
        row = msgspec.json.decode(line, type=Row)
        return int(timestamps.from_text(row.captured_at).timestamp() * 1000), row
    except (msgspec.DecodeError, UnicodeDecodeError, MessageError):
        return None


def _row(values: Sequence[Any]) -> Row:
    return msgspec.convert(dict(zip(_FIELDS, values, strict=True)), Row, strict=False)


def _words(rows: Iterable[Row]) -> set[tuple[str, str, str]]:
    words = set()
    for row in rows:
        words.add(("device", row.device, row.device))
        if row.person_id is not None:
            words.add(("person_id", row.person_id, row.person or row.person_id))
        if row.zone is not None:
            words.add(("zone", row.zone, row.zone))
    return words


def _text(at: int) -> str:
    return timestamps.to_text(datetime.fromtimestamp(at / 1000, UTC))
