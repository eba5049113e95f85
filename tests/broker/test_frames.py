"""A frame on the wire: a JPEG, and an envelope that anybody may have written."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import MessageError
from broker.messages import Frame
from broker.publication import Publication
from broker.topics import ID_PATTERN, Topics

TOPICS = Topics()

ids = st.from_regex(ID_PATTERN)
times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000, tzinfo=UTC)
)

frames = st.builds(
    Frame,
    device=ids,
    jpeg=st.binary(),
    captured_at=st.none() | times,
    seq=st.none() | st.integers(0, 2**53 - 1),
    boot_id=st.none() | ids,
    test=st.booleans(),
)


@given(frames)
def test_a_frame_survives_the_wire(frame: Frame) -> None:
    assert Frame.from_publication(frame.to_publication(TOPICS), TOPICS) == frame


def test_a_bare_jpeg_is_a_frame() -> None:
    frame = Frame.from_publication(Publication(topic="edge/frames/garage", payload=b"jpeg"), TOPICS)
    assert frame == Frame(device="garage", jpeg=b"jpeg")


BARE = Publication(topic="edge/frames/garage", payload=b"jpeg")


@pytest.mark.parametrize(
    ("publication", "reason"),
    [
        (replace(BARE, topic="edge/frames/Garage"), "bad_device"),
        (replace(BARE, topic="edge/frames"), "bad_device"),
        (replace(BARE, retain=True), "retained"),
        (replace(BARE, content_type="image/png"), "bad_content_type"),
        (replace(BARE, user_properties={"captured_at": "yesterday"}), "bad_time"),
        (replace(BARE, user_properties={"captured_at": ""}), "bad_time"),
        (replace(BARE, user_properties={"seq": "-1"}), "bad_seq"),
        (replace(BARE, user_properties={"seq": "²"}), "bad_seq"),
        (replace(BARE, user_properties={"seq": "9" * 5000}), "bad_seq"),
        (replace(BARE, user_properties={"boot_id": ""}), "bad_boot_id"),
        (replace(BARE, user_properties={"boot_id": "a\nb"}), "bad_boot_id"),
        (replace(BARE, user_properties={"boot_id": "a" * 65}), "bad_boot_id"),
    ],
)
def test_a_broken_envelope_has_its_reason(publication: Publication, reason: str) -> None:
    with pytest.raises(MessageError) as raised:
        Frame.from_publication(publication, TOPICS)
    assert raised.value.reason == reason


@given(
    st.builds(
        Publication,
        topic=st.text(),
        payload=st.binary(max_size=10),
        retain=st.booleans(),
        content_type=st.none() | st.text(),
        user_properties=st.dictionaries(
            st.sampled_from(["captured_at", "seq", "boot_id", "test"]), st.text()
        ),
    )
)
def test_any_publication_is_a_frame_or_a_message_error(publication: Publication) -> None:
    try:
        frame = Frame.from_publication(publication, TOPICS)
    except MessageError:
        return
    assert frame.jpeg == publication.payload
