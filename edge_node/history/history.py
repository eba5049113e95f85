"""The log as something to ask: for the command `events` and for the web page."""

import hashlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from broker.messages import EventType
from edge_node.history import select
from edge_node.history.index import Index, Statement
from edge_node.history.query import HistoryError, Hour, Known, Page, Query, ReadingError, Row
from edge_node.history.records import Records
from edge_node.history.rows import EPOCH, MILLISECOND, TYPES
from edge_node.log_files import LogFiles

log = logging.getLogger(__name__)

T = TypeVar("T")

INDEX_SUFFIX = ".index"
ATTEMPTS = 10
PATIENCE_SECONDS = 0.2
REBUILT = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Faults of an index that a new one does not have. The rest is about the disk, rights and locks."""


class History:
    """Answers from an index of the log's files, which every question first brings up to date.

    path: the log's open file, `log.file` of the settings. The index stands beside it as `<name>.index` where
    this user may write there, else in the cache folder; `index` names another place. told: gets the share of
    the work that is done, while much of the log is new. Safe to use from several threads, one question at a
    time. Every method raises HistoryError, and ReadingError while another thread reads much of the log.
    """

    def __init__(
        self, path: Path, index: Path | None = None, told: Callable[[float], None] = lambda _share: None
    ) -> None:
        self._files = LogFiles(path)
        self._told = told
        self._share: float | None = None
        self.index_file = index or _index_file(path)
        self._index: Index | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def find(self, query: Query) -> Page:
        """The events of one page and how many there are on all pages."""

        def answer(index: Index) -> Page:
            (total,) = index.first(select.total(query, index))
            if total <= query.offset:
                return Page([], total)
            return Page(self._rows(index, select.places(query, index, total)), total)

        return self._ask(answer)

    def lines(self, query: Query) -> Iterator[bytes]:
        """The same events as lines of the log, each with its newline, however many: they are read as they are
        taken. The answer is that of the moment when the first is taken."""

        def answer(index: Index) -> tuple[Statement, dict[int, str]]:
            (total,) = index.first(select.total(query, index))
            return select.places(query, index, total), index.marks()

        statement, marks = self._ask(answer)
        # Whoever takes the lines may do so from one thread after another.
        own = sqlite3.connect(self.index_file, check_same_thread=False)
        with closing(own), Records(self._files, marks) as records:
            yield from records.lines(own.execute(statement.text, statement.parameters))

    def total(self, query: Query) -> int:
        """How many events there are on all pages."""
        return int(self._ask(lambda index: index.first(select.total(query, index)))[0])

    def event(self, event_id: str) -> Row | None:
        """The event with this id."""
        one = Statement("SELECT file, offset, length FROM events WHERE event_id = ?", (event_id,))
        return self._ask(lambda index: next(iter(self._rows(index, one)), None))

    def latest(self, limit: int) -> list[Row]:
        """The events that were logged last, the last first, whenever they were decided."""
        some = Statement("SELECT file, offset, length FROM events ORDER BY id DESC LIMIT ?", (limit,))
        return self._ask(lambda index: self._rows(index, some))

    def types(self, query: Query) -> dict[EventType, int]:
        """How many events there are of each type, on all pages; types without events left out."""
        counted = self._ask(lambda index: index.all(select.by_type(query, index)))
        return {TYPES[kind]: number for kind, number in counted}

    def hours(self, query: Query, shift: timedelta = timedelta()) -> list[Hour]:
        """The same by hour, oldest first, hours without events left out. shift: how much earlier than those
        of UTC the hours begin, where clocks differ from it by half an hour."""
        hours: dict[int, Hour] = {}
        milliseconds = shift // MILLISECOND
        for hour, kind, number in self._ask(
            lambda index: index.all(select.by_hour(query, index, milliseconds))
        ):
            begins = EPOCH + timedelta(hours=hour) - shift
            hours.setdefault(hour, Hour(begins, {})).counts[TYPES[kind]] = number
        return list(hours.values())

    def most(self, query: Query, column: Literal["device", "person_id"], limit: int) -> list[tuple[str, int]]:
        """The cameras or people of most events, and of how many."""
        return self._ask(lambda index: index.all(select.most(query, index, column, limit)))

    def people(self) -> list[Known]:
        """Everybody with a name in the log, by name."""
        return self._ask(lambda index: self._known(index, "person"))

    def devices(self) -> list[Known]:
        """Every device in the log, by id."""
        return self._ask(lambda index: self._known(index, "device"))

    def _known(self, index: Index, column: str) -> list[Known]:
        known = []
        for key, number, last in index.all(select.known(column)):
            for row in self._rows(index, select.last_of(column, key)):
                identity = row["person_id"] if column == "person" else row[column]
                known.append(Known(identity, row[column], number, EPOCH + last * MILLISECOND))
        return known

    def _rows(self, index: Index, places: Statement) -> list[Row]:
        with Records(self._files, index.marks()) as records:
            return [msgspec.json.decode(line) for line in records.lines(index.all(places))]

    def _ask(self, question: Callable[[Index], T]) -> T:
        """Again with a new index when the old one is damaged, or when a file got another name meanwhile."""
        with self._turn():
            for _ in range(ATTEMPTS):
                try:
                    index = self._up_to_date()
                    with index.moment():
                        return question(index)
                except FileNotFoundError:
                    log.debug("a file of the log was closed or deleted meanwhile")
                except sqlite3.DatabaseError as error:
                    if error.sqlite_errorcode & 0xFF not in REBUILT:
                        self._disconnect()
                        raise HistoryError(f"{self.index_file}: {error}; expected to write it") from error
                    log.warning("%s is damaged: %s; making it anew", self.index_file, error)
                    self._remove()
                except OSError as error:
                    raise HistoryError(f"{error}; expected a log that this user may read") from error
        raise HistoryError(f"{self._files.path}: the files change too fast, or the index cannot be kept")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        while not self._lock.acquire(timeout=PATIENCE_SECONDS):
            if self._share is not None:
                raise ReadingError(f"the log is being read: {self._share:.0%}")
        try:
            yield
        finally:
            self._lock.release()

    def _read(self, share: float) -> None:
        self._share = share
        self._told(share)

    def _up_to_date(self) -> Index:
        if self._index is not None and not self.index_file.exists():
            self._disconnect()
        if self._index is None:
            self.index_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._index = Index(self.index_file)
        try:
            self._index.update(self._files, self._read)
        finally:
            self._share = None
        return self._index

    def _disconnect(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _remove(self) -> None:
        self._disconnect()
        for suffix in ("", "-wal", "-shm"):
            self.index_file.with_name(self.index_file.name + suffix).unlink(missing_ok=True)


def _index_file(path: Path) -> Path:
    beside = path.with_name(path.name + INDEX_SUFFIX)
    may_write = os.access(path.parent, os.W_OK)
    if may_write and (os.access(beside, os.W_OK) or not os.access(beside, os.F_OK)):
        return beside
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edge-node"
    return cache / (hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16] + INDEX_SUFFIX)
