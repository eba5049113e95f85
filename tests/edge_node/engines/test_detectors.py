from collections.abc import Callable

import cv2
import numpy as np
import pytest
from msgspec import convert

from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_detector
from edge_node.faces import Image
from edge_node.models.install import Models
from edge_node.ports import Detector
from tests.edge_node.engines.needs import require

Read = Callable[[str], Image]

PORTRAITS = (
    "obama.jpg",
    "obama2.jpg",
    "obama3.jpg",
    "biden.jpg",
    "obama_partial_face.jpg",
    "obama_partial_face2.jpg",
    "32bit.png",
    "grace_hopper.jpg",
    "astronaut.png",
)


@pytest.mark.parametrize("name", PORTRAITS)
def test_finds_the_face(each_detector: Detector, read: Read, name: str) -> None:
    (face,) = each_detector.detect(read(name))
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert 0.5 <= face.score <= 1
    assert face.detector == each_detector.id
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


@pytest.mark.parametrize("name", PORTRAITS)
def test_box_is_inside_the_picture_and_holds_the_nose(each_detector: Detector, read: Read, name: str) -> None:
    image = read(name)
    (face,) = each_detector.detect(image)
    box = face.box
    assert 0 <= box.x < box.x + box.width <= image.shape[1]
    assert 0 <= box.y < box.y + box.height <= image.shape[0]
    assert box.x < face.landmarks[2, 0] < box.x + box.width
    assert box.y < face.landmarks[2, 1] < box.y + box.height


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png"])
def test_finds_no_face_on_a_cat_or_a_cup(each_detector: Detector, read: Read, name: str) -> None:
    assert each_detector.detect(read(name)) == []


@pytest.mark.parametrize(
    ("scale", "wobble"), [(0.4, 0.12), (0.5, 0.08), (0.77, 0.04), (1.3, 0.04), (2.0, 0.04)]
)
def test_detections_scale_with_the_picture(
    each_detector: Detector, read: Read, scale: float, wobble: float
) -> None:
    """From 0.57 up the detector sees the picture in the same size; below, the network itself varies."""
    image = read("obama.jpg")
    resized = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    (face,) = each_detector.detect(image)
    (scaled,) = each_detector.detect(resized)
    tolerance = wobble * face.box.height * scale
    np.testing.assert_allclose(scaled.box, np.array(face.box) * scale, atol=tolerance)
    np.testing.assert_allclose(scaled.landmarks, face.landmarks * scale, atol=tolerance)


def test_detections_move_with_the_face(each_detector: Detector, read: Read) -> None:
    image = read("grace_hopper.jpg")
    right, down = 64, 32
    moved = cv2.copyMakeBorder(image, down, 0, right, 0, cv2.BORDER_REPLICATE)
    (face,) = each_detector.detect(image)
    (shifted,) = each_detector.detect(np.asarray(moved, np.uint8))
    np.testing.assert_allclose(shifted.landmarks, face.landmarks + np.array([right, down]), atol=6)


def test_finds_two_people_side_by_side_once_each(each_detector: Detector, read: Read) -> None:
    obama, biden = (cv2.resize(read(name), (455, 568)) for name in ("obama.jpg", "biden.jpg"))
    faces = each_detector.detect(np.hstack([obama, biden]).astype(np.uint8))
    assert [face.box.x < 455 for face in sorted(faces, key=lambda face: face.box.x)] == [True, False]
    assert [face.score for face in faces] == sorted((face.score for face in faces), reverse=True)


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (700, 1), (3, 5000), (5000, 3), (31, 33), (641, 2)])
def test_takes_pictures_of_any_shape(each_detector: Detector, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert each_detector.detect(noise) == []


@pytest.mark.parametrize("name", ["yunet", "centerface"])
def test_nothing_passes_a_least_score_of_nearly_one(models: Models, read: Read, name: str) -> None:
    require(models, name)
    settings = convert({"detector": name, "min_score": 0.99, "refine": False}, EngineSettings)
    assert build_detector(settings, models).detect(read("obama.jpg")) == []
