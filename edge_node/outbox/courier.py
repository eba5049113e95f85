"""Carries events from the outbox to the broker until they are acknowledged."""

import logging
import math
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from broker import timestamps
from broker.acknowledgement import Acknowledgement
from broker.errors import MessageError
from broker.handover import Handover, Receipt
from broker.messages import Event
from broker.publication import Publication
from broker.states import OutboxState
from broker.topics import Topics
from edge_node.outbox.filling import Filling
from edge_node.outbox.outbox import Outbox
from edge_node.outbox.row import Row

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.25
FINISH_SECONDS = 1.0
WINDOW = 20
PATIENCE_SECONDS = 2.0
PATIENCE_MOST_SECONDS = 5.0
LOSSES_SECONDS = 10.0


@dataclass(slots=True)
class _Sent:
    """An event under way. until: when it may be sent again; handover: while paho has it in hand."""

    row: Row
    at: float
    until: float
    handover: Handover | None = None


class Courier:
    """`post` and what is heard may come from any thread; `turn` is for a thread of its own.

    Each event goes to everybody once, as news; what the broker's answer does not settle goes again, to the
    logger alone. Twenty are under way at most. While nobody acknowledges, one is sent at a time, ever more
    rarely; the first acknowledgement opens the window again.
    """

    def __init__(
        self,
        *,
        node: str,
        outbox: Outbox,
        topics: Topics,
        by_logger: bool,
        publish: Callable[[Publication], Handover],
        is_connected: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node = node
        self._outbox = outbox
        self._topics = topics
        self._by_logger = by_logger
        self._publish = publish
        self._is_connected = is_connected
        self._clock = clock
        self._reports: queue.SimpleQueue[Receipt | Acknowledgement | None] = queue.SimpleQueue()
        self._is_renewed = False
        self._under_way: dict[str, _Sent] = {}
        self._by_mid: dict[int, str] = {}
        self._is_sending = False
        self._window = WINDOW
        self._patience = PATIENCE_SECONDS
        self._after = 0
        self._heard_at = clock()
        self._level = "ok"
        self._losses = (0, 0)
        self._told_at = -math.inf
        self._complaints: set[str] = set()

    def post(self, event: Event) -> None:
        """Returns when the event is on disk; it is published at once, or as soon as there is a connection."""
        self._outbox.put(event)
        self._reports.put(None)

    def answer(self, receipt: Receipt) -> None:
        """The broker's answers to all publications of the session, most of them to others' than these."""
        if self._is_sending or self._by_mid:
            self._reports.put(receipt)

    def receive(self, publication: Publication) -> None:
        """The logger's acknowledgements."""
        try:
            self._reports.put(Acknowledgement.from_json(publication.payload))
        except MessageError as error:
            self._complain(error.reason, "%.120r is no acknowledgement: %s", publication.topic, error)

    def births(self) -> Iterable[Publication]:
        """At each connect: how full the outbox is. What the broker had taken before counts as lost."""
        self._is_renewed = True
        self._reports.put(None)
        filling = self._outbox.filling
        self._losses = filling.losses
        return [self._state(filling)]

    def turn(self) -> None:
        """Waits a moment for something to do, and does it."""
        told: set[str] = set()
        gone: set[str] = set()
        for report in self._taken():
            if isinstance(report, Receipt):
                self._settle(report, told, gone)
            elif report.node == self._node:
                gone.update(report.event_ids)
                self._hear(report.event_ids)
        self._outbox.settle(told - gone, gone)
        self._outbox.tend()
        self._look_back()
        if self._is_connected():
            self._send_news()
            self._send_others()
        self._tell_filling()

    def finish(self) -> None:
        """Waits for the broker's answers, so that no news is told again after a clean end and a start."""
        deadline = self._clock() + FINISH_SECONDS
        self.turn()
        while self._by_mid and self._is_connected() and self._clock() < deadline:
            self.turn()

    def _taken(self) -> Iterator[Receipt | Acknowledgement]:
        try:
            report = self._reports.get(timeout=IDLE_SECONDS)
            while True:
                if report is not None:
                    yield report
                report = self._reports.get_nowait()
        except queue.Empty:
            return

    def _settle(self, receipt: Receipt, told: set[str], gone: set[str]) -> None:
        event_id = self._by_mid.pop(receipt.mid, None)
        sent = self._under_way.get(event_id) if event_id is not None else None
        if event_id is None or sent is None:
            return
        sent.handover = None
        if receipt.is_heard:
            told.add(event_id)
        if not self._by_logger and (receipt.is_heard or not (receipt.is_refused or sent.row.is_news)):
            # What is no news is for loggers alone: where there is none, nobody will ever subscribe to it.
            gone.add(event_id)
            self._hear([event_id])
        elif receipt.is_refused:
            sent.until = self._clock() + PATIENCE_MOST_SECONDS
            self._complain(receipt.reason, "the broker refuses an event: %s; it is kept", receipt.reason)

    def _hear(self, event_ids: Iterable[str]) -> None:
        for event_id in event_ids:
            self._under_way.pop(event_id, None)
        if self._window < WINDOW:
            self._after = 0
        self._window, self._patience = WINDOW, PATIENCE_SECONDS
        self._heard_at = self._clock()

    def _look_back(self) -> None:
        """Lets go of what was under way for long enough, or with a connection that is gone."""
        now = self._clock()
        is_renewed, self._is_renewed = self._is_renewed, False
        in_vain = False
        for event_id, sent in list(self._under_way.items()):
            if sent.handover is not None:
                # paho sends what the broker has not answered again by itself, after the next connect.
                if sent.handover.done:
                    # The answer is in the queue.
                    sent.handover, sent.until = None, max(sent.until, now + PATIENCE_SECONDS)
                continue
            if is_renewed or now >= sent.until:
                del self._under_way[event_id]
                in_vain = in_vain or (not sent.row.is_news and sent.at > self._heard_at)
        self._by_mid = {mid: one for mid, one in self._by_mid.items() if one in self._under_way}
        if is_renewed:
            self._after, self._window, self._patience = 0, WINDOW, PATIENCE_SECONDS
        elif in_vain:
            self._window, self._patience = 1, min(2 * self._patience, PATIENCE_MOST_SECONDS)

    def _send_news(self) -> None:
        room = WINDOW - len(self._by_mid)
        for row in self._outbox.news(self._under_way.keys(), room) if room > 0 else ():
            self._send(row)

    def _send_others(self) -> None:
        others = sum(not sent.row.is_news for sent in self._under_way.values())
        room = min(self._window - others, WINDOW - len(self._by_mid))
        if room <= 0:
            return
        rows = self._outbox.others(self._after, self._under_way.keys(), room)
        self._after = rows[-1].number if len(rows) == room else 0
        for row in rows:
            self._send(row)

    def _send(self, row: Row) -> None:
        now = self._clock()
        sent = self._under_way[row.event_id] = _Sent(row, now, now + self._patience)
        self._is_sending = True
        try:
            sent.handover = self._publish(row.to_publication(self._topics))
            self._by_mid[sent.handover.mid] = row.event_id
        except MessageError as error:
            self._complain(error.reason, "an event cannot be published: %s; it is kept", error)
        self._is_sending = False

    def _tell_filling(self) -> None:
        filling, now = self._outbox.filling, self._clock()
        if filling.level != self._level:
            level = logging.INFO if filling.level == "ok" else logging.WARNING
            text = "outbox %s: %d events wait to be acknowledged, %d were given up since it was made"
            log.log(level, text, filling.level, filling.waiting, filling.dropped)
            self._level = filling.level
        elif filling.losses == self._losses or now < self._told_at + LOSSES_SECONDS:
            return
        if self._is_connected():
            self._losses, self._told_at = filling.losses, now
            self._publish(self._state(filling))

    def _state(self, filling: Filling) -> Publication:
        return OutboxState(
            node=self._node,
            level=filling.level,
            waiting=filling.waiting,
            bytes=filling.bytes,
            dropped=filling.dropped,
            unsaved=filling.unsaved,
            updated_at=timestamps.now(),
        ).to_publication(self._topics)

    def _complain(self, reason: str, text: str, *values: object) -> None:
        log.log(logging.DEBUG if reason in self._complaints else logging.WARNING, text, *values)
        self._complaints.add(reason)
