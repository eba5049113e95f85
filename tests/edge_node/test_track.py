import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge_node.faces import Box, Detection, Quality, Seen, Vector
from edge_node.track import Tracker
from tests.edge_node.people import ANN, BOB, DOOR, STRANGER, THRESHOLD, face, poor_face, unit


def tracker() -> Tracker:
    return Tracker(same=THRESHOLD, forget_seconds=10.0)


def noisy(vector: Vector, rng: np.random.Generator, amount: float) -> Vector:
    added = vector + rng.normal(0, amount, vector.shape)
    return (added / np.linalg.norm(added)).astype(np.float32)


@given(st.integers(0, 10_000))
def test_the_vector_of_a_track_is_truer_than_the_frames(seed: int) -> None:
    rng, tracks = np.random.default_rng(seed), tracker()
    frames = [noisy(ANN, rng, 0.12) for _ in range(5)]
    for number, vector in enumerate(frames):
        (track,) = tracks.update([face(vector)], number / 5)
    assert track is not None
    assume(len(track.best) == len(frames))  # one that is too unlike the others is another face
    assert np.linalg.norm(track.vector) == pytest.approx(1, abs=1e-5)
    assert float(track.vector @ ANN) >= np.mean([vector @ ANN for vector in frames]) - 1e-6


def test_the_best_frames_are_the_ones_that_count() -> None:
    tracks = tracker()
    poor, good = unit(1, 0.5), ANN
    for number in range(10):
        vector, grade = (good, 1.0) if number % 2 else (poor, 0.1)
        quality = Quality(height=150 * grade, sharpness=0.75, turn=0.0, brightness=0.5, score=0.9)
        detection = Detection(DOOR, 0.9, np.zeros((5, 2), np.float32), "made-up")
        (track,) = tracks.update([Seen(detection, quality, vector, None, None)], number / 5)
    assert track is not None
    assert float(track.vector @ good) == pytest.approx(1, abs=1e-6)


def test_what_is_settled_is_settled_until_the_next_check_is_due() -> None:
    tracks = tracker()
    (track,) = tracks.update([face(ANN)], 0.0)
    assert track is not None
    assert tracks.settled([face(ANN).detection], 0.2, 1.0) == [None]
    track.sighting_id = "told about"
    assert tracks.settled([face(ANN).detection], 0.2, 1.0) == [track]
    assert tracks.settled([face(ANN).detection], 1.1, 1.0) == [None]


@pytest.mark.parametrize(
    "boxes",
    [
        [Box(400, 100, 50, 60)],
        [Box(125, 130, 50, 60)],
        [DOOR, Box(110, 105, 50, 60)],
    ],
    ids=["elsewhere", "hardly the same place", "two in one place"],
)
def test_in_doubt_nothing_is_settled(boxes: list[Box]) -> None:
    tracks = tracker()
    (track,) = tracks.update([face(ANN)], 0.0)
    assert track is not None
    track.sighting_id = "told about"
    assert tracks.settled([face(ANN, box).detection for box in boxes], 0.2, 1.0) == [None] * len(boxes)


@given(st.integers(0, 10_000), st.floats(0.01, 0.08))
def test_names_stay_with_people_who_cross(seed: int, amount: float) -> None:
    rng, tracks = np.random.default_rng(seed), tracker()
    first: list[object] = []
    for step in range(21):
        left, right = Box(100 + 10 * step, 100, 60, 70), Box(300 - 10 * step, 100, 60, 70)
        ann, bob = face(noisy(ANN, rng, amount), left), face(noisy(BOB, rng, amount), right)
        found = tracks.update([ann, bob], step / 5)
        first = first or list(found)
        assert found == first
        for track, vector in zip(found, (ANN, BOB), strict=True):
            assert track is not None
            assert float(track.vector @ vector) > 0.9


def test_a_stranger_who_steps_in_takes_no_name_over() -> None:
    tracks = tracker()
    (anns,) = tracks.update([face(ANN)], 0.0)
    (strangers,) = tracks.update([face(STRANGER)], 0.2)
    assert anns is not strangers


def test_a_poor_face_keeps_the_track_in_whose_place_it_is() -> None:
    tracks = tracker()
    assert tracks.update([poor_face()], 0.0) == [None]
    (track,) = tracks.update([face(ANN)], 0.2)
    for number in range(100):
        assert tracks.update([poor_face()], 0.4 + number / 2) == [track]
    assert track is not None
    assert float(track.vector @ ANN) == pytest.approx(1)


@pytest.mark.parametrize(("threshold", "strangers"), [(0.533, 0.30), (0.943, 0.90)])
def test_whatever_the_scale_a_stranger_in_somebodys_place_is_another(
    threshold: float, strangers: float
) -> None:
    """Cosines that 98 of 100 strangers stay below, of mobilefacenet and of dlib_resnet."""
    tracks = Tracker(same=threshold, forget_seconds=10.0)
    stranger = unit(strangers, np.sqrt(1 - strangers**2))
    (anns,) = tracks.update([face(ANN)], 0.0)
    (found,) = tracks.update([face(stranger)], 0.2)
    assert found is not anns
