"""The envelope of a question: what is taken, and what nobody is told about."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import MessageError
from broker.publication import Publication
from broker.question import MAX_CORRELATION_BYTES, Question, address
from broker.replies import Reloaded
from broker.topics import Topics

TOPICS = Topics("home/faces")
GOOD = Question(
    jpeg=b"jpeg", reply_to="home/faces/replies/ann", correlation=b"1", form="both", expiry_seconds=9
)


def test_a_question_survives_the_wire() -> None:
    sent = GOOD.to_publication(TOPICS)
    assert (sent.topic, sent.qos, sent.retain) == ("home/faces/requests/recognise", 1, False)
    assert Question.from_publication(sent, TOPICS) == GOOD


def test_a_bare_jpeg_with_a_response_topic_is_enough() -> None:
    bare = Publication(
        topic="home/faces/requests/recognise", payload=b"jpeg", response_topic="home/faces/replies/ann"
    )
    assert Question.from_publication(bare, TOPICS) == Question(
        jpeg=b"jpeg", reply_to="home/faces/replies/ann"
    )


@pytest.mark.parametrize(
    "topic",
    [
        "home/faces/events/front-door/authorised",
        "home/faces/replies",
        "home/faces/replies/",
        "home/faces/replies/ann/more",
        "home/faces/replies/+",
        "home/faces/replies/#",
        "home/faces/replies/\n",
        "home/faces/replies/" + "a" * 129,
        "home/faces/repliesann",
        "edge/replies/ann",
        "/home/faces/replies/ann",
        "$SYS/home/faces/replies/ann",
        "homeassistant/device/x/config",
    ],
)
def test_an_answer_goes_nowhere_but_to_replies(topic: str) -> None:
    with pytest.raises(MessageError) as raised:
        address(replace(GOOD.to_publication(TOPICS), response_topic=topic), TOPICS)
    assert raised.value.reason == "foreign_response_topic"


@given(st.text(max_size=200))
def test_whatever_is_named_the_address_is_below_replies(topic: str) -> None:
    try:
        reply_to, _ = address(Publication(topic="x", payload=b"", response_topic=topic), TOPICS)
    except MessageError:
        return
    assert reply_to.startswith("home/faces/replies/")
    assert reply_to.count("/") == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"response_topic": None}, "no_response_topic"),
        ({"response_topic": ""}, "no_response_topic"),
        ({"retain": True}, "retained"),
        ({"correlation_data": bytes(MAX_CORRELATION_BYTES + 1)}, "long_correlation"),
        ({"content_type": "image/png"}, "bad_content_type"),
        ({"user_properties": {"answer": "xml"}}, "bad_answer"),
    ],
)
def test_what_breaks_the_agreement_has_a_reason(change: dict[str, object], reason: str) -> None:
    spoilt = replace(GOOD.to_publication(TOPICS), **change)  # type: ignore[arg-type]
    with pytest.raises(MessageError) as raised:
        Question.from_publication(spoilt, TOPICS)
    assert raised.value.reason == reason


def test_a_reply_carries_the_correlation_and_is_not_dropped() -> None:
    said = Reloaded(node="node-1", ok=True, version="v", people=2, templates=3)
    reply = said.to_publication("home/faces/replies/ann", b"7")
    assert (reply.qos, reply.retain, reply.correlation_data) == (1, False, b"7")
    assert Reloaded.from_json(reply.payload) == said
