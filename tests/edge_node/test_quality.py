"""What is judged good enough, on real faces and what can spoil them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from cv2.typing import MatLike
from hypothesis import given
from hypothesis import strategies as st

from edge_node.faces import Box, Detection, Quality
from edge_node.ports import Detector
from edge_node.quality import assess
from edge_node.view_settings import QualitySettings
from tests.edge_node.people import view
from tests.edge_node.scenes import read

LIMITS = view().limits
PORTRAITS = ("obama.jpg", "obama2.jpg", "biden.jpg", "grace_hopper.jpg", "astronaut.png")


def face_of(image: MatLike, detector: Detector) -> Quality:
    picture = np.asarray(image, np.uint8)
    (detection, *_) = detector.detect(picture)
    return assess(picture, detection)


@pytest.mark.parametrize("name", PORTRAITS)
def test_portraits_are_good_enough(photos: Path, detector: Detector, name: str) -> None:
    assert LIMITS.fault(face_of(read(photos, name), detector)) is None


SPOILT: dict[str, tuple[float, Callable[[MatLike], MatLike]]] = {
    "blurred": (1.0, lambda image: cv2.GaussianBlur(image, (0, 0), image.shape[0] / 60)),
    "too_dark": (1.0, lambda image: cv2.convertScaleAbs(image, alpha=0.07)),
    "too_bright": (1.0, lambda image: cv2.convertScaleAbs(image, alpha=1.0, beta=140)),
    "too_small": (
        0.11,
        lambda image: cv2.resize(image, None, fx=0.11, fy=0.11, interpolation=cv2.INTER_AREA),
    ),
}


@pytest.mark.parametrize("reason", SPOILT)
def test_what_is_spoilt_has_its_reason(photos: Path, detector: Detector, reason: str) -> None:
    """The face is looked for before it is spoilt: detectors do not find every such face."""
    image = cv2.resize(read(photos, "obama2.jpg"), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    picture = np.asarray(image, np.uint8)
    (face, *_) = detector.detect(picture)
    assert LIMITS.fault(assess(picture, face)) is None
    scale, spoil = SPOILT[reason]
    box = Box(*(scale * side for side in face.box))
    smaller = Detection(box, face.score, face.landmarks * np.float32(scale), face.detector)
    assert LIMITS.fault(assess(np.asarray(spoil(image), np.uint8), smaller)) == reason


@given(st.floats(0.3, 2), st.floats(-0.4, 0.4), st.floats(-1, 1))
def test_a_turned_head_is_told_from_a_tilted_one(scale: float, turn: float, tilt: float) -> None:
    frontal = np.array([(-50, 0), (50, 0), (100 * turn, 60), (-40, 100), (40, 100)])
    rotation = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    points = (frontal @ rotation.T * scale + 500).astype(np.float32)
    detection = Detection(Box(400, 400, 200, 200), 0.9, points, "made-up")
    found = assess(np.zeros((1000, 1000, 3), np.uint8), detection)
    # Seen along the line between the eyes, whichever way the head is tilted.
    assert found.turn == pytest.approx(abs(turn), abs=1e-3)


@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.floats(-20, 70), st.floats(-20, 70), st.floats(0, 90), st.floats(0, 90)),
)
def test_any_box_in_any_picture_can_be_judged(
    size: tuple[int, int], box: tuple[float, float, float, float]
) -> None:
    image = np.full((*size, 3), 128, np.uint8)
    found = assess(image, Detection(Box(*box), 0.9, np.zeros((5, 2), np.float32), "made-up"))
    assert found.sharpness >= 0
    assert 0 <= found.brightness <= 1
    assert LIMITS.fault(found) is not None


def test_the_limits_of_the_tests_are_the_defaults() -> None:
    defaults = QualitySettings()
    for name in ("min_face", "min_sharpness", "max_turn", "min_brightness", "max_brightness"):
        assert getattr(LIMITS, name) == getattr(defaults, name)
