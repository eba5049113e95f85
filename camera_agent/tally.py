"""How many frames went out and how many were dropped, and saying so."""

import logging
import time
from collections import Counter
from collections.abc import Callable

log = logging.getLogger(__name__)

REPORT_SECONDS = 60.0


class Tally:
    """One camera's counters: a WARNING when a cause of drops first shows, then one INFO a minute."""

    def __init__(self, device: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.published = 0
        self.dropped: Counter[str] = Counter()
        self._device = device
        self._clock = clock
        self._told = (0, 0)
        self._next_report = clock() + REPORT_SECONDS

    def publish(self) -> None:
        self.published += 1
        self._report()

    def drop(self, cause: str) -> None:
        if not self.dropped[cause]:
            log.warning("%s: frames are dropped: %s", self._device, cause)
        self.dropped[cause] += 1
        self._report()

    def _report(self) -> None:
        now = self._clock()
        if now < self._next_report:
            return
        self._next_report = now + REPORT_SECONDS
        published, dropped = self._told
        self._told = (self.published, self.dropped.total())
        if self.dropped.total() > dropped:
            log.info(
                "%s: %d frames published, %d dropped in the last minute",
                self._device,
                self.published - published,
                self.dropped.total() - dropped,
            )
