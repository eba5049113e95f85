"""The log that grows for ever in files that do not: a file a day, of a bounded size, kept for a while."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from edge_node.log_files import LogFiles
from edge_node.sinks.json_lines import JsonLines
from edge_node.sinks.retention import Retention
from edge_node.sinks.tail import last_lines
from edge_node.steady_clock import SteadyClock
from edge_node.synced import Synced

log = logging.getLogger(__name__)

TEND_SECONDS = 10.0
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When a file is closed, and when closed files go; None for never."""

    rotate_bytes: int
    keep_seconds: float | None = None
    keep_bytes: int | None = None


class RotatingLines:
    """One writer's log: `append` of JsonLines over all its files. A link is followed once, at the start.

    A rotation that fails is said once and tried again; what is to be written goes into the old file.
    clock: seconds since 1970; a file holds lines of one day (UTC) by this clock. monotonic: seconds.
    """

    def __init__(
        self,
        path: Path,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rotate_bytes = _rotate_bytes(limits)
        self._clock = SteadyClock(clock, monotonic)
        self._files = LogFiles(path)
        self.path = self._files.path
        self._retention = Retention(self._files, limits.keep_seconds, limits.keep_bytes, self._clock)
        self._open = JsonLines(self.path)
        self._failing = False
        self._tended = -math.inf
        self.tend()

    @property
    def synced(self) -> Synced:
        """As JsonLines.synced, of the open file."""
        return self._open.synced

    def append(self, lines: Sequence[bytes]) -> None:
        """As JsonLines.append: on disk when it returns, tried again as a whole when it raises OSError."""
        if self._is_due(self._open.size_with(lines)):
            self._try(self._rotate)
        self._open.append(lines)
        if self._retention.is_due(self._open.size):
            self._try(self._forget)

    def tend(self) -> None:
        """Closes yesterday's file and deletes old ones; for now and then, also when nothing comes."""
        if self._clock.monotonic() < self._tended + TEND_SECONDS:
            return
        self._tended = self._clock.monotonic()
        self._try(self._rotate_if_old)
        self._try(self._forget)

    def tail(self, most: int) -> Iterator[bytes]:
        """The last whole lines, oldest first, from as many files as it takes."""
        return last_lines([*(path for _, path in self._files.closed()), self.path], most)

    def close(self) -> None:
        self._open.close()

    def _is_due(self, size: int) -> bool:
        is_large = size > self._rotate_bytes
        return self._open.size > 0 and (is_large or self._day() != self._today())

    def _rotate_if_old(self) -> None:
        if self._closed_already() is not None or self._is_due(0):
            self._rotate()

    def _rotate(self) -> None:
        aside = self._closed_already() or self._files.name_for(self._files.next_number(), self._day())
        self._open.put_aside(aside)
        self._forget()

    def _closed_already(self) -> Path | None:
        """The name under which the open file is closed: a rotation was cut short and is to end."""
        closed = self._files.closed()
        return closed[-1][1] if closed and closed[-1][1].samefile(self.path) else None

    def _day(self) -> date:
        """Of the last write, which is that of all: at midnight the file is closed before the next one."""
        return datetime.fromtimestamp(self._open.modified, UTC).date()

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), UTC).date()

    def _forget(self) -> None:
        if self._closed_already() is None:
            self._retention.apply(self._open.size)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            level = logging.DEBUG if self._failing else logging.WARNING
            log.log(level, "cannot close or delete old files of %s: %s; trying again", self.path, error)
            self._failing = True
        else:
            self._failing = False


def _rotate_bytes(limits: Limits) -> int:
    """Two files at least fit into what is kept: else little would be left after each rotation."""
    return (
        limits.rotate_bytes if limits.keep_bytes is None else min(limits.rotate_bytes, limits.keep_bytes // 2)
    )
