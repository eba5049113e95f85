"""Questions to a node without a broker: the engine is scripted, the clock is the test's."""

import json
from typing import Any

import cv2
import numpy as np

from broker.errors import MessageError
from broker.publication import Publication
from broker.question import Form, Question
from broker.topics import Topics
from edge_node.counters import Counters
from edge_node.decide import Decider
from edge_node.gallery import Gallery
from edge_node.identifiers import uuid7
from edge_node.inbox import Inbox
from edge_node.pipeline import Pipeline
from edge_node.questions import Questions
from edge_node.report import Arrival
from edge_node.settings import RequestsSettings
from edge_node.view import Views
from tests.edge_node.people import view
from tests.edge_node.scripted_engine import MeanColour, ScriptedDetector

TOPICS = Topics()
REPLY_TO = "edge/replies/ann"
JPEG = cv2.imencode(".jpg", np.full((60, 80, 3), 128, np.uint8))[1].tobytes()


class Desk:
    """Questions, with what was published and counted."""

    def __init__(
        self,
        detector: ScriptedDetector | None = None,
        settings: RequestsSettings | None = None,
        limit: float = float("inf"),
    ) -> None:
        self.published: list[Publication] = []
        self.counters = Counters(0.0)
        self.now = 0.0
        self.inbox = Inbox[Arrival]()
        self._limit = limit
        self.pipeline = Pipeline(
            detector=detector or ScriptedDetector(),
            embedder=MeanColour(),
            gallery=Gallery.empty("scripted+mean-colour"),
            decider=Decider(uuid7),
            views=Views(view()),
        )
        self.questions = Questions(
            settings=settings or RequestsSettings(max_bytes=100_000, max_pixels=1_000_000, queue=3),
            node="node-1",
            topics=TOPICS,
            live=self.pipeline,
            stills=self.pipeline.around(lambda inner: inner),
            counters=self.counters,
            publish=self.publish,
            wake=self.inbox.wake,
            clock=lambda: self.now,
        )

    def publish(self, publication: Publication) -> None:
        if len(publication.payload) > self._limit:
            raise MessageError("too_large", "the broker takes less")
        self.published.append(publication)

    def ask(self, jpeg: bytes = JPEG, form: Form = "json", reply_to: str = REPLY_TO, **more: Any) -> None:
        question = Question(jpeg=jpeg, reply_to=reply_to, form=form, correlation=b"7", **more)
        self.questions.receive(question.to_publication(TOPICS))

    def answers(self) -> list[dict[str, Any]]:
        while self.questions.is_waiting:
            self.questions.answer_next()
        return [json.loads(one.payload) for one in self.published if one.content_type == "application/json"]

    @property
    def counted(self) -> dict[str, int]:
        return self.counters.stats("node-1", 0, 1.0).questions
