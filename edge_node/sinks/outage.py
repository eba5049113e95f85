"""While a sink cannot deliver: why, said when it changes, and how long until the next attempt."""

import logging
import time

from edge_node.sinks.sink import SinkError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
PAUSE_AT_MOST_SECONDS = 60.0
SAY_AGAIN_SECONDS = 600.0

_Cause = tuple[object, ...]


class Outage:
    """Pauses double. A cause is said when it is another than the one said last; of causes that alternate
    each is said every ten minutes at most."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pause: float | None = None
        self._last: _Cause | None = None
        self._due: dict[_Cause, float] = {}

    def failed(self, step: str, error: Exception) -> float:
        """Seconds until the next attempt. step: what was under way."""
        cause, now = (step, *_cause(error)), time.monotonic()
        is_new = cause != self._last and now >= self._due.get(cause, now)
        bug = None if isinstance(error, SinkError | OSError) else error
        log.log(
            logging.WARNING if is_new else logging.DEBUG,
            "sink %s: %s; events wait in the log", self._name, error, exc_info=bug,
        )  # fmt: skip
        if is_new:
            self._last = cause
            self._due[cause] = now + SAY_AGAIN_SECONDS
        pause = PAUSE_SECONDS if self._pause is None else self._pause
        self._pause = min(pause * 2, PAUSE_AT_MOST_SECONDS)
        return pause

    def end(self) -> None:
        """Something went well; nothing happens when nothing had failed."""
        if self._last is not None:
            log.warning("sink %s goes on", self._name)
            self._pause = self._last = None
            self._due = {}


def _cause(error: Exception) -> _Cause:
    """By status or by kind: what stands in the text may differ from attempt to attempt."""
    if isinstance(error, SinkError) and error.status is not None:
        return (error.status,)
    origin: BaseException = error
    while origin.__cause__ is not None:
        origin = origin.__cause__
    return type(origin), origin.errno if isinstance(origin, OSError) else None
