"""The composition root of the recognition node: builds the parts and the threads, and takes them down."""

import logging
import math
import threading
import time
from collections.abc import Callable

from broker.errors import MessageError
from broker.handover import Handover
from broker.messages import Frame
from broker.publication import Publication
from broker.session import Session
from broker.states import status
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node import heap
from edge_node.assembly import build, build_presence
from edge_node.counters import Counters
from edge_node.feeds import Feeds
from edge_node.follow import Follower
from edge_node.homeassistant.announcer import Announcer
from edge_node.inbox import Inbox
from edge_node.outbox import waiting
from edge_node.outbox.courier import Courier
from edge_node.outbox.outbox import Outbox
from edge_node.publish import Publisher
from edge_node.questions import Questions
from edge_node.reception import Reception
from edge_node.rejections import Rejections
from edge_node.reloads import Reloads
from edge_node.report import Arrival, Reporter
from edge_node.settings import NodeConfig
from edge_node.snapshot import snapshot
from edge_node.switches import Switches
from edge_node.worker import Worker

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
FIRST_POLL_SECONDS = 30.0
IDLE_SECONDS = 0.5
DEVICES_AT_MOST = 1_000


class Node:
    """Threads: network (the session's), worker (owns the engine), gallery (follows the source), outbox (sends
    events until they are acknowledged); main waits.

    Raises EngineError when a model is missing. A bug on any thread sets `stop` and is kept in `bug`: the
    process is to end, and its supervisor starts it again.
    """

    def __init__(self, config: NodeConfig) -> None:
        self.stop = threading.Event()
        self.bug: Exception | None = None
        self._config = config
        self._topics = Topics(config.broker.prefix)
        self._counters = Counters(time.monotonic())
        self._rejections = Rejections(self._counters)
        self._inbox = Inbox[Arrival]()
        self._refresher, self._pipeline = build(config)
        self._pipeline.gallery = self._refresher.load()
        heap.trim()
        gallery = self._pipeline.gallery
        log.info(
            "engine %s; gallery by %s: %d people", self._pipeline.model, gallery.model, len(gallery.people)
        )
        state = config.node.state_folder()
        self._announcer = Announcer(config, self._publish)
        self._switches = Switches(state / "switches.json", config.node.id, self._topics, self._publish)
        self._presence = build_presence(config, self._pipeline, self._switches.is_on, self._publish)
        self._presence.resume({*config.cameras, *config.devices}, time.monotonic())
        self._met = {*config.cameras, *config.devices}
        self._reception = Reception(
            settings=config.node,
            topics=self._topics,
            feeds=Feeds(config.feeds),
            inbox=self._inbox,
            counters=self._counters,
            rejections=self._rejections,
            is_on=self._switches.is_on,
            hear=self._hear,
        )
        self._questions = Questions(
            settings=config.requests,
            node=config.node.id,
            topics=self._topics,
            pipeline=self._pipeline,
            counters=self._counters,
            publish=self._send,
            wake=self._inbox.wake,
        )
        self._reloads = Reloads(config.node.id, self._topics, self._publish)
        self._follower = Follower(
            self._refresher,
            self._pipeline,
            self._reloads,
            self._announcer,
            self._topics,
            config.gallery.poll_seconds,
            self._publish,
            self.stop,
        )
        self._outbox = Outbox(state / waiting.FILE, config.outbox)
        self._courier = Courier(
            node=config.node.id,
            outbox=self._outbox,
            topics=self._topics,
            by_logger=config.outbox.acknowledged_by == "logger",
            publish=self._send,
            is_connected=lambda: self._session.is_connected,
        )
        self._session = self._build_session()
        self._worker = Worker(
            settings=config.node,
            inbox=self._inbox,
            pipeline=self._pipeline,
            rejections=self._rejections,
            publisher=Publisher(
                settings=config.node,
                quiet=config.quiet,
                topics=self._topics,
                reporter=Reporter(config.node.id, self._pipeline.model),
                counters=self._counters,
                presence=self._presence,
                draw=snapshot,
                send=self._publish,
                post=self._courier.post,
            ),
            presence=self._presence,
            questions=self._questions,
        )
        self._threads = [
            threading.Thread(target=self._guard, args=(loop,), name=name, daemon=True)
            for name, loop in (
                ("worker", self._work),
                ("gallery", self._follower.run),
                ("outbox", self._carry),
            )
        ]
        self._turns_seen = 0
        self._stats_at = time.monotonic() + config.node.stats_seconds

    def start(self) -> None:
        """Returns when frames can arrive, or after a while without a broker."""
        self._session.start()
        for thread in self._threads:
            thread.start()
        self._session.wait_connected(CONNECT_SECONDS)

    def check(self) -> bool:
        """Publishes counters when they are due. Whether all threads live and the worker has turned since."""
        now = time.monotonic()
        if now >= self._stats_at:
            self._stats_at = now + self._config.node.stats_seconds
            node, replaced = self._config.node.id, self._inbox.replaced
            outbox = self._outbox.filling.counts()
            self._publish(self._counters.node_stats(node, replaced, now, outbox).to_publication(self._topics))
            for stats in self._counters.device_stats(node, replaced, now):
                self._publish(stats.to_publication(self._topics))
        self._announcer.check()
        turns, self._turns_seen = self._turns_seen, self._worker.turns
        alive = self._session.is_alive and all(thread.is_alive() for thread in self._threads)
        return alive and self._worker.turns != turns

    def shut_down(self) -> None:
        self.stop.set()
        self._reloads.end()
        for thread in self._threads:
            thread.join(2.0)
        self._presence.close(time.monotonic())
        self._outbox.close()
        self._session.stop([status(self._topics.node_status(self._config.node.id), "offline")])

    def _build_session(self) -> Session:
        node, topics = self._config.node, self._topics
        requests = (
            Subscription(topics.questions_filter(), self._questions.receive, qos=1),
            Subscription(topics.requests("reload"), self._reloads.receive, qos=1),
        )
        return Session(
            self._config.broker,
            client_id=node.id,
            subscriptions=[
                *self._reception.subscriptions(),
                *self._announcer.subscriptions(),
                Subscription(topics.device_enabled_set("+"), self._switches.receive, qos=1),
                Subscription(topics.node_enabled_set(node.id), self._switches.receive, qos=1),
                Subscription(topics.acks(node.id), self._courier.receive, qos=1),
                *(requests if self._config.requests.enabled else ()),
            ],
            will=status(topics.node_status(node.id), "offline"),
            births=lambda: (
                status(topics.node_status(node.id), "online"),
                self._refresher.state().to_publication(topics),
                self._switches.node_state(),
                *(self._switches.device_state(device) for device in sorted(self._met)),
                *self._presence.births(),
                *self._announcer.births(),
                *self._courier.births(),
            ),
            on_bug=self._fail,
            on_receipt=self._courier.answer,
        )

    def _publish(self, publication: Publication) -> None:
        """What the broker would not take, such as a picture beyond its limit, is lost with a warning."""
        try:
            self._session.publish(publication)
        except MessageError as error:
            log.warning("not published: %s", error)

    def _send(self, publication: Publication) -> Handover:
        return self._session.publish(publication)

    def _hear(self, frame: Frame) -> None:
        if frame.device not in self._met and len(self._met) < DEVICES_AT_MOST:
            self._met.add(frame.device)
            self._publish(self._switches.device_state(frame.device))
        if not frame.test:
            self._announcer.hear(frame.device)

    def _work(self) -> None:
        """Frames wait for the first poll: before it the family would be strangers."""
        waited_until = time.monotonic() + (FIRST_POLL_SECONDS if self._pipeline.gallery.people else math.inf)
        while not self.stop.is_set() and not self._follower.polled.wait(IDLE_SECONDS):
            self._worker.turns += 1
            if time.monotonic() > waited_until:
                break
        while not self.stop.is_set():
            self._worker.turn()

    def _carry(self) -> None:
        while not self.stop.is_set():
            self._courier.turn()
        self._threads[0].join(2.0)
        self._courier.finish()

    def _guard(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception as error:  # noqa: BLE001  a thread that ends unseen would leave the others idle
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if not self.stop.is_set():
            log.critical("a bug; the process ends and is to be started again", exc_info=error)
            self.bug = error
            self.stop.set()
