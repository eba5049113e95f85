"""The node's events until they are safe elsewhere: on disk, or in memory while the disk refuses them."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from broker import timestamps
from broker.messages import Event
from edge_node.moment import Moment
from edge_node.outbox import rescue
from edge_node.outbox.filling import Filling, level_of
from edge_node.outbox.row import Row
from edge_node.outbox.settings import OutboxSettings
from edge_node.outbox.table import MEMORY, DamagedError, Table

log = logging.getLogger(__name__)

T = TypeVar("T")

MEMORY_ROWS = 1_000
MEMORY_BYTES = 4_000_000
RETRY_SECONDS = 5.0
BATCH = 100
REMEMBERED_AT_MOST = 50_000
"""Ids that a refusing disk could not forget; beyond it they come again, and the logger knows them."""

DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Outbox:
    """Safe from any thread. Nothing it does fails: what the disk refuses is kept in memory, and said.

    clock: monotonic seconds, the same for every process of this machine.
    """

    def __init__(
        self, file: Path, settings: OutboxSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._memory = Table(MEMORY, MEMORY_ROWS, MEMORY_BYTES)
        self._disk: Table | None = None
        self._is_broken = False
        self._try_again_at = 0.0
        self._put_back_at = 0.0
        self._unsaved = 0
        self._last_number = 0
        self._told: set[str] = set()
        self._gone: set[str] = set()
        self._on_disk(Table.last_number, 0)

    def put(self, event: Event) -> None:
        """On disk when it returns, if that is possible at all."""
        with self._lock:
            row = Row.of(event, 0, self._now())
            is_in: bool | None = self._on_disk(lambda disk: disk.put(self._numbered(row)), None)
            if is_in is None:
                self._unsaved += 1
            else:
                self._mend()
            if not is_in and not self._memory.put(self._numbered(row)):
                self._memory.count_dropped(1)

    def news(self, skip: Collection[str], most: int) -> list[Row]:
        """What is to be told to everybody, oldest first. skip: ids of events that are not wanted now."""
        with self._lock:
            wanted = most + len(skip) + len(self._told) + len(self._gone)
            on_disk: list[Row] = self._on_disk(lambda disk: disk.news(wanted), [])
            return _first([*self._memory.news(wanted), *on_disk], most, skip, self._told, self._gone)

    def others(self, after: int, skip: Collection[str], most: int) -> list[Row]:
        """What is for the logger alone, oldest first, beyond the number `after`."""
        with self._lock:
            wanted = most + len(skip) + len(self._gone)
            on_disk: list[Row] = self._on_disk(lambda disk: disk.others(after, wanted), [])
            return _first([*self._memory.others(after, wanted), *on_disk], most, skip, self._gone)

    def settle(self, told: Collection[str], gone: Collection[str]) -> None:
        """told: events that are no news any more. gone: events that are safe elsewhere."""
        with self._lock:
            self._memory.settle(told, gone)
            self._told.update(told)
            self._gone.update(gone)
            self._settle_on_disk()

    def tend(self) -> None:
        """To be called now and then: what is late is no news, and what is in memory goes to disk."""
        with self._lock:
            now = self._now()
            self._put_back(now.monotonic)
            since = now.monotonic - self._settings.news_seconds
            self._memory.age(now.boot_id, since)
            self._write(lambda disk: disk.age(now.boot_id, since))
            if self._is_broken and now.monotonic >= self._try_again_at:
                self._try_again_at = now.monotonic + RETRY_SECONDS
                if self._write(Table.try_to_write):
                    self._mend()
            if not self._is_broken:
                self._settle_on_disk()
                self._bring_home()

    @property
    def filling(self) -> Filling:
        with self._lock:
            tables = [self._memory, *filter(None, [self._disk])]
            share = max(table.share for table in tables)
            return Filling(
                "broken" if self._is_broken else level_of(share),
                sum(table.rows for table in tables),
                sum(table.bytes for table in tables),
                sum(table.dropped for table in tables),
                self._unsaved,
            )

    def close(self) -> None:
        with self._lock:
            if self._memory.rows:
                log.error("%d events were in memory only and are given up", self._memory.rows)
            if self._disk is not None:
                self._disk.close()
                self._disk = None

    def _now(self) -> Moment:
        return Moment.now(self._clock(), timestamps.now())

    def _settle_on_disk(self) -> None:
        """What the disk refuses is tried again; until then it is remembered here."""
        told, gone = self._told - self._gone, self._gone
        if not told and not gone:
            return
        is_settled = self._write(lambda disk: disk.settle(told, gone))
        if is_settled or len(told) + len(gone) > REMEMBERED_AT_MOST:
            self._told, self._gone = set(), set()

    def _bring_home(self) -> None:
        dropped = self._memory.dropped
        if dropped and self._write(lambda disk: disk.count_dropped(dropped)):
            self._memory.dropped = 0
        for row in [*self._memory.news(BATCH), *self._memory.others(0, BATCH)]:
            if not self._moved(row):
                return
            self._memory.settle((), [row.event_id])

    def _moved(self, row: Row) -> bool:
        def moved(disk: Table) -> bool:
            return disk.holds(row.event_id) or (disk.has_room(row) and disk.put(self._numbered(row)))

        return self._on_disk(moved, otherwise=False)

    def _numbered(self, row: Row) -> Row:
        """Numbers are given when a row goes into a table: what is on the disk may be known only then."""
        self._last_number += 1
        return replace(row, number=self._last_number)

    def _write(self, operation: Callable[[Table], None]) -> bool:
        def done(disk: Table) -> bool:
            operation(disk)
            return True

        return self._on_disk(done, otherwise=False)

    def _on_disk(self, operation: Callable[[Table], T], otherwise: T) -> T:
        try:
            return operation(self._opened())
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            self._complain(error)
            return otherwise

    def _opened(self) -> Table:
        if self._disk is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            rescue.finish(self._file)
            self._file.touch(mode=0o600)
            self._disk = Table(self._file, self._settings.max_events, self._settings.max_bytes)
            self._last_number = max(self._last_number, self._disk.last_number())
        return self._disk

    def _complain(self, error: Exception) -> None:
        level = logging.DEBUG if self._is_broken else logging.WARNING
        log.log(level, "%s: %s; events are kept in memory until it can be written", self._file, error)
        self._is_broken = True
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, DamagedError | UnicodeDecodeError) or code in DAMAGE:
            self._begin_anew()

    def _begin_anew(self) -> None:
        if self._disk is not None:
            self._disk.close()
            self._disk = None
        try:
            read, lost = rescue.begin_anew(self._file, self._settings)
        except OSError as error:
            log.log(logging.ERROR, "%s is damaged and cannot be put aside: %s", self._file, error)
            return
        aside = self._file.name + rescue.DAMAGED
        text = "%s is damaged; it is kept as %s; %d of its events wait in a new one, %d are given up"
        log.error(text, self._file, aside, read, lost)

    def _put_back(self, now: float) -> None:
        if self._disk is None or not self._is_away() or now < self._put_back_at:
            return
        try:
            rescue.put_back(self._disk, self._file)
        except (sqlite3.Error, OSError) as error:
            level = logging.DEBUG if self._is_broken else logging.WARNING
            log.log(level, "%s was taken away and cannot be put back: %s; trying again", self._file, error)
            self._put_back_at = now + RETRY_SECONDS
            self._is_broken = True
            return
        log.warning("%s was taken away; what waits is in a new one", self._file)
        self._disk = None

    def _is_away(self) -> bool:
        """Whether what is on disk has no name there, and would be gone with the process."""
        return self._disk is not None and not self._disk.is_at(self._file)

    def _mend(self) -> None:
        if self._is_broken and not self._is_away():
            log.warning("%s can be written again", self._file)
            self._is_broken = False


def _first(rows: list[Row], most: int, *without: Collection[str]) -> list[Row]:
    wanted = (row for row in rows if not any(row.event_id in ids for ids in without))
    return sorted(wanted, key=lambda row: row.number)[:most]
