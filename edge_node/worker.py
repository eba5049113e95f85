"""The thread that owns the engine: takes frames from the inbox and says what is on them."""

import time
from dataclasses import replace

from edge_node.errors import DecodeError, EngineError
from edge_node.freshness import Freshness
from edge_node.gallery import Gallery
from edge_node.inbox import Inbox
from edge_node.look import look
from edge_node.pipeline import Pipeline
from edge_node.presence import Presence
from edge_node.publish import Publisher
from edge_node.questions import Questions
from edge_node.rejections import Rejections
from edge_node.report import Arrival
from edge_node.settings import NodeSettings

IDLE_SECONDS = 0.5


class Worker:
    """One frame at a time, newest first for each camera. `turns` grows while the loop is not stuck."""

    def __init__(
        self,
        *,
        settings: NodeSettings,
        inbox: Inbox[Arrival],
        pipeline: Pipeline,
        rejections: Rejections,
        publisher: Publisher,
        presence: Presence,
        questions: Questions,
    ) -> None:
        self.turns = 0
        self._settings = settings
        self._inbox = inbox
        self._pipeline = pipeline
        self._rejections = rejections
        self._publisher = publisher
        self._presence = presence
        self._questions = questions
        self._freshness = Freshness(settings.max_frame_age_seconds)
        self._gallery: Gallery | None = None

    def turn(self) -> None:
        """Waits a moment for a frame or a question and answers it. What it raises is a bug."""
        self.turns += 1
        questions = self._questions
        patience = 0.0 if questions.is_waiting else IDLE_SECONDS
        taken = None if questions.is_due else self._inbox.take(patience)
        began = time.monotonic()
        if taken is None:
            questions.answer_next()
        else:
            self._answer(taken[1])
            questions.spend_on_frame(time.monotonic() - began)
        self._tell(None if taken is None else taken[0])

    def _tell(self, device: str | None) -> None:
        """Who is before the cameras now; device: of which a frame has come."""
        if self._pipeline.gallery is not self._gallery:
            self._gallery = self._pipeline.gallery
            self._presence.enrol(self._gallery.people)
        self._presence.update(time.monotonic(), device)

    def _answer(self, arrival: Arrival) -> None:
        frame = arrival.frame
        limit = arrival.max_age_seconds or self._settings.max_frame_age_seconds
        age = self._freshness.age(
            frame.device, frame.captured_at, arrival.received_at, arrival.monotonic, limit
        )
        if age is None or age + time.monotonic() - arrival.monotonic > limit:
            clocks = (
                f"captured {frame.captured_at}, received {arrival.received_at}; is the camera's clock right?"
            )
            self._reject(arrival, "stale", clocks)
            return
        arrival = replace(arrival, age=age)
        try:
            outcome = look(
                self._pipeline,
                frame.device,
                frame.jpeg,
                arrival.monotonic,
                max_bytes=self._settings.max_frame_bytes,
                max_pixels=self._settings.max_frame_pixels,
            )
        except DecodeError as error:
            self._reject(arrival, error.reason, str(error))
            return
        except EngineError as error:
            self._reject(arrival, "engine", str(error))
            return
        decided = time.monotonic()
        self._publisher.answer(arrival, outcome, decided)

    def _reject(self, arrival: Arrival, reason: str, detail: str) -> None:
        self._rejections.reject(arrival.frame.device, reason, detail)
        self._publisher.reject(arrival, reason, self._pipeline.gallery.version)
