"""Detectors that are told where to look and for what."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge_node.attention import EVERYTHING, Attention
from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_detector
from edge_node.engines.canvas import Canvas
from edge_node.faces import Box, Image
from edge_node.models.install import Models
from edge_node.ports import Detector
from tests.edge_node.engines.needs import require

Read = Callable[[str], Image]

PORTRAITS = ("obama.jpg", "obama3.jpg", "biden.jpg", "grace_hopper.jpg", "astronaut.png")


def room(read: Read, name: str, height: int, left: int, top: int, size: tuple[int, int]) -> tuple[Image, Box]:
    """A portrait whose face has that height, on a grey picture of that width and height."""
    portrait = read(name)
    detected = {"astronaut.png": 111, "grace_hopper.jpg": 216, "biden.jpg": 384, "obama3.jpg": 343}
    scale = height / detected.get(name, 322)
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    picture = np.full((size[1], size[0], 3), 100, np.uint8)
    area = picture[top : top + small.shape[0], left : left + small.shape[1]]
    area[:] = small[: area.shape[0], : area.shape[1]]
    return picture, Box(left, top, area.shape[1], area.shape[0])


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("left", [0, 301, 803])
def test_a_part_of_the_picture_is_seen_as_in_the_whole(
    each_detector: Detector, read: Read, name: str, left: int
) -> None:
    picture, place = room(read, name, 100, left, 57, (1280, 720))
    (face,) = each_detector.detect(picture)
    again, *_ = each_detector.detect(picture, Attention(within=place))
    assert again.box.overlap(face.box) > 0.8
    assert np.abs(again.landmarks - face.landmarks).mean() < 0.04 * face.box.height


def test_beyond_the_part_nothing_is_looked_at(detector: Detector, read: Read) -> None:
    picture, place = room(read, "biden.jpg", 100, 100, 57, (1280, 720))
    beyond = Box(place.x + place.width + 50, 0, 500, 720)
    assert detector.detect(picture, Attention(within=beyond)) == []


@pytest.mark.parametrize("name", PORTRAITS)
@pytest.mark.parametrize("height", [44, 80, 160])
def test_on_a_canvas_that_is_just_large_enough_the_face_is_found(
    each_detector: Detector, read: Read, name: str, height: int
) -> None:
    picture, _ = room(read, name, height, 200, 40, (640, 480))
    (face,) = each_detector.detect(picture, Attention(min_face=height * 9 // 10))
    (expected,) = each_detector.detect(picture)
    assert face.box.overlap(expected.box) > 0.7


@pytest.mark.parametrize("part", [Box(-50, -50, 20, 20), Box(700, 500, 90, 90), Box(10.5, 20.5, 0.0, 0.0)])
def test_a_part_without_pixels_is_no_fault(detector: Detector, part: Box) -> None:
    assert detector.detect(np.full((480, 640, 3), 90, np.uint8), Attention(within=part)) == []


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (2592, 1944), (333, 777)])
def test_the_canvas_says_where_its_pixels_are(size: tuple[int, int]) -> None:
    """A white spot in a part of the picture is found again where it is."""
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    x, y = size[0] * 2 // 3, size[1] // 2
    picture[y : y + 24, x : x + 24] = 255
    for within in (None, Box(x - 101.3, y - 87.7, 200.9, 180.2)):
        canvas = Canvas.of(picture, 640, within)
        rows, columns = np.nonzero(canvas.tensor[0, 0] > 128)
        found = np.array([columns.mean() + 0.5, rows.mean() + 0.5]) * canvas.scale + canvas.corner
        np.testing.assert_allclose(found, [x + 12, y + 12], atol=0.02 * max(size) ** 0.5 + 2)


def test_a_known_face_is_not_confirmed_again(models: Models, read: Read) -> None:
    require(models, "yunet", "centerface")
    cascade = build_detector(EngineSettings(refine=True), models)
    image = read("biden.jpg")
    (confirmed,) = cascade.detect(image, EVERYTHING)
    (known,) = cascade.detect(image, Attention(known=[confirmed.box]))
    assert (confirmed.detector, known.detector) == (cascade.id, "yunet")
    (elsewhere,) = cascade.detect(image, Attention(known=[Box(0, 0, 50, 50)]))
    assert elsewhere.detector == cascade.id
