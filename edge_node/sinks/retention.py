"""Which closed files of a log go, and when."""

import logging
import math
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge_node.durable import sync_folder
from edge_node.log_files import LogFiles
from edge_node.stamp import AHEAD, KNOWN_PAST
from edge_node.steady_clock import SteadyClock

log = logging.getLogger(__name__)

PAUSE_SECONDS = 3_600.0
NEVER_SET = KNOWN_PAST.timestamp()
AHEAD_SECONDS = AHEAD.total_seconds()


@dataclass(slots=True)
class _Closed:
    path: Path
    size: int
    modified: float


class Retention:
    """Deletes closed files, oldest first, and never the open one. The newest closed one is emptied instead,
    so that numbers never begin again.

    Files go by size at once. By age they go one in an hour, or at the pace at which so many come, and only by
    a clock that has run steadily: a clock that is wrong for a while costs little. A file of a time when the
    clock was not set, or was ahead, is taken to be of the time when that is noticed.
    """

    def __init__(
        self, files: LogFiles, keep_seconds: float | None, keep_bytes: int | None, clock: SteadyClock
    ) -> None:
        self._files = files
        self._keep_seconds = math.inf if keep_seconds is None else keep_seconds
        self._keep_bytes = math.inf if keep_bytes is None else keep_bytes
        self._clock = clock
        self._by_age_at = -math.inf
        self._closed_bytes = 0

    def is_due(self, open_bytes: int) -> bool:
        """Whether all files are too large, as far as is known without a look at them."""
        return self._closed_bytes > 0 and open_bytes + self._closed_bytes > self._keep_bytes

    def apply(self, open_bytes: int) -> None:
        """open_bytes: of the open file. Raises OSError."""
        closed = [self._dated(path) for _, path in self._files.closed()]
        self._closed_bytes = sum(one.size for one in closed)
        is_believed = self._clock.is_steady()
        pause = min(PAUSE_SECONDS, self._keep_seconds / max(1, len(closed)))
        deleted = False
        for number, one in enumerate(closed, start=1):
            if one.size and open_bytes + self._closed_bytes <= self._keep_bytes:
                if not (is_believed and self._is_old(one, pause)):
                    continue
                self._by_age_at = self._clock.monotonic()
                log.info("%s is of %s and older than log.keep_days; it goes", one.path, _day(one.modified))
            if number < len(closed):
                one.path.unlink()
                deleted = True
            elif one.size:
                one.path.write_bytes(b"")
            self._closed_bytes -= one.size
        if deleted:
            sync_folder(self._files.path.parent)

    def _is_old(self, one: _Closed, pause: float) -> bool:
        is_old = one.modified < self._clock.now() - self._keep_seconds
        return is_old and self._clock.monotonic() >= self._by_age_at + pause

    def _dated(self, path: Path) -> _Closed:
        found, now = path.stat(), self._clock.now()
        is_of_no_time = found.st_mtime < NEVER_SET or (
            found.st_mtime > now + AHEAD_SECONDS and self._clock.is_steady()
        )
        if not is_of_no_time or now < NEVER_SET:
            return _Closed(path, found.st_size, found.st_mtime)
        with suppress(PermissionError):
            os.utime(path, (now, now))
            log.info("%s is of a time when the clock was wrong; its age counts from now", path)
        return _Closed(path, found.st_size, now)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
