"""Questions to a node without a broker: the engine is scripted, the clock is the test's."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from broker import timestamps
from broker.errors import MessageError
from broker.publication import Publication
from broker.question import Form, Question
from broker.topics import Topics
from edge_node.counters import Counters
from edge_node.decide import Decider
from edge_node.gallery import Gallery
from edge_node.identifiers import uuid7
from edge_node.inbox import Inbox
from edge_node.persons import Persons
from edge_node.pipeline import Pipeline
from edge_node.presence import Presence
from edge_node.publish import Publisher
from edge_node.questions import Questions
from edge_node.rejections import Rejections
from edge_node.report import Arrival, Reporter
from edge_node.settings import NodeSettings, RequestsSettings
from edge_node.snapshot import snapshot
from edge_node.view import Views
from edge_node.visits import VisitFile
from edge_node.worker import Worker
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
            pipeline=self.pipeline,
            counters=self.counters,
            publish=self.publish,
            wake=self.inbox.wake,
            clock=lambda: self.now,
        )

    def worker(self, folder: Path) -> Worker:
        """The thread's work, by hand; folder: the node's state."""
        settings = NodeSettings(max_frame_age_seconds=1000)
        presence = Presence(
            node="node-1",
            topics=TOPICS,
            decider=self.pipeline.decider,
            views=self.pipeline.views,
            file=VisitFile(folder / "visits.json", self.pipeline.model),
            is_on=lambda _device: True,
            publish=self.publish,
            clock=timestamps.now,
            persons=Persons(TOPICS, self.publish, timestamps.now, is_asked_for=False),
        )
        return Worker(
            settings=settings,
            inbox=self.inbox,
            pipeline=self.pipeline,
            rejections=Rejections(self.counters),
            publisher=Publisher(
                settings=settings,
                quiet=(),
                topics=TOPICS,
                reporter=Reporter("node-1", self.pipeline.model),
                counters=self.counters,
                presence=presence,
                draw=snapshot,
                send=self.publish,
                post=lambda event: self.publish(event.to_publication(TOPICS)),
            ),
            presence=presence,
            questions=self.questions,
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
        return self.counters.node_stats("node-1", {}, 1.0).questions
