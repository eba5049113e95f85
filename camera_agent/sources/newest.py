"""One slot between the thread that captures and the one that sends: a newer frame replaces an older one."""

import threading
import time
from collections.abc import Iterator

from camera_agent.pace import STEP_SECONDS, Pace
from camera_agent.sources import Captured, SourceError

STALL_SECONDS = 10.0


class Newest:
    """Frames never pile up here: at most one waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frame: Captured | None = None
        self._failure: SourceError | None = None
        self._stopped = False

    def put(self, frame: Captured) -> None:
        with self._changed:
            self._frame = frame
            self._changed.notify_all()

    def fail(self, error: SourceError) -> None:
        """Ends `frames` with this error, after the frame that waits."""
        with self._changed:
            self._failure = error
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def frames(self, pace: Pace) -> Iterator[Captured]:
        """Ends after `stop`. Raises SourceError after `fail`, and when no frame comes for too long."""
        since = time.monotonic()
        while True:
            with self._changed:
                stirred = self._changed.wait_for(self._stirs, STEP_SECONDS)
                if self._stopped:
                    return
                frame, self._frame = self._frame, None
                if frame is None and self._failure is not None:
                    raise self._failure
            if not stirred:
                pace.steps += 1
            patience_seconds = STALL_SECONDS + 2 * pace.period_seconds
            if frame is not None:
                yield frame
                since = time.monotonic()
            elif time.monotonic() - since > patience_seconds:
                raise SourceError(f"no frame for {patience_seconds:.0f} s")

    def _stirs(self) -> bool:
        return self._stopped or self._frame is not None or self._failure is not None
