"""The thread that owns the engine: takes frames from the inbox and says what is on them."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from broker.publication import Publication
from broker.topics import Topics
from edge_node.counters import Counters
from edge_node.decode import decode
from edge_node.errors import DecodeError, EngineError
from edge_node.freshness import Freshness
from edge_node.identifiers import uuid7
from edge_node.inbox import Inbox
from edge_node.pipeline import Pipeline
from edge_node.questions import Questions
from edge_node.rejections import Rejections
from edge_node.report import Arrival, Reporter
from edge_node.settings import NodeSettings

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.5


class Worker:
    """One frame at a time, newest first for each camera. `turns` grows while the loop is not stuck."""

    def __init__(
        self,
        *,
        settings: NodeSettings,
        topics: Topics,
        inbox: Inbox[Arrival],
        pipeline: Pipeline,
        counters: Counters,
        rejections: Rejections,
        publish: Callable[[Publication], object],
        questions: Questions,
    ) -> None:
        self.turns = 0
        self._settings = settings
        self._topics = topics
        self._inbox = inbox
        self._pipeline = pipeline
        self._counters = counters
        self._rejections = rejections
        self._publish = publish
        self._questions = questions
        self._freshness = Freshness(settings.max_frame_age_seconds)
        self._reporter = Reporter(settings.id, pipeline.model)

    def turn(self) -> None:
        """Waits a moment for a frame or a question and answers it. What it raises is a bug."""
        self.turns += 1
        questions = self._questions
        patience = 0.0 if questions.is_waiting else IDLE_SECONDS
        taken = None if questions.is_due else self._inbox.take(patience)
        if taken is None:
            questions.answer_next()
            return
        began = time.monotonic()
        self._answer(taken[1])
        questions.spend_on_frame(time.monotonic() - began)

    def _answer(self, arrival: Arrival) -> None:
        frame = arrival.frame
        age = self._freshness.age(frame.device, frame.captured_at, arrival.received_at, arrival.monotonic)
        limit = self._settings.max_frame_age_seconds
        if age is None or age + time.monotonic() - arrival.monotonic > limit:
            clocks = (
                f"captured {frame.captured_at}, received {arrival.received_at}; is the camera's clock right?"
            )
            self._reject(arrival, "stale", clocks)
            return
        arrival = replace(arrival, age=age)
        try:
            image = decode(
                frame.jpeg,
                max_bytes=self._settings.max_frame_bytes,
                max_pixels=self._settings.max_frame_pixels,
            )
        except DecodeError as error:
            self._reject(arrival, error.reason, str(error))
            return
        try:
            outcome = self._pipeline.process(frame.device, image, arrival.monotonic)
        except EngineError as error:
            self._reject(arrival, "engine", str(error))
            return
        decided = time.monotonic()
        frame_size = (image.shape[1], image.shape[0])
        for decision in outcome.decisions:
            event = self._reporter.event(uuid7(), arrival, decision, outcome, frame_size, decided)
            self._publish(event.to_publication(self._topics))
            self._counters.event(event.event_type.value)
            log.info("%s: %s %s (%s)", event.device, event.event_type, event.person or "", event.reason)
        self._publish(self._reporter.observation(arrival, outcome, frame_size).to_publication(self._topics))
        self._counters.process(len(outcome.faces), age + decided - arrival.monotonic, decided)

    def _reject(self, arrival: Arrival, reason: str, detail: str) -> None:
        self._rejections.reject(arrival.frame.device, reason, detail)
        rejection = self._reporter.rejection(arrival, reason, self._pipeline.gallery.version)
        self._publish(rejection.to_publication(self._topics))
