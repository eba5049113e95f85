"""A sink of the tests' own, and its delivery at work."""

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge_node.log_files import LogFiles
from edge_node.sinks.delivery import Delivery
from edge_node.sinks.sink import Record, SinkError
from edge_node.synced import Synced


class Collector:
    """A sink that refuses what it is told to."""

    batch = 5

    def __init__(self) -> None:
        self.got: list[str] = []
        self.refuses: Container[str] = ()
        self.stumbles_over: set[str] = set()
        self.is_away = False
        self.asked = 0
        self.tires_after: int | None = None

    def deliver(self, records: Sequence[Record]) -> bool:
        self.asked += 1
        if self.is_away:
            raise SinkError("away")
        if self.tires_after is not None and self.asked % self.tires_after == 0:
            raise SinkError("too many requests")
        found = [one["event_id"] for one in records]
        if any(one in self.refuses for one in found):
            raise SinkError("not that", is_final=True, status=400)
        if self.stumbles_over & set(found):
            raise KeyError("a bug")
        self.got += found
        return True


def is_idle(delivery: Delivery) -> bool:
    """Whether it has had all that is in the log, and has noted so."""
    return delivery._place == LogFiles(delivery._files.path).end() and delivery._has_all


@contextmanager
def delivering(
    sink: Collector,
    logged: Path,
    *,
    backfill: bool = True,
    synced: Callable[[], Synced] | None = None,
) -> Iterator[Delivery]:
    folder = logged.parent / "sinks"
    delivery = Delivery("collector", lambda: sink, logged, folder, backfill=backfill, synced=synced)
    delivery.start()
    try:
        yield delivery
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
