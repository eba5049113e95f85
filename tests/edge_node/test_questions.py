"""Questions to a node whose engine is scripted: what is answered, and what is refused."""

import json
import time
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from broker.publication import Publication
from broker.question import Form, Question
from edge_node.attention import EVERYTHING, Attention
from edge_node.decode import decode
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image
from edge_node.gallery import Gallery
from tests.edge_node.desk import JPEG, REPLY_TO, TOPICS, Desk
from tests.edge_node.scripted_engine import ScriptedDetector


class Broken(ScriptedDetector):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        super().detect(image, attention)
        raise self._error


def test_says_who_is_on_a_picture() -> None:
    desk = Desk()
    desk.ask()
    desk.now = 2.0
    [answer] = desk.answers()
    assert (answer["schema"], answer["node"], answer["frame_size"]) == (1, "node-1", [80, 60])
    assert (answer["model"], answer["gallery"]) == (desk.pipeline.model, desk.pipeline.gallery.version)
    assert (answer["waited_ms"], answer["took_ms"]) == (2000, 2000)
    [face] = answer["faces"]
    assert (face["event_type"], face["person"], face["box"]) == ("unknown", None, [0, 0, 80, 60])
    [reply] = desk.published
    assert (reply.topic, reply.correlation_data, reply.qos) == (REPLY_TO, b"7", 1)
    assert desk.counted == {"answered": 1}


@pytest.mark.parametrize(
    ("form", "types"),
    [("json", ["application/json"]), ("jpeg", ["image/jpeg"]), ("both", ["application/json", "image/jpeg"])],
)
def test_the_form_is_as_asked(form: Form, types: Sequence[str]) -> None:
    desk = Desk()
    desk.ask(form=form)
    desk.answers()
    assert [one.content_type for one in desk.published] == types
    assert {one.correlation_data for one in desk.published} == {b"7"}
    for one in desk.published:
        if one.content_type == "image/jpeg":
            drawn = decode(one.payload, max_bytes=100_000, max_pixels=1_000_000)
            assert drawn.shape == (60, 80, 3)
            assert np.abs(drawn.astype(int) - 128).max() > 50
            assert one.user_properties == {"node": "node-1"}


def test_the_gallery_is_the_one_of_the_moment() -> None:
    desk = Desk()
    desk.pipeline.gallery = Gallery.empty("another")
    desk.ask()
    assert desk.answers()[0]["gallery"] == Gallery.empty("another").version


BIG = cv2.imencode(".jpg", np.zeros((1001, 1000, 3), np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    ("jpeg", "error"),
    [
        (b"", "empty"),
        (b"no picture", "not_jpeg"),
        (JPEG[:-2], "truncated"),
        (JPEG[:200] + bytes(50) + JPEG[250:], "corrupt"),
        (b"\xff\xd8\xff" + bytes(100_000), "too_large"),
        (BIG, "too_many_pixels"),
    ],
)
def test_what_is_no_good_picture_is_answered_with_a_reason(jpeg: bytes, error: str) -> None:
    desk = Desk()
    desk.ask(jpeg, form="both")
    [answer] = desk.answers()
    assert (answer["schema"], answer["node"], answer["error"]) == (1, "node-1", error)
    assert answer["detail"]
    assert desk.counted == {error: 1}


def test_a_picture_that_is_too_large_takes_no_place_in_the_queue() -> None:
    desk = Desk()
    desk.ask(bytes(100_001))
    assert not desk.questions.is_waiting
    assert json.loads(desk.published[0].payload)["error"] == "too_large"


def test_a_question_wakes_a_worker_that_waits_for_frames() -> None:
    desk = Desk()
    desk.ask()
    began = time.monotonic()
    assert desk.inbox.take(30) is None
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("error", [EngineError("no such landmarks"), ValueError("a bug"), MemoryError()])
def test_a_fault_of_the_engine_is_answered_and_the_next_question_too(error: Exception) -> None:
    desk = Desk(Broken(error))
    desk.ask()
    desk.ask()
    assert [answer["error"] for answer in desk.answers()] == ["engine", "engine"]


@pytest.mark.parametrize(("expiry", "waits"), [(5, 5), (None, 60), (3600, 60)])
def test_a_question_that_waited_too_long_is_expired(expiry: int | None, waits: int) -> None:
    desk = Desk()
    desk.ask(expiry_seconds=expiry)
    desk.now = waits + 0.1
    assert desk.answers()[0]["error"] == "expired"
    desk.ask(expiry_seconds=expiry)
    desk.now += waits - 0.1
    assert "error" not in desk.answers()[1]


def test_a_picture_that_the_broker_would_not_take_is_an_error_after_the_json() -> None:
    desk = Desk(limit=500)
    desk.ask(form="both")
    first, second = desk.answers()
    assert first["faces"]
    assert second["error"] == "answer_too_large"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"response_topic": None}, "no_response_topic"),
        ({"response_topic": "edge/events/front-door/authorised"}, "foreign_response_topic"),
        ({"response_topic": "edge/replies/#"}, "foreign_response_topic"),
        ({"correlation_data": bytes(60_000)}, "long_correlation"),
        ({"retain": True}, "retained"),
    ],
)
def test_who_may_not_be_answered_is_counted_and_costs_nothing(change: dict[str, Any], reason: str) -> None:
    detector = ScriptedDetector()
    desk = Desk(detector)
    fields = {"topic": "edge/requests/recognise", "payload": JPEG, "response_topic": REPLY_TO} | change
    for _ in range(3):
        desk.questions.receive(Publication(**fields))
    assert not desk.questions.is_waiting
    assert (desk.published, detector.asked, desk.counted) == ([], 0, {reason: 3})


def test_a_form_that_nobody_knows_is_said() -> None:
    desk = Desk()
    sent = Question(jpeg=JPEG, reply_to=REPLY_TO).to_publication(TOPICS)
    sent.user_properties["answer"] = "xml"  # type: ignore[index]
    desk.questions.receive(sent)
    assert desk.answers()[0]["error"] == "bad_answer"


def test_each_reason_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    for jpeg in (b"x", b"y", b"", b"z"):
        desk.ask(jpeg)
        desk.answers()
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [text.split()[3] for text in warned] == ["not_jpeg", "empty"]


def test_a_flood_is_told_that_the_node_is_busy_and_another_asker_gets_a_place() -> None:
    desk = Desk()
    for _ in range(20):
        desk.ask(reply_to="edge/replies/flood")
    desk.ask(reply_to="edge/replies/ann")
    busy = [json.loads(one.payload) for one in desk.published]
    assert [one["error"] for one in busy] == ["busy"] * 18
    assert {one.topic for one in desk.published} == {"edge/replies/flood"}
    desk.published.clear()
    desk.answers()
    topics = [one.topic for one in desk.published]
    assert topics == ["edge/replies/flood", "edge/replies/ann", "edge/replies/flood"]
