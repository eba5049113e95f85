"""Replies as no node of ours would send them, at a real broker: the test itself is the node."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from broker.messages import JPEG
from broker.publication import Publication
from broker.replies import Recognition, Refusal
from broker.states import status
from edge_node.answer import NodeAnswer
from edge_node.ask import Asker
from tests.private_broker import PrivateBroker
from tests.watcher import Watcher

REQUESTS = "edge/requests/recognise"


@pytest.fixture
def node(mosquitto: PrivateBroker) -> Iterator[Watcher]:
    """Says that it is online, and hears the questions."""
    with Watcher(mosquitto.settings, REQUESTS, client_id="node") as node:
        node.session.publish(status("edge/nodes/node-1/status", "online")).wait(5)
        yield node


class Asking:
    """An asker on a thread of its own."""

    def __init__(
        self,
        broker: PrivateBroker,
        photos: list[Path],
        labelled: Path | None = None,
        timeout_seconds: float = 15,
    ) -> None:
        self.answers: list[NodeAnswer] = []
        self._asker = Asker(
            broker.settings,
            photos,
            timeout_seconds=timeout_seconds,
            labelled=labelled,
            max_bytes=1000,
            at_once=4,
        )
        self._thread = Thread(target=lambda: self.answers.extend(self._asker.answers()))
        self._thread.start()

    def finish(self) -> list[NodeAnswer]:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.answers


def photo(folder: Path, name: str = "a.jpg") -> Path:
    file = folder / name
    file.write_bytes(name.encode())
    return file


def json_to(question: Publication, node: str = "node-1") -> Publication:
    said = Recognition(node=node, frame_size=(4, 3), faces=(), model="m", gallery="g", took_ms=2, waited_ms=1)
    return said.to_publication(question.response_topic or "", question.correlation_data)


def refusal_to(question: Publication, error: str) -> Publication:
    refusal = Refusal(node="node-1", error=error, detail="because\x1b[2J")
    return refusal.to_publication(question.response_topic or "", question.correlation_data)


def jpeg_to(question: Publication, payload: bytes) -> Publication:
    return Publication(
        topic=question.response_topic or "",
        payload=payload,
        qos=1,
        content_type=JPEG,
        correlation_data=question.correlation_data,
    )


def test_json_and_picture_of_one_answer_are_of_one_node(
    mosquitto: PrivateBroker, node: Watcher, tmp_path: Path
) -> None:
    asking = Asking(mosquitto, [photo(tmp_path)], tmp_path / "out", timeout_seconds=1.5)
    first, second = node.wait_for_count(REQUESTS, 2)
    assert first.correlation_data != second.correlation_data
    for reply in (
        json_to(first, "slow"),
        json_to(second, "quick"),
        jpeg_to(first, b"of the slow one"),
        jpeg_to(second, b"of the quick one"),
    ):
        node.session.publish(reply)
    [answer] = asking.finish()
    assert answer.node == "quick"
    assert (tmp_path / "out/a.jpg").read_bytes() == b"of the quick one"
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_what_answers_no_question_is_passed_over(
    mosquitto: PrivateBroker, node: Watcher, tmp_path: Path
) -> None:
    asking = Asking(mosquitto, [photo(tmp_path)])
    [question] = node.wait_for_count(REQUESTS, 1)
    token = (question.correlation_data or b"").split(b"-")[0]
    topic = question.response_topic or ""
    for correlation in (
        None,
        b"",
        b"x-0-1",
        token,
        token + b"-",
        token + b"-99-1",
        token + b"--1-1",
        b"\xff",
    ):
        wrong = json_to(question, "wrong").payload
        node.session.publish(Publication(topic=topic, payload=wrong, qos=1, correlation_data=correlation))
    for payload in (b"", b"no JSON", b"[]", b"{}", b'{"faces": 3}', b'{"error": 3}'):
        correlation = question.correlation_data
        node.session.publish(Publication(topic=topic, payload=payload, qos=1, correlation_data=correlation))
    node.session.publish(jpeg_to(question, b"a picture that nobody asked for"))
    node.session.publish(json_to(question))
    [answer] = asking.finish()
    assert (answer.node, answer.rejected) == ("node-1", None)


def test_a_busy_node_is_asked_again(mosquitto: PrivateBroker, node: Watcher, tmp_path: Path) -> None:
    asking = Asking(mosquitto, [photo(tmp_path)])
    for count in (1, 2, 3):
        node.session.publish(refusal_to(node.wait_for_count(REQUESTS, count)[-1], "busy"))
    node.session.publish(json_to(node.wait_for_count(REQUESTS, 4)[-1]))
    [answer] = asking.finish()
    assert answer.rejected is None


def test_a_picture_that_cannot_be_sent_leaves_the_names(
    mosquitto: PrivateBroker, node: Watcher, tmp_path: Path
) -> None:
    asking = Asking(mosquitto, [photo(tmp_path)], tmp_path / "out")
    [question] = node.wait_for_count(REQUESTS, 1)
    node.session.publish(json_to(question))
    node.session.publish(refusal_to(question, "answer_too_large"))
    [answer] = asking.finish()
    assert (answer.rejected, answer.labelled, answer.size) == (None, None, (4, 3))
    assert answer.detail == "not labelled: answer_too_large: because\\x1b[2J"


def test_a_photo_that_nobody_answers_does_not_hold_up_the_others_for_ever(
    mosquitto: PrivateBroker, node: Watcher, tmp_path: Path
) -> None:
    photos = [photo(tmp_path, name) for name in ("a.jpg", "b.jpg", "c.jpg")]
    asking = Asking(mosquitto, photos, timeout_seconds=1.5)
    questions = node.wait_for_count(REQUESTS, 3)
    assert [one.payload for one in questions] == [b"a.jpg", b"b.jpg", b"c.jpg"]
    for question in (questions[2], questions[0]):
        node.session.publish(json_to(question))
    said = asking.finish()
    assert [(Path(one.photo).name, one.rejected) for one in said] == [
        ("a.jpg", None),
        ("b.jpg", "no_answer"),
        ("c.jpg", None),
    ]
    assert len([one for one in node.heard if one.payload == b"b.jpg"]) == 3


def test_a_question_carries_what_the_wire_says(
    mosquitto: PrivateBroker, node: Watcher, tmp_path: Path
) -> None:
    asking = Asking(mosquitto, [photo(tmp_path)], tmp_path / "out")
    [question] = node.wait_for_count(REQUESTS, 1)
    node.session.publish(refusal_to(question, "corrupt"))
    [answer] = asking.finish()
    assert (question.content_type, question.qos, question.retain) == (JPEG, 1, False)
    assert question.expiry_seconds in (14, 15)
    assert question.user_properties == {"answer": "both"}
    assert json.loads(answer.to_json())["rejected"] == "corrupt"
