"""An index that is up to date whenever it is asked."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from edge_node.history.index import Index
from edge_node.history.query import HistoryError, ReadingError
from edge_node.log_files import LogFiles

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 10
PATIENCE_SECONDS = 0.2
READERS_KEPT = 4
ANEW = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Faults of an index that a new one does not have."""
ELSEWHERE = frozenset(
    {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR}
)
"""Faults that an index at another place may not have."""


class LiveIndex:
    """Made when it is absent, brought up to date before each question, made anew when it is damaged.

    places: where it may stand, the first that can be written. told: gets the share of the work that is done,
    while much of the log is new. One thread writes; questions are answered side by side.
    """

    def __init__(self, files: LogFiles, places: Sequence[Path], told: Callable[[float], None]) -> None:
        self._files = files
        self._places = list(places)
        self._told = told
        self._share: float | None = None
        self._writer: Index | None = None
        self._idle: list[Index] = []
        self._generation = 0
        self._lock = threading.Lock()

    @property
    def file(self) -> Path:
        return self._places[0]

    def close(self) -> None:
        with self._lock:
            self._begin_anew()

    def ask(self, question: Callable[[Index], T]) -> T:
        """The answer as of one moment. Raises HistoryError, and ReadingError while another thread reads much
        of the log."""
        for _ in range(ATTEMPTS):
            generation = self._generation
            try:
                with self._reader() as index, index.moment():
                    return question(index)
            except FileNotFoundError:
                log.debug("a file of the log was closed or deleted meanwhile")
            except sqlite3.DatabaseError as error:
                with self._lock:
                    if generation == self._generation:
                        self._mend(error)
            except OSError as error:
                raise HistoryError(f"{error}; expected a log that this user may read") from error
        raise HistoryError(f"{self._files.path}: the files change too fast, or the index cannot be kept")

    @contextmanager
    def _reader(self) -> Iterator[Index]:
        with self._turn():
            self._bring_up_to_date()
            generation = self._generation
            reader = self._idle.pop() if self._idle else Index(self.file, reads_only=True)
        is_sound = False
        try:
            yield reader
            is_sound = True
        finally:
            with self._lock:
                if is_sound and generation == self._generation and len(self._idle) < READERS_KEPT:
                    self._idle.append(reader)
                else:
                    reader.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        while not self._lock.acquire(timeout=PATIENCE_SECONDS):
            if self._share is not None:
                raise ReadingError(f"the log is being read: {self._share:.0%}")
        try:
            yield
        finally:
            self._lock.release()

    def _bring_up_to_date(self) -> None:
        if self._writer is not None and not self.file.exists():
            self._begin_anew()
        if self._writer is None:
            self._writer = self._opened()
        try:
            self._writer.update(self._files, self._say)
        finally:
            self._share = None

    def _say(self, share: float) -> None:
        self._share = share
        self._told(share)

    def _opened(self) -> Index:
        while True:
            try:
                self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                return Index(self.file)
            except OSError as error:
                self._go_elsewhere(error)

    def _mend(self, error: sqlite3.DatabaseError) -> None:
        code = error.sqlite_errorcode & 0xFF
        self._begin_anew()
        if code in ANEW:
            log.warning("%s is damaged: %s; making it anew", self.file, error)
            for suffix in ("", "-wal", "-shm"):
                self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)
        elif code in ELSEWHERE:
            self._go_elsewhere(error)
        elif code == sqlite3.SQLITE_BUSY:
            raise HistoryError(f"{self.file}: another program is at work on it; try again soon") from error
        else:
            raise HistoryError(f"{self.file}: {error}") from error

    def _go_elsewhere(self, error: Exception) -> None:
        if len(self._places) == 1:
            raise HistoryError(f"{self.file}: {error}; expected to write an index there") from error
        log.info("no index at %s: %s", self._places.pop(0), error)

    def _begin_anew(self) -> None:
        for index in (self._writer, *self._idle):
            if index is not None:
                index.close()
        self._writer = None
        self._idle = []
        self._generation += 1
