"""Between the network's thread and the writer's: publications that wait to be written."""

import logging
import queue
import time

from broker.publication import Publication

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5
COMPANY_SECONDS = 0.003
UNASKED_AT_MOST = 100
SAID_SECONDS = 60.0


class Arrivals:
    """`put` is for the network's thread, `gathered` for the writer's.

    Of what comes at QoS 1 the broker has no more under way than it may. What comes at QoS 0 has no such bound
    and no promise: while a hundred wait, more of them are dropped and counted.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._queue: queue.SimpleQueue[Publication] = queue.SimpleQueue()
        self._company = 0
        self._said_at: float | None = None
        self.dropped = 0

    def put(self, publication: Publication) -> None:
        if publication.qos == 0 and self._queue.qsize() >= UNASKED_AT_MOST:
            self._drop()
        else:
            self._queue.put(publication)

    def gathered(self) -> list[Publication]:
        """What has come, and for a moment what may come: as many as the last time share one sync."""
        gathered: list[Publication] = []
        wait = IDLE_SECONDS
        try:
            while len(gathered) < self._most:
                gathered.append(self._queue.get(timeout=wait))
                wait = COMPANY_SECONDS if len(gathered) < self._company else 0.0
        except queue.Empty:
            pass
        self._company = len(gathered)
        return gathered

    def _drop(self) -> None:
        self.dropped += 1
        now = time.monotonic()
        if self._said_at is None or now >= self._said_at + SAID_SECONDS:
            log.warning("%d events dropped: at QoS 0 they come faster than they are written", self.dropped)
            self._said_at = now
