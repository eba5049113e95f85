"""What waits in an outbox, read from beside while the node is at work or after its end."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from msgspec import Struct

FILE = "outbox.db"
SUMS = """
SELECT count(*), coalesce(sum(length(payload)), 0), coalesce(sum(is_news), 0), min(at) FROM events
"""


class Waiting(Struct, frozen=True, kw_only=True):
    """oldest: since when the first one waits, in RFC 3339; dropped: given up since the outbox was made."""

    waiting: int
    bytes: int
    max_events: int
    max_bytes: int
    oldest: str | None
    not_published: int
    dropped: int
    devices: dict[str, int]

    @property
    def is_full(self) -> bool:
        return self.waiting >= self.max_events or self.bytes >= 0.99 * self.max_bytes

    def lines(self) -> Iterator[str]:
        state = "full" if self.is_full else "room for more"
        yield f"{self.waiting} of {self.max_events} events, {self.bytes} of {self.max_bytes} bytes: {state}"
        if self.oldest is not None:
            yield f"oldest since {self.oldest}; {self.not_published} not published yet"
        for device, count in self.devices.items():
            yield f"  {device}: {count}"
        if self.dropped:
            yield f"{self.dropped} given up since the outbox was made"
        yield "not counted: what is in the node's memory only, while its disk takes no more"


def read(file: Path, max_events: int, max_bytes: int) -> Waiting:
    """Raises sqlite3.Error, also where there is no outbox."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as run:
        run.text_factory = lambda text: text.decode("utf-8", "replace")
        # One transaction, so that the counts go together.
        run.execute("BEGIN")
        waiting, size, not_published, oldest = run.execute(SUMS).fetchone()
        (dropped,) = run.execute("SELECT count FROM tally WHERE name = 'dropped'").fetchone()
        devices = run.execute("SELECT device, count(*) FROM events GROUP BY device ORDER BY 1").fetchall()
    return Waiting(
        waiting=waiting,
        bytes=size,
        max_events=max_events,
        max_bytes=max_bytes,
        oldest=oldest,
        not_published=not_published,
        dropped=dropped,
        devices=dict(devices),
    )
