import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from broker.messages import EventType
from edge_node.gallery import Gallery
from edge_node.match import identify
from tests.edge_node.people import (
    ANN,
    BOB,
    EVE,
    HOUSEHOLD,
    MARGIN,
    STRANGER,
    THRESHOLD,
    enrolled,
    gallery_of,
    match,
    unit,
)


def test_the_enrolled_are_recognised() -> None:
    answer = match(ANN)
    assert (answer.event_type, answer.reason) == (EventType.AUTHORISED, "recognised")
    assert answer.person is not None
    assert answer.person.name == "Ann"
    assert answer.similarity == pytest.approx(1)
    assert answer.margin == pytest.approx(1)
    assert match(EVE).event_type is EventType.RESTRICTED


def test_a_stranger_has_no_name_but_a_similarity() -> None:
    answer = match(STRANGER)
    assert (answer.event_type, answer.person, answer.reason) == (EventType.UNKNOWN, None, "below_threshold")
    assert answer.similarity == pytest.approx(0)


def test_a_face_between_two_authorised_people_is_nobody() -> None:
    answer = match(unit(1, 0.95))
    assert answer.similarity is not None
    assert answer.similarity < THRESHOLD
    twins = gallery_of(
        enrolled("Ann", EventType.AUTHORISED, ANN), enrolled("Bea", EventType.AUTHORISED, unit(1, 0.3))
    )
    doubt = match(unit(1, 0.15), twins)
    assert (doubt.event_type, doubt.person, doubt.reason) == (EventType.UNKNOWN, None, "ambiguous")


@pytest.mark.parametrize("lean", [0.10, 0.15, 0.20])
def test_in_doubt_restricted_wins(lean: float) -> None:
    pair = gallery_of(
        enrolled("Ann", EventType.AUTHORISED, ANN), enrolled("Eve", EventType.RESTRICTED, unit(1, 0.3))
    )
    answer = match(unit(1, lean), pair)
    assert (answer.event_type, answer.reason) == (EventType.RESTRICTED, "ambiguous")
    assert answer.person is not None
    assert answer.person.name == "Eve"


def test_a_restricted_person_below_the_threshold_is_not_named() -> None:
    pair = gallery_of(
        enrolled("Ann", EventType.AUTHORISED, ANN), enrolled("Eve", EventType.RESTRICTED, unit(1, 0, 0, 1))
    )
    answer = match(unit(1, 0.72, 0, 0), pair)
    assert answer.event_type is EventType.AUTHORISED
    answer = identify(unit(1, 0.6, 0, 0.1)[None], pair, threshold=0.84, margin=0.2)[0]
    assert answer.event_type is EventType.UNKNOWN
    assert answer.reason == "ambiguous"


def test_the_best_of_several_photos_counts() -> None:
    gallery = gallery_of(enrolled("Ann", EventType.AUTHORISED, EVE, ANN, BOB))
    answer = match(ANN, gallery)
    assert answer.similarity == pytest.approx(1)
    assert answer.margin is None


def test_an_empty_gallery_knows_nobody() -> None:
    answer = match(ANN, Gallery.empty("model"))
    assert (answer.event_type, answer.similarity, answer.reason) == (
        EventType.UNKNOWN,
        None,
        "empty_gallery",
    )


@given(arrays(np.float32, (3, 8), elements=st.floats(-1, 1, width=32)), st.floats(0.01, 1), st.floats(0, 1))
def test_nobody_below_the_threshold_is_named(
    probes: np.ndarray[tuple[int, int], np.dtype[np.float32]], threshold: float, margin: float
) -> None:
    norms = np.linalg.norm(probes, axis=1, keepdims=True)
    probes = np.divide(probes, norms, out=np.zeros_like(probes), where=norms > 0)
    for answer in identify(probes, HOUSEHOLD, threshold=threshold, margin=margin):
        assert answer.similarity is not None
        if answer.person is not None:
            assert answer.similarity >= threshold
            assert answer.event_type is answer.person.group
        else:
            assert answer.event_type is EventType.UNKNOWN
        if answer.event_type is EventType.AUTHORISED:
            assert answer.margin is not None
            assert answer.margin >= margin


def test_several_probes_are_answered_in_order() -> None:
    answers = identify(np.stack([EVE, STRANGER, ANN]), HOUSEHOLD, threshold=THRESHOLD, margin=MARGIN)
    assert [one.person.name if one.person else None for one in answers] == ["Eve", None, "Ann"]


def test_a_vector_that_is_no_number_is_nobody() -> None:
    answer = match(np.full(8, np.nan, np.float32))
    assert (answer.event_type, answer.person) == (EventType.UNKNOWN, None)


def test_a_vector_that_is_no_number_does_not_disturb_the_others() -> None:
    probes = np.stack([EVE, np.full(8, np.nan, np.float32), ANN])
    answers = identify(probes, HOUSEHOLD, threshold=THRESHOLD, margin=MARGIN)
    assert [one.person.name if one.person else None for one in answers] == ["Eve", None, "Ann"]
