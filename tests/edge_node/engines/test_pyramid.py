from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.attention import EVERYTHING, Attention
from edge_node.engines.pyramid import OVERLAP, SMALLEST, STEP, Level, Pyramid, fuse, plan
from edge_node.faces import Box, Detection, Image
from edge_node.ports import Detector
from tests.edge_node.crowd import crowd

Read = Callable[[str], Image]

SIDE = 640
AMPLE = 100_000_000
PORTRAITS = ("obama.jpg", "grace_hopper.jpg", "astronaut.png")

sides = st.integers(1, 8192)
tile_sides = st.integers(160, 1280)
least_faces = st.integers(1, 400)
budgets = st.integers(0, AMPLE)


class Counted:
    """A detector that counts the pictures and the pixels it is shown."""

    def __init__(self, detector: Detector) -> None:
        self.id = detector.id
        self.pictures = self.pixels = 0
        self._detector = detector

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        self.pictures += 1
        self.pixels += image.shape[0] * image.shape[1]
        return self._detector.detect(image, attention)


def find(detector: Detector, image: Image, *, min_face: int = 40, max_pixels: int = AMPLE) -> list[Detection]:
    attention = Attention(min_face=min_face, max_pixels=max_pixels)
    return Pyramid(detector, side=SIDE).detect(image, attention)


def enlarged(image: Image, width: int) -> Image:
    size = width, round(image.shape[0] * width / image.shape[1])
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def tiles(width: int, height: int, *, min_face: int = 40, max_pixels: int = AMPLE) -> list[int]:
    return [level.tiles for level in plan(width, height, side=SIDE, min_face=min_face, max_pixels=max_pixels)]


def test_finds_a_group_of_twenty_small_faces_whole(
    each_detector: Detector, enrolment_detector: Detector, photos: Path
) -> None:
    """40 to 120 pixels high in 24 megapixels: at edges, across the edges of tiles, close together."""
    group = crowd(photos, enrolment_detector)
    found = find(each_detector, group.image)
    assert len(found) == len(group.boxes) == 20
    for box in group.boxes:
        assert sum(one.box.overlap(box) > 0.4 for one in found) == 1, box
    assert each_detector.detect(group.image) == []


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_large_face_is_one_face(each_detector: Detector, read: Read, name: str) -> None:
    """It spans many tiles of the finer levels, where its eyes and its mouth are seen one by one."""
    image = enlarged(read(name), 2500)
    (alone,) = each_detector.detect(image)
    (face,) = find(each_detector, image)
    assert face.detector == each_detector.id
    assert face.box.overlap(alone.box) > 0.7
    np.testing.assert_allclose(face.landmarks, alone.landmarks, atol=0.1 * alone.box.height)


def test_a_face_is_one_face_wherever_the_tiles_end(detector: Detector, read: Read) -> None:
    head = cv2.resize(
        read("astronaut.png")[:250, 110:340], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
    )
    rows, columns = head.shape[:2]
    for step in range(0, 640, 40):
        image = np.full((1000, 1600, 3), 90, np.uint8)
        image[step // 2 + 100 :, step + 300 :][:rows, :columns] = head
        (face,) = find(detector, image)
        x, y = face.landmarks[2]
        assert step + 300 < x < step + 300 + columns
        assert step // 2 + 100 < y < step // 2 + 100 + rows


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png"])
def test_a_large_cat_and_a_large_cup_have_no_faces(each_detector: Detector, read: Read, name: str) -> None:
    assert find(each_detector, enlarged(read(name), 2400)) == []


def test_the_budget_bounds_what_the_detector_sees(detector: Detector, read: Read) -> None:
    image = enlarged(read("obama.jpg"), 3000)
    for budget in (2_000_000, 8_000_000):
        counted = Counted(detector)
        (face,) = find(counted, image, min_face=20, max_pixels=budget)
        assert counted.pixels <= budget
        assert counted.pictures == sum(tiles(3000, image.shape[0], min_face=20, max_pixels=budget))
        assert face.box.height > 1000


@pytest.mark.parametrize("budget", [0, SIDE**2])
def test_without_a_budget_the_detector_sees_the_whole_once(
    detector: Detector, read: Read, budget: int
) -> None:
    counted = Counted(detector)
    (face,) = find(counted, enlarged(read("obama.jpg"), 3000), max_pixels=budget)
    assert counted.pictures == 1
    assert face.box.height > 1000


def test_counts_of_tiles_are_known_beforehand() -> None:
    assert tiles(640, 480) == [1]
    assert tiles(1280, 720) == [1, 4]
    assert tiles(1920, 1080) == [1, 2, 8]
    assert tiles(6000, 4000) == [1, 4, 12, 24, 70]
    assert tiles(1920, 1080, min_face=120) == [1]
    assert tiles(1920, 1080, max_pixels=4 * SIDE**2) == [1, 2]
    assert tiles(1920, 1080, max_pixels=0) == [1]


@given(sides, sides, tile_sides, least_faces, budgets)
def test_no_plan_exceeds_its_budget(width: int, height: int, side: int, min_face: int, budget: int) -> None:
    levels = plan(width, height, side=side, min_face=min_face, max_pixels=budget)
    assert levels[0].tiles == 1
    assert sum(level.tiles for level in levels) * side**2 <= budget or len(levels) == 1
    assert all(level.width <= width and level.height <= height for level in levels)


@given(sides, sides, tile_sides, least_faces)
def test_without_a_limit_the_least_face_is_large_enough(
    width: int, height: int, side: int, min_face: int
) -> None:
    levels = plan(width, height, side=side, min_face=min_face, max_pixels=10**12)
    scales = [max(level.width, level.height) / max(width, height) for level in levels]
    rounding = 1 / max(width, height)
    assert scales[-1] * min_face >= SMALLEST - min_face * rounding or scales[-1] == 1
    assert all(finer <= (STEP + 0.02) * coarser for coarser, finer in pairwise(scales))


@given(sides, sides, tile_sides, st.data())
def test_every_face_that_a_level_answers_for_lies_whole_on_a_tile(
    width: int, height: int, side: int, data: st.DataObject
) -> None:
    level = plan(width, height, side=side, min_face=20, max_pixels=AMPLE)[-1]
    for length, starts in ((level.width, level.across), (level.height, level.down)):
        face = min(OVERLAP, length)
        start = data.draw(st.integers(0, length - face))
        assert any(tile <= start and start + face <= tile + side for tile in starts)
        assert_tiles_lie_inside(level, length, starts)


def assert_tiles_lie_inside(level: Level, length: int, starts: tuple[int, ...]) -> None:
    assert starts[0] == 0
    assert starts[-1] + min(level.side, length) == length


def made_up(x: float, y: float, width: float, height: float, score: float) -> Detection:
    return Detection(Box(x, y, width, height), score, np.zeros((5, 2), np.float32), "made-up")


def test_the_best_of_overlapping_boxes_stays() -> None:
    good, poor = made_up(0, 0, 50, 60, 0.9), made_up(10, 5, 50, 60, 0.8)
    assert fuse([poor, good]) == [good]


def test_a_part_of_a_face_does_not_stay_beside_the_whole() -> None:
    whole, half = made_up(0, 0, 100, 120, 0.9), made_up(60, 0, 40, 50, 0.8)
    assert whole.box.overlap(half.box) < 0.2
    assert fuse([half, whole]) == [whole]


def test_faces_that_touch_both_stay() -> None:
    left, right = made_up(0, 0, 50, 60, 0.8), made_up(42, 5, 50, 60, 0.9)
    assert fuse([left, right]) == [right, left]
