"""The index of a log: where each event stands, and what it is looked for by. Derived, never the truth.

A SQLite file that is made anew when it is absent, of another version or damaged. Times are milliseconds
since 1970, UTC.
"""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from edge_node.history.reading import Reading
from edge_node.history.rows import Rows
from edge_node.log_files import LogFile, LogFiles, Place, holds, lines_of, place_at

log = logging.getLogger(__name__)

VERSION = 6

_SETTINGS = ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768", "secure_delete = ON")
_READS_ONLY = ("query_only = ON", "cache_size = -8192")
_TABLES = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, mark TEXT UNIQUE, name TEXT, number INTEGER, offset INTEGER, tail TEXT,
    modified REAL, bad INTEGER
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, file INTEGER, offset INTEGER, length INTEGER,
    time INTEGER NOT NULL, type INTEGER NOT NULL, device TEXT NOT NULL, person TEXT, person_id TEXT,
    similarity REAL, node TEXT, zone TEXT, reason TEXT, latency INTEGER
);
CREATE UNIQUE INDEX by_event_id ON events (event_id);
CREATE TABLE words (kind TEXT, word TEXT, folded TEXT, PRIMARY KEY (kind, word)) WITHOUT ROWID;
CREATE TABLE analysed (events INTEGER);
INSERT INTO analysed VALUES (0);
"""
_INSERT = "INSERT OR IGNORE INTO events VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_INDICES = """
CREATE INDEX by_time ON events (time, type, device, person);
CREATE INDEX by_type ON events (type, time, device, person);
CREATE INDEX by_device ON events (device, time, type, person);
CREATE INDEX by_person ON events (person, time, type, device);
CREATE INDEX by_person_id ON events (person_id, time);
CREATE INDEX by_similarity ON events (similarity, time);
CREATE INDEX by_zone ON events (zone, time);
CREATE INDEX by_latency ON events (latency, time);
"""
NAMES = ("device", "person", "person_id")
"""Those that are forgotten with the last event that has them."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()


class Index:
    """One connection to the index file. Raises sqlite3.DatabaseError for one that is damaged."""

    def __init__(self, file: Path, *, reads_only: bool = False) -> None:
        self.file = file
        if not reads_only:
            file.touch(mode=0o600)
        self.database = sqlite3.connect(file, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            for setting in _READS_ONLY if reads_only else _SETTINGS:
                self.database.execute(f"PRAGMA {setting}")
        except sqlite3.DatabaseError:
            self.database.close()
            raise

    def close(self) -> None:
        self.database.close()

    def update(self, files: LogFiles, told: Callable[[float], None] = lambda _share: None) -> None:
        """Reads what is new in the log, and forgets what is no longer in it. told: the share that is read."""
        listed = files.listed()
        if self._is_up_to_date(listed):
            return
        self.database.execute("BEGIN IMMEDIATE")
        try:
            is_new = self._prepare()
            self._forget_all_but(listed)
            indices = _statements(_INDICES) if is_new else []
            new_bytes = sum(file.size_bytes for file in listed) - self._read_bytes()
            reading = Reading(new_bytes, told, indices=len(indices))
            for file in listed:
                self._read(file, reading)
            for one in indices:
                self.database.execute(one)
                reading.index()
            self._analyse()
            self.database.execute("COMMIT")
        except BaseException:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            raise

    @contextmanager
    def moment(self) -> Iterator[None]:
        """What is asked inside is answered as of one moment, whoever updates the index meanwhile."""
        self.database.execute("BEGIN")
        try:
            yield
        finally:
            self.database.execute("ROLLBACK")

    def all(self, asked: Statement) -> list[Any]:
        return self.database.execute(asked.text, asked.parameters).fetchall()

    def flat(self, asked: Statement) -> Iterator[int]:
        """The numbers of all rows, one after another."""
        return chain.from_iterable(self.database.execute(asked.text, asked.parameters))

    def first(self, asked: Statement) -> Any:
        return self.database.execute(asked.text, asked.parameters).fetchone()

    def marks(self) -> dict[int, str]:
        """The marks of the files, by the numbers they have in `events`."""
        return dict(self.database.execute("SELECT id, mark FROM files").fetchall())

    def _is_up_to_date(self, listed: list[LogFile]) -> bool:
        if self._version() != VERSION:
            return False
        known = self.database.execute("SELECT mark, name, offset, modified FROM files")
        return set(known) == {(file.mark, file.path.name, file.size_bytes, file.modified) for file in listed}

    def _version(self) -> int:
        return int(self.database.execute("PRAGMA user_version").fetchone()[0])

    def _prepare(self) -> bool:
        """Makes empty tables where there are none. Most indices come when they are full: half the time."""
        if self._version() == VERSION:
            return False
        names = self.database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            self.database.execute(f'DROP TABLE "{name}"')
        for table in _statements(_TABLES):
            self.database.execute(table)
        self.database.execute(f"PRAGMA user_version = {VERSION}")
        return True

    def _forget_all_but(self, listed: list[LogFile]) -> None:
        marks = {file.mark for file in listed}
        known = self.database.execute("SELECT id, mark FROM files").fetchall()
        gone = [identity for identity, mark in known if mark not in marks]
        for identity in gone:
            self._forget(identity)

    def _analyse(self) -> None:
        """Tells SQLite what its tables are like, each time they have doubled: it plans by that."""
        (events,) = self.first(Statement("SELECT coalesce(max(id), 0) FROM events"))
        (then,) = self.first(Statement("SELECT events FROM analysed"))
        if events > 2 * then:
            self.database.execute("ANALYZE")
            self.database.execute("UPDATE analysed SET events = ?", (events,))

    def _forget(self, identity: int) -> None:
        self.database.execute("DELETE FROM events WHERE file = ?", (identity,))
        self.database.execute("DELETE FROM files WHERE id = ?", (identity,))
        for kind in NAMES:
            self.database.execute(
                f"DELETE FROM words WHERE kind = '{kind}' AND "
                f"NOT EXISTS (SELECT 1 FROM events WHERE {kind} = words.word)"
            )

    def _read_bytes(self) -> int:
        (read,) = self.first(Statement("SELECT coalesce(sum(offset), 0) FROM files"))
        return int(read)

    def _read(self, file: LogFile, reading: Reading) -> None:
        known = self.database.execute(
            "SELECT id, number, offset, tail, modified, bad FROM files WHERE mark = ?", (file.mark,)
        ).fetchone()
        start = bad = 0
        identity = None
        with file.path.open("rb") as opened:
            if known is not None:
                identity, number, start, tail, modified, bad = known
                place = Place(number=number, mark=file.mark, offset=start, check=tail)
                is_edited = start == file.size_bytes and modified != file.modified
                if start > file.size_bytes or is_edited or not holds(opened, file, place):
                    self._forget(identity)
                    identity, start, bad = None, 0, 0
            if identity is None:
                cursor = self.database.execute("INSERT INTO files (mark) VALUES (?)", (file.mark,))
                identity = cursor.lastrowid
            found = Rows(identity or 0, start)
            self.database.executemany(_INSERT, found.of(reading.follow(lines_of(file, start))))
            self.database.executemany("INSERT OR IGNORE INTO words VALUES (?,?,?)", found.new_words())
            place = place_at(opened, file, found.end)
            modified = os.fstat(opened.fileno()).st_mtime
        self.database.execute(
            "UPDATE files SET name = ?, number = ?, offset = ?, tail = ?, modified = ?, bad = ? WHERE id = ?",
            (file.path.name, file.number, place.offset, place.check, modified, bad + found.bad, identity),
        )
        if found.bad:
            log.debug("%d lines of %s are no events", found.bad, file.path)


def _statements(script: str) -> list[str]:
    """For one at a time: `executescript` would end the transaction."""
    return [one for one in map(str.strip, script.split(";")) if one]
