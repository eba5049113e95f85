from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_detector
from edge_node.engines.cascade import SIDE
from edge_node.faces import Image
from edge_node.models.install import Models
from edge_node.ports import Detector
from tests.edge_node.engines.needs import require

Read = Callable[[str], Image]

WITHOUT_PEOPLE = (
    "brick.png",
    "chelsea.png",
    "coffee.png",
    "coins.png",
    "flower.jpg",
    "gravel.png",
    "hubble_deep_field.jpg",
    "moon.png",
    "motorcycle_left.png",
    "retina.jpg",
    "rocket.jpg",
)
VARIANTS = 200


@pytest.fixture(scope="module")
def cascade(models: Models) -> Detector:
    require(models, "yunet", "centerface")
    return build_detector(EngineSettings(refine=True), models)


@pytest.fixture(scope="module")
def yunet(models: Models) -> Detector:
    require(models, "yunet")
    return build_detector(EngineSettings(detector="yunet", refine=False), models)


@pytest.fixture(scope="module")
def empty(photos: Path, read: Read) -> dict[str, Image]:
    """The pictures without people among the photos that set-up fetched."""
    return {name: read(name) for name in WITHOUT_PEOPLE if (photos / name).exists()}


def variants(images: list[Image], count: int) -> Iterator[Image]:
    """Crops, turned, blurred, in other sizes."""
    random = np.random.default_rng(0)
    for index in range(count):
        image = images[index % len(images)]
        height, width = (max(16, int(side * random.uniform(0.25, 1))) for side in image.shape[:2])
        top = random.integers(0, image.shape[0] - height + 1)
        left = random.integers(0, image.shape[1] - width + 1)
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-180, 180), 1)
        turned = cv2.warpAffine(
            image[top : top + height, left : left + width],
            turn,
            (width, height),
            borderMode=cv2.BORDER_REFLECT,
        )
        blurred = cv2.GaussianBlur(turned, (0, 0), random.uniform(0.3, 4))
        scale = random.uniform(0.5, 2.5)
        yield np.asarray(cv2.resize(blurred, None, fx=scale, fy=scale), np.uint8)


def test_no_face_on_pictures_without_people(cascade: Detector, empty: dict[str, Image]) -> None:
    assert {"chelsea.png", "coffee.png"} <= empty.keys()
    assert [name for name, image in empty.items() if cascade.detect(image)] == []


def test_no_face_on_crops_turns_and_blurs_of_them(cascade: Detector, empty: dict[str, Image]) -> None:
    found = [
        index for index, image in enumerate(variants([*empty.values()], VARIANTS)) if cascade.detect(image)
    ]
    assert found == []


def test_what_yunet_takes_for_a_face_is_looked_at_again(
    cascade: Detector, models: Models, empty: dict[str, Image]
) -> None:
    """With any score allowed YuNet proposes plenty; none of it is a face."""
    settings = EngineSettings(detector="yunet", refine=False, min_score=0.2)
    eager = build_detector(settings, models)
    eager_cascade = build_detector(EngineSettings(min_score=0.2), models)
    assert any(eager.detect(image) for image in empty.values())
    assert not any(eager_cascade.detect(image) for image in empty.values())


@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg", "grace_hopper.jpg", "astronaut.png"])
def test_landmarks_are_centerfaces(
    cascade: Detector, yunet: Detector, enrolment_detector: Detector, read: Read, name: str
) -> None:
    image = read(name)
    (refined,), (proposed,), (expected,) = (
        detector.detect(image) for detector in (cascade, yunet, enrolment_detector)
    )
    off = np.abs(refined.landmarks - expected.landmarks).mean() / expected.box.height
    assert off < 0.02
    assert off < np.abs(proposed.landmarks - expected.landmarks).mean() / expected.box.height
    assert refined.box.overlap(expected.box) > 0.8


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1])
def test_a_face_cut_by_the_edge_is_found_inside_the_picture(
    cascade: Detector, enrolment_detector: Detector, read: Read, shift: float
) -> None:
    image = read("grace_hopper.jpg")
    (face,) = enrolment_detector.detect(image)
    left = round(face.box.x + shift * face.box.width)
    top = round(face.box.y + shift * face.box.height)
    (found,) = cascade.detect(np.ascontiguousarray(image[top:, left:]))
    assert found.box.x >= 0
    assert found.box.y >= 0
    off = found.landmarks + np.array([left, top]) - face.landmarks
    assert np.abs(off).max() < 0.1 * face.box.height


@pytest.mark.parametrize("height", [40, 64, SIDE, 400])
def test_faces_of_all_sizes_stay(cascade: Detector, read: Read, height: int) -> None:
    image = read("astronaut.png")
    (face,) = cascade.detect(image)
    scale = height / face.box.height
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (found,) = cascade.detect(np.asarray(resized, np.uint8))
    np.testing.assert_allclose(found.box, np.array(face.box) * scale, atol=0.12 * height)


def test_neighbours_are_confirmed_once_each(cascade: Detector, read: Read) -> None:
    obama, biden = (cv2.resize(read(name), (300, 375))[:, 60:240] for name in ("obama.jpg", "biden.jpg"))
    faces = cascade.detect(np.ascontiguousarray(np.hstack([obama, biden, obama]), np.uint8))
    assert sorted(int(face.box.x + face.box.width / 2) // 180 for face in faces) == [0, 1, 2]
