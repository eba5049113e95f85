"""Questions over MQTT: who is on this picture? From the network thread, through a queue, to the worker."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from broker.errors import MessageError
from broker.messages import JPEG
from broker.publication import Publication
from broker.question import Form, Question, address
from broker.replies import Recognition, Refusal
from broker.topics import Topics
from edge_node.backlog import Backlog
from edge_node.counters import Counters
from edge_node.decode import decode
from edge_node.draw import draw, label
from edge_node.encode import encode
from edge_node.errors import DecodeError, EngineError
from edge_node.faces import Face, Image
from edge_node.pipeline import Pipeline
from edge_node.report import recognised
from edge_node.settings import RequestsSettings
from edge_node.still import recognise

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A question with the times of its receipt and of its end, in monotonic seconds."""

    question: Question
    since: float
    until: float


class Questions:
    """Takes questions from the network thread and answers them on the worker's, one at a time.

    wake: called when a question waits. clock: monotonic seconds.

    While frames wait as well, they have the engine for as long as the last question had it before the next
    one is due: neither a flood of questions nor four busy cameras take more than half of the time.
    """

    def __init__(
        self,
        *,
        settings: RequestsSettings,
        node: str,
        topics: Topics,
        pipeline: Pipeline,
        counters: Counters,
        publish: Callable[[Publication], object],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._node = node
        self._topics = topics
        self._pipeline = pipeline
        self._counters = counters
        self._publish = publish
        self._wake = wake
        self._clock = clock
        self._backlog = Backlog[_Waiting](settings.queue)
        self._owed_seconds = 0.0
        self._warned: set[str] = set()

    @property
    def is_waiting(self) -> bool:
        return len(self._backlog) > 0

    @property
    def is_due(self) -> bool:
        """Whether a question waits and has precedence over a frame."""
        return self._owed_seconds <= 0 and self.is_waiting

    def spend_on_frame(self, seconds: float) -> None:
        """The engine was busy with a frame for so long."""
        self._owed_seconds = max(0.0, self._owed_seconds - seconds)

    def receive(self, publication: Publication) -> None:
        """For the network thread: reads the envelope and returns."""
        try:
            reply_to, correlation = address(publication, self._topics)
        except MessageError as error:
            self._count(error.reason, str(error))
            return
        try:
            question = Question.from_publication(publication, self._topics)
        except MessageError as error:
            self._refuse(reply_to, correlation, error.reason, str(error))
            return
        size, most = len(question.jpeg), self._settings.max_bytes
        if size > most:
            self._refuse(reply_to, correlation, "too_large", f"{size} bytes, {most} at most")
            return
        now = self._clock()
        patience = min(
            question.expiry_seconds or self._settings.max_wait_seconds, self._settings.max_wait_seconds
        )
        excess = self._backlog.put(reply_to, _Waiting(question, now, now + patience))
        if excess is not None:
            turned_away = excess.question
            detail = f"{self._settings.queue} questions wait already; ask again"
            self._refuse(turned_away.reply_to, turned_away.correlation, "busy", detail)
        self._wake()

    def answer_next(self) -> None:
        """For the worker's thread. Returns at once when no question waits."""
        waiting = self._backlog.take()
        if waiting is None:
            return
        began = self._clock()
        self._answer(waiting, began)
        self._owed_seconds = self._clock() - began

    def _answer(self, waiting: _Waiting, began: float) -> None:
        question = waiting.question
        try:
            if began > waiting.until:
                raise MessageError("expired", f"waited {began - waiting.since:.1f} s")
            image = decode(
                question.jpeg, max_bytes=self._settings.max_bytes, max_pixels=self._settings.max_pixels
            )
            faces = recognise(image, self._pipeline, self._settings.search_pixels)
            for reply in self._replies(waiting, began, image, faces):
                self._send(reply)
        except (MessageError, DecodeError) as error:
            self._refuse(question.reply_to, question.correlation, error.reason, str(error))
        except EngineError as error:
            self._refuse(question.reply_to, question.correlation, "engine", str(error))
        except Exception as error:
            # Not to be let out: the picture would be asked of the next node, and end one after the other.
            log.critical("a bug: the engine failed at a question", exc_info=error)
            self._refuse(question.reply_to, question.correlation, "engine", type(error).__name__)
        else:
            self._counters.question("answered")

    def _replies(self, waiting: _Waiting, began: float, image: Image, faces: list[Face]) -> list[Publication]:
        question = waiting.question
        picture = encode(draw(image, [label(face) for face in faces])) if question.form != "json" else b""
        said = Recognition(
            node=self._node,
            frame_size=(image.shape[1], image.shape[0]),
            faces=tuple(map(recognised, faces)),
            model=self._pipeline.model,
            gallery=self._pipeline.gallery.version,
            took_ms=round((self._clock() - waiting.since) * 1000),
            waited_ms=round((began - waiting.since) * 1000),
        )
        forms: dict[Form, Publication] = {
            "json": said.to_publication(question.reply_to, question.correlation),
            "jpeg": Publication(
                topic=question.reply_to,
                payload=picture,
                qos=1,
                content_type=JPEG,
                correlation_data=question.correlation,
                user_properties={"node": self._node},
            ),
        }
        return list(forms.values()) if question.form == "both" else [forms[question.form]]

    def _send(self, reply: Publication) -> None:
        try:
            self._publish(reply)
        except MessageError as error:
            raise MessageError("answer_too_large", str(error)) from error

    def _refuse(self, reply_to: str, correlation: bytes | None, reason: str, detail: str) -> None:
        self._count(reason, detail)
        refusal = Refusal(node=self._node, error=reason, detail=detail)
        self._publish(refusal.to_publication(reply_to, correlation))

    def _count(self, reason: str, detail: str) -> None:
        self._counters.question(reason)
        level = logging.DEBUG if reason in self._warned else logging.WARNING
        self._warned.add(reason)
        log.log(level, "question not answered: %s (%.200s)", reason, detail)
