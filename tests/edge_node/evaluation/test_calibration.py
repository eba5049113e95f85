from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node.evaluation import calibration_text
from edge_node.evaluation.calibration import Calibration, calibrate
from edge_node.evaluation.fmr_curve import MEASURED, FmrCurve
from edge_node.evaluation.neighbours import closest_people, neighbours, reached, torn_apart
from edge_node.evaluation.portrait import Portrait
from edge_node.evaluation.risk import assess
from edge_node.faces import Detection, Image, Vectors
from edge_node.ports import Photo

CURVE = FmrCurve(((1e-2, 0.5), (1e-3, 0.6), (1e-4, 0.7)))


class MadeUp:
    id = "made-up"
    dimension = 3
    threshold = 0.9
    margin = 0.05

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        raise AssertionError(
            f"calibration looks at portraits, not at {len(detections)} faces of {image.shape}"
        )


def unit(*numbers: float) -> npt.NDArray[np.float32]:
    return np.array(numbers, np.float32) / np.float32(np.linalg.norm(numbers))


def calibrated(*people: tuple[str, npt.NDArray[np.float32] | str], wanted: float = 0.01) -> Calibration:
    """Each person with a vector, or with the reason why there is none."""
    photos = [
        Photo(f"Authorised/{name}/{index}.jpg", EventType.AUTHORISED, name, "", Path())
        for index, (name, _) in enumerate(people)
    ]
    portraits = [Portrait(None, one) if isinstance(one, str) else Portrait(one, None) for _, one in people]
    return calibrate(photos, portraits, MadeUp(), engine="made-up", threshold=0.9, margin=0.05, wanted=wanted)


def said(calibration: Calibration) -> str:
    return "\n".join(calibration_text.lines(calibration))


def vectors_of(people: list[int]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    vectors = np.random.default_rng(1).normal(size=(len(people), 4)).astype(np.float32)
    owners = np.unique(people, return_inverse=True)[1].astype(np.intp)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), owners


PEOPLE = st.lists(st.integers(0, 5), min_size=1, max_size=12)


@given(PEOPLE, st.integers(1, 6))
def test_the_closest_people_are_the_closest(people: list[int], count: int) -> None:
    vectors, owners = vectors_of(people)
    best: dict[tuple[int, int], float] = {}
    for a in range(len(people)):
        for b in range(len(people)):
            if owners[a] < owners[b]:
                pair = int(owners[a]), int(owners[b])
                best[pair] = max(best.get(pair, -2), float(vectors[a] @ vectors[b]))
    found = closest_people(vectors, owners, count)
    assert [one.similarity for one in found] == pytest.approx(
        sorted(best.values(), reverse=True)[:count], abs=1e-6
    )
    assert all(owners[one.first] != owners[one.second] for one in found)


@given(PEOPLE, st.floats(-1, 1))
def test_pairs_that_reach_a_threshold(people: list[int], threshold: float) -> None:
    vectors, owners = vectors_of(people)
    pairs = [(a, b) for a in range(len(people)) for b in range(a) if owners[a] != owners[b]]
    hits = [pair for pair in pairs if vectors[pair[0]] @ vectors[pair[1]] >= np.float32(threshold)]
    found = reached(vectors, owners, threshold)
    assert found.pairs == len(hits)
    assert found.of == len(pairs)
    assert (found.fmr is None) == (not pairs)


@given(PEOPLE, st.floats(-1, 1))
def test_pairs_of_one_person_below_a_threshold(people: list[int], threshold: float) -> None:
    vectors, owners = vectors_of(people)
    pairs = [(a, b) for a in range(len(people)) for b in range(a) if owners[a] == owners[b]]
    below = [pair for pair in pairs if vectors[pair[0]] @ vectors[pair[1]] < np.float32(threshold)]
    assert torn_apart(vectors, owners, threshold) == (len(below), len(pairs))


@given(PEOPLE)
def test_neighbours_are_never_the_photo_itself(people: list[int]) -> None:
    vectors, owners = vectors_of(people)
    for one in neighbours(vectors, owners):
        assert one.own != one.photo
        assert one.own is None or owners[one.own] == owners[one.photo]
        assert one.other is None or owners[one.other] != owners[one.photo]
        assert (one.own is None) == (list(owners).count(owners[one.photo]) == 1)


@given(st.floats(0.4, 0.8), st.floats(0.4, 0.8))
def test_a_curve_falls(one: float, other: float) -> None:
    assert CURVE.fmr(min(one, other)) >= CURVE.fmr(max(one, other))


@given(st.floats(1e-4, 1e-2))
def test_a_curve_reads_both_ways(fmr: float) -> None:
    assert CURVE.fmr(CURVE.threshold(fmr)) == pytest.approx(fmr)


def test_a_curve_ends_where_it_was_measured() -> None:
    assert CURVE.threshold(1e-9) == 0.7
    assert CURVE.fmr(0.99) == pytest.approx(1e-4)
    assert [CURVE.bound(at) for at in (0.3, 0.5, 0.7, 0.99)] == ["at least", "about", "about", "at most"]
    assert FmrCurve.of("somebody's own", 0.3).threshold(1e-7) == 0.3


@pytest.mark.parametrize("points", MEASURED.values(), ids=list(MEASURED))
def test_measured_curves_fall(points: tuple[tuple[float, float], ...]) -> None:
    rates, thresholds = zip(*points, strict=True)
    assert list(rates) == sorted(rates, reverse=True)
    assert list(thresholds) == sorted(thresholds)


def strangers(count: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    return np.eye(count, dtype=np.float32), np.arange(count)


def test_the_suggestion_follows_the_number_of_photos() -> None:
    few, many = (
        assess(*strangers(count), curve=CURVE, threshold=0.7, default=0.7, closest=0.0, wanted=0.01)
        for count in (10, 100)
    )
    assert few.suggested.threshold == pytest.approx(0.6)
    assert many.suggested.threshold == pytest.approx(0.7)
    assert few.suggested.false_matches == pytest.approx(0.01)
    assert many.suggested.false_matches == pytest.approx(0.01)
    assert few.in_use.false_matches == pytest.approx(10 * 1e-4)


def test_the_suggestion_stays_above_the_closest_two_people_up_to_the_default() -> None:
    def suggested(closest: float) -> float:
        one = assess(*strangers(2), curve=CURVE, threshold=0.7, default=0.7, closest=closest, wanted=1)
        return one.suggested.threshold

    assert suggested(0.3) == pytest.approx(0.5)
    assert suggested(0.65) == pytest.approx(0.65)
    assert suggested(0.99) == pytest.approx(0.7), "one photo under two names must not close the door to all"


def test_alike_people_raise_the_fmr_once_there_are_enough_of_them() -> None:
    alike = np.ones((50, 1), np.float32), np.arange(50)
    raised = assess(*alike, curve=CURVE, threshold=0.7, default=0.7, closest=1.0, wanted=0.01)
    assert raised.enough_people
    assert raised.factor == pytest.approx(100)
    assert raised.in_use.fmr == pytest.approx(1e-2)
    few = assess(
        alike[0][:10], alike[1][:10], curve=CURVE, threshold=0.7, default=0.7, closest=1.0, wanted=0.01
    )
    assert (few.enough_people, few.factor) == (False, 1)


def test_what_spoils_a_gallery_is_named() -> None:
    calibration = calibrated(
        ("Ann", unit(1, 0, 0)),
        ("Ann", unit(1, 0.1, 0)),
        ("Ann", unit(0, 0.1, 1)),
        ("Bob", unit(0, 0, 1)),
        ("Zoe", unit(0, 1, 0)),
        ("Eve", "no_face"),
    )
    assert (calibration.people, calibration.photos) == (3, 5)
    assert [odd.photo for odd in calibration.disagreeing] == ["Authorised/Ann/2.jpg"]
    assert {(like.photo, like.other_person) for like in calibration.lookalikes} == {
        ("Authorised/Ann/2.jpg", "Bob"),
        ("Authorised/Bob/3.jpg", "Ann"),
    }
    assert calibration.single_photo == ("Bob", "Zoe")
    assert [(bad.photo, bad.reason) for bad in calibration.unusable] == [("Authorised/Eve/5.jpg", "no_face")]
    assert calibration.closest[0].other_person == "Bob"
    text = said(calibration)
    for words in ("under a wrong name", "agree with no other", "single photo", "not used"):
        assert words in text.split("advice")[1]


def test_a_sound_gallery_gets_no_complaint() -> None:
    calibration = calibrated(
        ("Ann", unit(1, 0, 0)), ("Ann", unit(1, 0.1, 0)), ("Bob", unit(0, 0, 1)), ("Bob", unit(0, 0.1, 1))
    )
    assert (calibration.disagreeing, calibration.lookalikes, calibration.single_photo) == ((), (), ())
    assert said(calibration).split("advice\n")[1] == "  the threshold in use suits this gallery"


def test_nobody_at_all_is_said() -> None:
    assert "nobody is enrolled" in said(calibrated())
    assert "nobody is enrolled" in said(calibrated(("Ann", "no_face")))


def test_one_person_alone_has_nobody_to_be_taken_for() -> None:
    assert "there are not two people" in said(calibrated(("Ann", unit(1, 0, 0))))
