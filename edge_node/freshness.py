"""How old a frame is, with a camera whose clock may be wrong."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

STEADY_SECONDS = 5.0
DEVICES_AT_MOST = 1_000


@dataclass(slots=True)
class _Clock:
    """What is known of one camera's clock: by how much it is behind ours, and a guess under observation."""

    behind: float = 0.0
    guess: float = 0.0
    guessed_at: float = 0.0
    last_captured: datetime | None = None


class Freshness:
    """Ages of frames, by comparing capture times with the time of receipt.

    A Pi has no clock battery and may believe it is 1970, yet a stored frame that is sent again looks just the
    same. What tells them apart is time: capture times that run on at the pace of our own monotonic clock for
    five seconds come from a live camera, and its clock's error is allowed for from then on.
    """

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._clocks: OrderedDict[str, _Clock] = OrderedDict()

    def age(
        self,
        device: str,
        captured_at: datetime | None,
        received_at: datetime,
        monotonic: float,
        limit_seconds: float | None = None,
    ) -> float | None:
        """Seconds from capture to receipt, or None for a stale frame. Without a capture time it is 0.

        limit_seconds: for this frame, instead of the usual limit.
        """
        limit = self._limit if limit_seconds is None else limit_seconds
        if captured_at is None:
            return 0.0
        behind = (received_at - captured_at).total_seconds()
        clock = self._clock(device)
        for allowed in (0.0, clock.behind):
            if abs(behind - allowed) <= limit:
                clock.behind, clock.last_captured = allowed, captured_at
                return max(0.0, behind - allowed)
        advances = clock.last_captured is not None and captured_at > clock.last_captured
        clock.last_captured = captured_at
        if not advances or abs(behind - clock.guess) > limit:
            clock.guess, clock.guessed_at = behind, monotonic
        clock.guess = min(clock.guess, behind)
        if monotonic - clock.guessed_at < STEADY_SECONDS:
            return None
        clock.behind = clock.guess
        return max(0.0, behind - clock.behind)

    def _clock(self, device: str) -> _Clock:
        clock = self._clocks.setdefault(device, _Clock())
        self._clocks.move_to_end(device)
        if len(self._clocks) > DEVICES_AT_MOST:
            self._clocks.popitem(last=False)
        return clock
