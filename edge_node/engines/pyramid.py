"""Big pictures: a detector on tiles of the picture in several sizes, so that small faces are large enough."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.attention import EVERYTHING, Attention
from edge_node.engines.canvas import resized
from edge_node.engines.suppression import MAX_OVERLAP
from edge_node.faces import Box, Detection, Image
from edge_node.ports import Detector

SMALLEST = 36
"""Pixels of a face on a tile. Of 224 faces of 40 to 120 px in pictures of 24 megapixels, taken to this size
or larger, YuNet and CenterFace found all; at 32, CenterFace missed two."""
STEP = 2
"""From one level to the next, at most."""
OVERLAP = 3 * STEP * SMALLEST // 2
"""Pixels that tiles share: the largest face that a level answers for, and half as much around it."""
EDGE = 2
"""A box so near the inner edge of a tile is that of a face cut in two; another tile has the whole one."""
MAX_SHARED = 0.6
"""Of the smaller of two boxes; more, and one is a part of the other's face."""
COARSER = 0.9


@dataclass(frozen=True, slots=True)
class Level:
    """The picture at width x height pixels; where its tiles begin, across and down; at most `side` long."""

    width: int
    height: int
    across: tuple[int, ...]
    down: tuple[int, ...]
    side: int

    @property
    def tiles(self) -> int:
        return len(self.across) * len(self.down)


def plan(width: int, height: int, *, side: int, min_face: int, max_pixels: int) -> list[Level]:
    """Levels of a picture, coarsest first: the whole on one tile, then up to where min_face is SMALLEST.

    All tiles together have at most max_pixels, counted as side x side, or there is only the first: where the
    budget is too small for min_face, the finest level is as fine as it allows. Nothing is enlarged.
    """
    coarsest = min(1.0, side / max(width, height))
    finest = min(1.0, SMALLEST / min_face)
    while finest > coarsest:
        levels = [_level(width, height, scale, side) for scale in _ladder(coarsest, finest)]
        if sum(level.tiles for level in levels) * side**2 <= max_pixels:
            return levels
        finest *= COARSER
    return [_level(width, height, coarsest, side)]


class Pyramid:
    """A Detector made of a Detector, for those who give it pixels to spend: `Attention.max_pixels`.

    `id` is the inner one's: the landmarks are its. side: longest side of a picture that it does not reduce.
    """

    def __init__(self, detector: Detector, *, side: int) -> None:
        self.id = detector.id
        self._detector = detector
        self._side = side

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        height, width = image.shape[:2]
        min_face, max_pixels = attention.min_face or SMALLEST, attention.max_pixels
        levels = plan(width, height, side=self._side, min_face=min_face, max_pixels=max_pixels)
        if len(levels) == 1:
            return self._detector.detect(image, attention)
        found: list[Detection] = []
        for level in reversed(levels):
            # Each level is made from the finer one: cheaper than from the whole picture, and as good.
            image = resized(image, level.width, level.height)
            scale = np.array([width / level.width, height / level.height], np.float32)
            largest = OVERLAP if level is not levels[0] else math.inf
            within = (
                None if attention.within is None else _resized_box(attention.within, np.reciprocal(scale))
            )
            seen = self._on(level, image, within)
            found += [_scaled(one, scale) for one in seen if max(one.box[2:]) <= largest]
        return fuse(found)

    def _on(self, level: Level, image: Image, within: Box | None) -> Iterator[Detection]:
        """In pixels of the level, without the faces that a tile's edge cuts."""
        for top in level.down:
            for left in level.across:
                if within is not None and not within.shared(Box(left, top, level.side, level.side)):
                    continue
                tile = np.ascontiguousarray(image[top : top + level.side, left : left + level.side])
                for one in self._detector.detect(tile):
                    moved = _moved(one, left, top)
                    if not _is_cut(moved.box, level, left, top):
                        yield moved


def fuse(detections: Sequence[Detection]) -> list[Detection]:
    """One of each face, best score first: of boxes that overlap, or lie within each other, the best stays."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda one: one.score, reverse=True):
        if not any(_is_same(one.box, other.box) for other in kept):
            kept.append(one)
    return kept


def _ladder(coarsest: float, finest: float) -> list[float]:
    steps = math.ceil(math.log(finest / coarsest, STEP))
    return [coarsest * (finest / coarsest) ** (step / steps) for step in range(steps + 1)]


def _level(width: int, height: int, scale: float, side: int) -> Level:
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    return Level(width, height, _starts(width, side), _starts(height, side), side)


def _starts(length: int, side: int) -> tuple[int, ...]:
    """Of the fewest tiles that cover the length and share OVERLAP, evenly spread."""
    if length <= side:
        return (0,)
    count = math.ceil((length - OVERLAP) / (side - OVERLAP))
    return tuple(round(index * (length - side) / (count - 1)) for index in range(count))


def _moved(one: Detection, left: int, top: int) -> Detection:
    box = Box(one.box.x + left, one.box.y + top, one.box.width, one.box.height)
    return Detection(box, one.score, one.landmarks + np.array([left, top], np.float32), one.detector)


def _scaled(one: Detection, scale: npt.NDArray[np.float32]) -> Detection:
    return Detection(_resized_box(one.box, scale), one.score, one.landmarks * scale, one.detector)


def _resized_box(box: Box, scale: npt.NDArray[np.float32]) -> Box:
    across, down = scale.tolist()
    return Box(box.x * across, box.y * down, box.width * across, box.height * down)


def _is_cut(box: Box, level: Level, left: int, top: int) -> bool:
    right, bottom = left + level.side, top + level.side
    return (
        (left > 0 and box.x < left + EDGE)
        or (top > 0 and box.y < top + EDGE)
        or (right < level.width and box.x + box.width > right - EDGE)
        or (bottom < level.height and box.y + box.height > bottom - EDGE)
    )


def _is_same(box: Box, other: Box) -> bool:
    smaller = min(box.width * box.height, other.width * other.height)
    return box.overlap(other) > MAX_OVERLAP or box.shared(other) > MAX_SHARED * smaller
