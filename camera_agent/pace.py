"""Turns at a set rate, without drift."""

import threading
import time
from collections.abc import Callable

EARLY = 0.25
"""Share of a period by which a frame may come early and still have the turn: a camera that runs at the set
rate jitters around it, and would lose every other frame without."""


class Pace:
    """A turn every 1/fps seconds of the monotonic clock. Missed turns are not made up for."""

    def __init__(self, fps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.fps = fps
        self.period_seconds = 1 / fps
        self._clock = clock
        self._due = clock()

    def admits(self) -> bool:
        """Whether a frame that comes now has a turn. For cameras, which are faster than the set rate."""
        now = self._clock()
        if now < self._due - EARLY * self.period_seconds:
            return False
        self._take(now)
        return True

    def wait(self, stop: threading.Event) -> bool:
        """Blocks until the next turn; False when stopped. For pictures that wait to be sent."""
        if stop.wait(max(0.0, self._due - self._clock())):
            return False
        self._take(self._clock())
        return True

    def _take(self, now: float) -> None:
        self._due += self.period_seconds
        if self._due < now:
            self._due = now + self.period_seconds
