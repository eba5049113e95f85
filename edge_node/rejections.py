"""Frames that are not looked at: one reason code, one counter, one warning."""

import logging
import threading

from edge_node.counters import Counters

log = logging.getLogger(__name__)

REMEMBERED_AT_MOST = 1_000


class Rejections:
    """Counts each; logs the first of a device and reason as WARNING, repeats as DEBUG. Any thread."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._lock = threading.Lock()
        self._known: set[tuple[str, str]] = set()

    def reject(self, device: str, reason: str, detail: str) -> None:
        self._counters.reject(device, reason)
        with self._lock:
            first = (device, reason) not in self._known and len(self._known) < REMEMBERED_AT_MOST
            if first:
                self._known.add((device, reason))
        level = logging.WARNING if first else logging.DEBUG
        log.log(level, "frame of %.80r rejected: %s (%.200s)", device, reason, detail)
