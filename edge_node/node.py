"""The composition root of the recognition node: builds the parts and the threads, and takes them down."""

import logging
import math
import threading
import time
from collections.abc import Callable

from broker import timestamps
from broker.errors import MessageError
from broker.messages import Frame
from broker.publication import Publication
from broker.session import Session
from broker.states import status
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.assembly import beside, build
from edge_node.counters import Counters
from edge_node.inbox import Inbox
from edge_node.questions import Questions
from edge_node.rejections import Rejections
from edge_node.reloads import SECONDS_BETWEEN, Reloads
from edge_node.report import Arrival
from edge_node.settings import NodeConfig
from edge_node.worker import Worker

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
FIRST_POLL_SECONDS = 30.0
IDLE_SECONDS = 0.5


class Node:
    """Threads: network (the session's), worker (owns the engine), gallery (follows the source); main waits.

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
        gallery = self._pipeline.gallery
        log.info(
            "engine %s; gallery by %s: %d people", self._pipeline.model, gallery.model, len(gallery.people)
        )
        self._questions = Questions(
            settings=config.requests,
            node=config.node.id,
            topics=self._topics,
            live=self._pipeline,
            stills=beside(self._pipeline, config),
            counters=self._counters,
            publish=self._publish,
            wake=self._inbox.wake,
        )
        self._reloads = Reloads(config.node.id, self._topics, self._publish)
        self._session = self._build_session()
        self._worker = Worker(
            settings=config.node,
            topics=self._topics,
            inbox=self._inbox,
            pipeline=self._pipeline,
            counters=self._counters,
            rejections=self._rejections,
            publish=self._session.publish,
            questions=self._questions,
        )
        self._threads = [
            threading.Thread(target=self._guard, args=(loop,), name=name, daemon=True)
            for name, loop in (("worker", self._work), ("gallery", self._follow_gallery))
        ]
        self._polled = threading.Event()
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
            stats = self._counters.stats(self._config.node.id, self._inbox.replaced, now)
            self._session.publish(stats.to_publication(self._topics))
        turns, self._turns_seen = self._turns_seen, self._worker.turns
        alive = self._session.is_alive and all(thread.is_alive() for thread in self._threads)
        return alive and self._worker.turns != turns

    def shut_down(self) -> None:
        self.stop.set()
        self._reloads.end()
        self._session.stop([status(self._topics.node_status(self._config.node.id), "offline")])
        for thread in self._threads:
            thread.join(2.0)

    def _build_session(self) -> Session:
        node = self._config.node
        status_topic = self._topics.node_status(node.id)
        return Session(
            self._config.broker,
            client_id=node.id,
            subscriptions=[
                Subscription(self._topics.frames_filter(node.shared_group), self._receive),
                *(self._requests() if self._config.requests.enabled else ()),
            ],
            will=status(status_topic, "offline"),
            births=lambda: (
                status(status_topic, "online"),
                self._refresher.state().to_publication(self._topics),
            ),
            on_bug=self._fail,
        )

    def _requests(self) -> list[Subscription]:
        return [
            Subscription(self._topics.questions_filter(), self._questions.receive, qos=1),
            Subscription(self._topics.requests("reload"), self._reloads.receive, qos=1),
        ]

    def _publish(self, publication: Publication) -> None:
        self._session.publish(publication)

    def _receive(self, publication: Publication) -> None:
        self._counters.receive()
        try:
            frame = Frame.from_publication(publication, self._topics)
        except MessageError as error:
            self._rejections.reject(self._topics.device_of(publication.topic), error.reason, str(error))
            return
        size = len(frame.jpeg)
        if size > self._config.node.max_frame_bytes:
            self._rejections.reject(frame.device, "too_large", f"{size} bytes")
        elif not self._inbox.put(frame.device, Arrival(frame, timestamps.now(), time.monotonic())):
            self._rejections.reject(frame.device, "crowded", "too many cameras wait at once")

    def _work(self) -> None:
        """Frames wait for the first poll: before it the family would be strangers."""
        patience = FIRST_POLL_SECONDS if self._pipeline.gallery.people else math.inf
        waited_until = time.monotonic() + patience
        while not self.stop.is_set() and not self._polled.wait(IDLE_SECONDS):
            self._worker.turns += 1
            if time.monotonic() > waited_until:
                break
        while not self.stop.is_set():
            self._worker.turn()

    def _follow_gallery(self) -> None:
        while not self.stop.is_set():
            askers = self._reloads.take()
            gallery = self._refresher.poll()
            if gallery is not None:
                self._pipeline.gallery = gallery
                log.info("gallery %s: %d people", gallery.version, len(gallery.people))
            state = self._refresher.state()
            self._session.publish(state.to_publication(self._topics))
            self._reloads.answer(askers, state)
            self._polled.set()
            pause = min(SECONDS_BETWEEN, self._config.gallery.poll_seconds)
            if not self.stop.wait(pause):
                self._reloads.wait(self._config.gallery.poll_seconds - pause)

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
