"""The log that grows for ever in files that do not: a file a day, of a bounded size, kept for a while."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from edge_node.durable import sync_folder
from edge_node.log_files import LogFiles
from edge_node.sinks.json_lines import JsonLines

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
    """One writer's log: `append` and `tail` of JsonLines over all its files.

    Only closed files are ever deleted. The newest of them is emptied instead, so that numbers never begin
    again. A rotation that fails is said once and tried again; what is to be written goes into the old file.
    clock: seconds since 1970; a file holds lines of one day (UTC) by this clock.
    """

    def __init__(self, path: Path, limits: Limits, *, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._limits = limits
        self._clock = clock
        self._files = LogFiles(path)
        self._open = JsonLines(path)
        self._failing = False
        self._tended = 0.0
        self.tend()

    def append(self, lines: Sequence[bytes]) -> None:
        """As JsonLines.append: on disk when it returns, tried again as a whole when it raises OSError."""
        if self._is_due(sum(map(len, lines)) + len(lines)):
            self._try(self._rotate)
        self._open.append(lines)

    def tend(self) -> None:
        """Closes yesterday's file and deletes old ones; for now and then, also when nothing comes."""
        if self._tended and time.monotonic() < self._tended + TEND_SECONDS:
            return
        self._tended = time.monotonic()
        self._try(self._rotate_if_old)
        self._try(self._forget)

    def tail(self, most_bytes: int) -> Iterator[bytes]:
        """The last whole lines, oldest first, from as many files as it takes."""
        chosen: list[JsonLines | Path] = [self._open]
        left = most_bytes - self._open.size
        for _, path in reversed(self._files.closed()):
            if left <= 0:
                break
            chosen.append(path)
            left -= path.stat().st_size
        for file in reversed(chosen):
            if isinstance(file, JsonLines):
                yield from file.tail(most_bytes)
            else:
                with file.open("rb") as closed:
                    yield from (line.rstrip(b"\n") for line in closed)

    def close(self) -> None:
        self._open.close()

    def _is_due(self, more_bytes: int) -> bool:
        size = self._open.size
        return size > 0 and (size + more_bytes > self._limits.rotate_bytes or self._day() != self._today())

    def _rotate_if_old(self) -> None:
        if self._is_due(0):
            self._rotate()

    def _rotate(self) -> None:
        self._open.put_aside(self._files.name_for(self._files.next_number(), self._day()))
        self._forget()

    def _day(self) -> date:
        """Of the last write, which is that of all: at midnight the file is closed before the next one."""
        return datetime.fromtimestamp(self._open.modified, UTC).date()

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def _forget(self) -> None:
        """Deletes the oldest closed files until the others are young, and small beside a full open one."""
        closed = [(path, path.stat()) for _, path in self._files.closed()]
        total = self._limits.rotate_bytes + sum(found.st_size for _, found in closed)
        deleted = False
        for number, (path, found) in enumerate(closed, start=1):
            if not self._is_to_go(found.st_mtime, total) and found.st_size:
                break
            total -= found.st_size
            if number < len(closed):
                path.unlink()
                deleted = True
            elif found.st_size:
                path.write_bytes(b"")
        if deleted:
            sync_folder(self.path.parent)

    def _is_to_go(self, modified: float, total_bytes: int) -> bool:
        keep_seconds, keep_bytes = self._limits.keep_seconds, self._limits.keep_bytes
        is_old = keep_seconds is not None and modified < self._clock() - keep_seconds
        return is_old or (keep_bytes is not None and total_bytes > keep_bytes)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            level = logging.DEBUG if self._failing else logging.WARNING
            log.log(level, "cannot close or delete old files of %s: %s; trying again", self.path, error)
            self._failing = True
        else:
            self._failing = False
