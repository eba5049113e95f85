"""Persists every event as one line of JSON, acknowledged to the broker only when it is on disk."""

import json
import logging
import threading
import time
from collections import OrderedDict
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from broker import strict_json, timestamps
from broker.acknowledgement import Acknowledgement
from broker.errors import MessageError
from broker.messages import Event, Id
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.arrivals import Arrivals
from edge_node.quarantine import Quarantine
from edge_node.sinks.rotation import RotatingLines
from edge_node.stamp import stamped

log = logging.getLogger(__name__)

T = TypeVar("T")

CLIENT_ID = "edge-logger"
SESSION_EXPIRY_SECONDS = 7 * 86_400
CONNECT_SECONDS = 10.0
UNDER_WAY_AT_MOST = 50
IDS_REMEMBERED = 100_000
RETRY_SECONDS = 1.0


class EventLogger:
    """Takes events from a session of its own and appends them to the log.

    The network thread only queues; the writer thread puts what has gathered on disk with one sync and then
    acknowledges, to the broker and to the node. While the disk is full nothing is acknowledged and the same
    lines are tried again. An event seen before is acknowledged and not written; what is no event goes to
    quarantine.
    """

    def __init__(self, settings: BrokerSettings, records: RotatingLines, quarantine: Quarantine) -> None:
        self._topics = topics = Topics(settings.prefix)
        self.session = Session(
            settings,
            client_id=CLIENT_ID,
            subscriptions=[
                Subscription(topics.events_filter(), self._receive, qos=1),
                Subscription(topics.muted_filter(), self._receive, qos=1),
                Subscription(topics.again_filter(), self._receive, qos=1),
            ],
            expiry_seconds=SESSION_EXPIRY_SECONDS,
            receive_maximum=UNDER_WAY_AT_MOST,
            manual_ack=True,
            on_bug=self._fail,
        )
        self.stop = threading.Event()
        self.bug: Exception | None = None
        self._turns = self._turns_seen = 0
        self._writer = threading.Thread(target=self._write_on, name="writer", daemon=True)
        self._records = records
        self._quarantine = quarantine
        self.arrivals = Arrivals(UNDER_WAY_AT_MOST)
        self._held: list[Publication] = []
        self._failing = False
        self._complaints: set[str] = set()
        self._known: OrderedDict[str, None] = OrderedDict()
        for line in records.tail(IDS_REMEMBERED):
            self._remember(_id_of(line))

    def start(self) -> None:
        """Returns when events can arrive, or after a while without a broker."""
        self.session.start()
        self._writer.start()
        self.session.wait_connected(CONNECT_SECONDS)

    def check(self) -> bool:
        """Whether both threads live and the writer has turned since the last time."""
        turns, self._turns_seen = self._turns_seen, self._turns
        return self.session.is_alive and self._writer.is_alive() and self._turns != turns

    def shut_down(self) -> None:
        """What is not on disk by now stays with the broker and comes again at the next start."""
        self.stop.set()
        self._writer.join(2.0)
        self.session.stop()
        self._records.close()
        self._quarantine.close()

    def turn(self) -> None:
        """Waits a moment for events and puts what has come on disk."""
        self._turns += 1
        self._records.tend()
        if not self._held:
            self._held = self.arrivals.gathered()
        if not self._held:
            return
        try:
            safe = self._write(self._held)
        except OSError as error:
            level = logging.DEBUG if self._failing else logging.ERROR
            log.log(level, "cannot write %s: %s; events wait at the broker", self._records.path, error)
            self._failing = True
            time.sleep(RETRY_SECONDS)
            return
        if self._failing:
            log.warning("%s can be written again", self._records.path)
            self._failing = False
        self._acknowledge(self._held, safe)
        self._held = []

    def _write_on(self) -> None:
        try:
            while not self.stop.is_set():
                self.turn()
        except Exception as error:  # noqa: BLE001  a writer that ends unseen would leave events unwritten
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        log.critical("a bug; the process ends and is to be started again", exc_info=error)
        self.bug = error
        self.stop.set()

    def _receive(self, publication: Publication) -> None:
        self.arrivals.put(publication)

    def _write(self, held: list[Publication]) -> dict[str, dict[str, None]]:
        """Puts them on disk. Which nodes may forget which events: those in the log, now or before, and those
        in quarantine that came where their node publishes such events."""
        lines: dict[str, bytes] = {}
        refused: list[tuple[Publication, MessageError]] = []
        safe: dict[str, dict[str, None]] = {}
        for publication in held:
            try:
                event, line = _line_of(publication)
            except MessageError as error:
                self._complain(publication, error)
                refused.append((publication, error))
                continue
            safe.setdefault(event.node, {})[event.event_id] = None
            if event.event_id not in self._known:
                lines.setdefault(event.event_id, line)
        if lines:
            self._records.append([*lines.values()])
        for event_id in lines:
            self._remember(event_id)
        if refused and self._quarantine.keep(refused):
            for publication, _ in refused:
                origin = _origin_of(publication)
                if origin is not None:
                    safe.setdefault(origin.node, {})[origin.event_id] = None
        return safe

    def _acknowledge(self, held: list[Publication], safe: dict[str, dict[str, None]]) -> None:
        """To the broker in the order of arrival; then to the nodes, whose outboxes may forget the events."""
        for publication in held:
            self.session.acknowledge(publication)
        for node, event_ids in safe.items():
            acknowledgement = Acknowledgement(node=node, event_ids=[*event_ids])
            try:
                self.session.publish(acknowledgement.to_publication(self._topics))
            except MessageError as error:
                log.warning("events of %s cannot be acknowledged: %s", node, error)

    def _complain(self, publication: Publication, error: MessageError) -> None:
        level = logging.DEBUG if error.reason in self._complaints else logging.WARNING
        log.log(level, "%.120r is no event: %s", publication.topic, error)
        self._complaints.add(error.reason)

    def _remember(self, event_id: str | None) -> None:
        if event_id is not None:
            self._known[event_id] = None
            if len(self._known) > IDS_REMEMBERED:
                self._known.popitem(last=False)


def _line_of(publication: Publication) -> tuple[Event, bytes]:
    """The event as it came, unknown keys too, and its stamp, on one line. Raises MessageError."""
    event = Event.from_json(publication.payload)
    if not _is_topic_of(publication, event.device, event.event_type.value):
        raise MessageError(
            "bad_topic", f"event of {event.device}/{event.event_type} on {publication.topic:.120}"
        )
    document = stamped(strict_json.loads(publication.payload), event, timestamps.now())
    line = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return event, line.encode()


def _is_topic_of(publication: Publication, device: str, event_type: str) -> bool:
    return publication.topic.split("/")[-2:] == [device, event_type]


def _origin_of(publication: Publication) -> "_Origin | None":
    """Whose event it is, if it is none for its contents only and came on the topic of its own."""
    origin = _decoded(publication.payload, _Origin)
    if origin is None or not _is_topic_of(publication, origin.device, origin.event_type):
        return None
    return origin


def _id_of(line: bytes) -> str | None:
    identified = _decoded(line, _Identified)
    return None if identified is None else identified.event_id


def _decoded(line: bytes, into: type[T]) -> T | None:
    """The few keys that are wanted, of an event or of what is no event in other ways."""
    try:
        return msgspec.json.decode(line, type=into)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Identified(msgspec.Struct):
    event_id: str


class _Origin(msgspec.Struct):
    event_id: Annotated[str, Meta(min_length=1, max_length=64)]
    node: Id
    device: str
    event_type: str
