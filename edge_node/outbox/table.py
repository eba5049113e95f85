"""A bounded table of events in SQLite: on disk when a method returns, or sqlite3.Error and as it was.

UnicodeDecodeError is of a damaged file: what SQLite takes for text it does not look into.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from broker import timestamps
from broker.errors import MessageError
from edge_node.moment import Moment
from edge_node.outbox.row import Row

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL,
    event_type TEXT NOT NULL,
    muted INTEGER NOT NULL,
    payload BLOB NOT NULL,
    boot_id TEXT NOT NULL,
    monotonic REAL NOT NULL,
    at TEXT NOT NULL,
    is_news INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS news ON events (number) WHERE is_news;
CREATE INDEX IF NOT EXISTS worth ON events (event_type = 'restricted', number);
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
INSERT OR IGNORE INTO tally VALUES ('dropped', 0);
"""
WAL_PAGES = 100
"""After so many SQLite moves its log into the table; a disk can fill up with the log alone."""
MEMORY = Path(":memory:")


INSERT = "INSERT INTO events VALUES (?,?,?,?,?,?,?,?,?,?)"
COLUMNS = (int, str, str, str, int, bytes, str, float, str, int)


class DamagedError(sqlite3.DatabaseError):
    """What SQLite's own check found, or what it does not look at: a row that cannot be."""


class Table:
    """Not safe from several threads at once; any one may use it. `rows` and `bytes` say how full it is."""

    def __init__(self, path: Path, max_rows: int, max_bytes: int) -> None:
        self.rows = self.bytes = self.dropped = 0
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
        try:
            self._open()
            self._identity = None if path == MEMORY else _identity(path)
        except (sqlite3.Error, OSError, UnicodeDecodeError):
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def is_at(self, path: Path) -> bool:
        """Whether its file still has this name."""
        try:
            return _identity(path) == self._identity
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def copy(self, path: Path) -> None:
        """Puts all of it into another file, also when its own has no name any more."""
        with closing(sqlite3.connect(path)) as other:
            self._connection.backup(other)

    @property
    def share(self) -> float:
        """How full it is, from 0 to 1."""
        return max(self.rows / self._max_rows, self.bytes / self._max_bytes)

    def has_room(self, row: Row) -> bool:
        return self.rows < self._max_rows and self.bytes + len(row.payload) <= self._max_bytes

    def holds(self, event_id: str) -> bool:
        return self._size_of(event_id) is not None

    def put(self, row: Row) -> bool:
        """Whether the row is in. Older ones go to make room for it, `restricted` ones only for another one,
        and are counted in `dropped`."""
        evicted = self._in_the_way_of(row)
        if evicted is None:
            return False
        with self._transaction() as run:
            run.executemany("DELETE FROM events WHERE number = ?", [(number,) for number, _ in evicted])
            if evicted:
                run.execute("UPDATE tally SET count = count + ? WHERE name = 'dropped'", (len(evicted),))
            run.execute(INSERT, _values(row))
        self.rows += 1 - len(evicted)
        self.bytes += len(row.payload) - sum(size for _, size in evicted)
        self.dropped += len(evicted)
        return True

    def fill(self, rows: Iterable[Row], dropped: int) -> None:
        """Puts all of them into a table that has none. dropped: what was given up before."""
        with self._transaction() as run:
            run.executemany(INSERT, map(_values, rows))
            run.execute("UPDATE tally SET count = ? WHERE name = 'dropped'", (dropped,))

    def try_to_write(self) -> None:
        """After an error: makes room on the disk as far as this file can, and writes something."""
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.count_dropped(0)

    def count_dropped(self, count: int) -> None:
        """Adds what was given up elsewhere."""
        with self._transaction() as run:
            run.execute("UPDATE tally SET count = count + ? WHERE name = 'dropped'", (count,))
        self.dropped += count

    def settle(self, told: Collection[str], gone: Collection[str]) -> None:
        """told: events that are no news any more. gone: events that need not wait."""
        sizes = [size for event_id in gone if (size := self._size_of(event_id)) is not None]
        if not sizes and not told:
            return
        with self._transaction() as run:
            run.executemany("DELETE FROM events WHERE event_id = ?", [(one,) for one in gone])
            run.executemany("UPDATE events SET is_news = 0 WHERE event_id = ?", [(one,) for one in told])
        self.rows -= len(sizes)
        self.bytes -= sum(sizes)

    def age(self, boot_id: str, since: float) -> None:
        """What was kept before `since`, or before the machine started, is no news any more."""
        late = "SELECT event_id FROM events WHERE is_news AND (boot_id <> ? OR monotonic < ?)"
        self.settle([event_id for (event_id,) in self._connection.execute(late, (boot_id, since))], ())

    def news(self, most: int) -> list[Row]:
        """Oldest first."""
        return self._read("SELECT * FROM events WHERE is_news ORDER BY number LIMIT ?", (most,))

    def others(self, after: int, most: int) -> list[Row]:
        """What is for the logger alone, oldest first, from the number `after` on, without it."""
        query = "SELECT * FROM events WHERE NOT is_news AND number > ? ORDER BY number LIMIT ?"
        return self._read(query, (after, most))

    def last_number(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(number), 0) FROM events").fetchone()[0])

    def _open(self) -> None:
        run = self._connection
        run.text_factory = bytes.decode
        run.execute("PRAGMA journal_mode = WAL")
        run.execute("PRAGMA synchronous = FULL")
        run.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        state = run.execute("PRAGMA quick_check(1)").fetchone()[0]
        if state != "ok":
            raise DamagedError(state)
        run.executescript(SCHEMA)
        if len(run.execute("PRAGMA table_info(events)").fetchall()) != len(COLUMNS):
            raise DamagedError("a table of another layout")
        self.rows, self.bytes = run.execute(
            "SELECT count(*), coalesce(sum(length(payload)), 0) FROM events"
        ).fetchone()
        (dropped,) = run.execute("SELECT count FROM tally WHERE name = 'dropped'").fetchone()
        if not isinstance(dropped, int):
            raise DamagedError(f"a tally of {dropped!r}")
        self.dropped = dropped

    def _in_the_way_of(self, row: Row) -> list[tuple[int, int]] | None:
        """Number and size of what must go, or None when the row is worth less than all of it."""
        rows, size = self.rows, self.bytes
        evicted: list[tuple[int, int]] = []
        if len(row.payload) > self._max_bytes:
            return None
        if self.has_room(row):
            return evicted
        worth = "SELECT event_type = 'restricted', number, length(payload) FROM events ORDER BY 1, 2"
        for is_restricted, number, length in self._connection.execute(worth):
            if is_restricted and not row.is_restricted:
                return None
            evicted.append((number, length))
            rows, size = rows - 1, size - length
            if rows < self._max_rows and size + len(row.payload) <= self._max_bytes:
                break
        return evicted

    def _read(self, query: str, values: tuple[int, ...]) -> list[Row]:
        if not self.rows:
            return []
        found = self._connection.execute(query, values).fetchall()
        if any(tuple(map(type, row)) != COLUMNS for row in found):
            raise DamagedError("a row of other types")
        try:
            return [_row(*row) for row in found]
        except MessageError as error:
            raise DamagedError(f"a row that cannot be: {error}") from error

    def _size_of(self, event_id: str) -> int | None:
        query = "SELECT length(payload) FROM events WHERE event_id = ?"
        found = self._connection.execute(query, (event_id,)).fetchone()
        return None if found is None else int(found[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        try:
            yield run
            run.execute("COMMIT")
        except BaseException:
            if run.in_transaction:
                run.execute("ROLLBACK")
            raise


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _values(row: Row) -> tuple[object, ...]:
    what = (row.number, row.event_id, row.device, row.event_type, row.muted, row.payload)
    return *what, row.kept.boot_id, row.kept.monotonic, timestamps.to_text(row.kept.at), row.is_news


def _row(
    number: int,
    event_id: str,
    device: str,
    event_type: str,
    muted: int,
    payload: bytes,
    boot_id: str,
    monotonic: float,
    at: str,
    is_news: int,
) -> Row:
    return Row(
        number=number,
        event_id=event_id,
        device=device,
        event_type=event_type,
        muted=bool(muted),
        payload=payload,
        kept=Moment(boot_id, monotonic, timestamps.from_text(at)),
        is_news=bool(is_news),
    )
