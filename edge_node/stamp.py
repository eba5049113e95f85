"""What the logger adds to an event: when it was logged, and which of its times cannot be right."""

from datetime import UTC, datetime, timedelta
from typing import Any

from broker import timestamps
from broker.messages import Event

KNOWN_PAST = datetime(2025, 1, 1, tzinfo=UTC)
"""Before this program was made: a clock that says so was never set."""
AHEAD = timedelta(days=1)


STAMP = ("logged_at", "time_doubtful")


def stamped(document: dict[str, Any], event: Event, now: datetime) -> dict[str, Any]:
    """The event as it came, with this stamp in place of one that its sender made."""
    return {key: value for key, value in document.items() if key not in STAMP} | stamp(event, now)


def stamp(event: Event, now: datetime) -> dict[str, Any]:
    """`logged_at`, and `time_doubtful` with the names of the doubtful times where there are any.

    A time is doubtful before KNOWN_PAST and more than a day after `now`. While the logger's own clock is not
    set it judges nobody's future.
    """
    times = {
        "captured_at": event.captured_at,
        "received_at": event.received_at,
        "decided_at": event.decided_at,
        "logged_at": now,
    }
    latest = now + AHEAD if now >= KNOWN_PAST else None
    doubtful = [
        name for name, time in times.items() if time < KNOWN_PAST or (latest is not None and time > latest)
    ]
    stamped: dict[str, Any] = {"logged_at": timestamps.to_text(now)}
    if doubtful:
        stamped["time_doubtful"] = doubtful
    return stamped
