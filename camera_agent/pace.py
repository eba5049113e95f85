"""Turns at a set rate, without drift."""

import threading
import time
from collections.abc import Callable

EARLY = 0.25
"""Share of a period by which a frame may come early and still have the turn: a camera that runs at the set
rate jitters around it, and would lose every other frame without."""


STEP_SECONDS = 0.5


class Pace:
    """A turn every 1/fps seconds of the monotonic clock. Missed turns are not made up for.

    `steps` counts the half seconds that the camera's thread waited for a turn or a frame and was well.
    """

    def __init__(self, fps: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.fps = fps
        self.steps = 0
        self._clock = clock
        self._due = clock()
        self._change = threading.Lock()

    @property
    def period_seconds(self) -> float:
        return 1 / self.fps

    def change(self, fps: float) -> None:
        """From now on, also for a turn that is being waited for."""
        with self._change:
            self.fps = fps
            self._due = min(self._due, self._clock() + self.period_seconds)

    def admits(self) -> bool:
        """Whether a frame that comes now has a turn. For cameras, which are faster than the set rate."""
        with self._change:
            now = self._clock()
            if now < self._due - EARLY * self.period_seconds:
                return False
            self._take(now)
            return True

    def wait(self, stop: threading.Event) -> bool:
        """Blocks until the next turn; False when stopped. For pictures that wait to be sent."""
        while (left := self._due - self._clock()) > STEP_SECONDS:
            if stop.wait(STEP_SECONDS):
                return False
            self.steps += 1
        if stop.wait(max(0.0, left)):
            return False
        with self._change:
            self._take(self._clock())
        return True

    def _take(self, now: float) -> None:
        self._due += self.period_seconds
        if self._due < now:
            self._due = now + self.period_seconds
