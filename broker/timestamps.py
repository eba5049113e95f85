"""Times on the wire: RFC 3339, UTC, milliseconds, as in `2026-01-31T12:00:00.000Z`."""

from datetime import UTC, datetime

from broker.errors import MessageError


def now() -> datetime:
    """The wall clock, in UTC. For display and for the wire only: intervals use a monotonic clock."""
    return datetime.now(UTC)


def to_text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """Reads an RFC 3339 time; one without a zone is refused with MessageError."""
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise MessageError("bad_time", f"time without a zone: {text[:40]!r}")
        return time.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MessageError("bad_time", f"not an RFC 3339 time: {text[:40]!r}") from error
