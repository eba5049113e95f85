"""The time of day, and whether it can be believed: small computers start in 1970, and some jump."""

import time
from collections.abc import Callable

STEADY_SECONDS = 3_600.0
JUMP_SECONDS = 60.0


class SteadyClock:
    """`clock`: seconds since 1970; `monotonic`: seconds that only grow."""

    def __init__(
        self, clock: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.monotonic = monotonic
        self._since = monotonic()
        self._ahead = clock() - self._since

    def now(self) -> float:
        """Seconds since 1970, right or wrong."""
        return self._clock()

    def is_steady(self) -> bool:
        """Whether it has gone with the monotonic clock for an hour, as far as was asked; for now and then."""
        monotonic = self.monotonic()
        ahead = self._clock() - monotonic
        if abs(ahead - self._ahead) > JUMP_SECONDS:
            self._since, self._ahead = monotonic, ahead
        return monotonic - self._since >= STEADY_SECONDS
