"""A group photo of 24 megapixels, made from real photos: twenty small faces before a table with a cup."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge_node.faces import Box, Image
from edge_node.ports import Detector
from tests.edge_node.scenes import read

WIDTH, HEIGHT = 6000, 4000
MARGIN = 0.45
"""Of the face's size, around it: hair and chin."""

PEOPLE = ("obama.jpg", "biden.jpg", "grace_hopper.jpg", "astronaut.png", "obama2.jpg")

ROW = ((150, 200), (2050, 180), (2110, 180), (3750, 160), (5880, 150))
COLUMN = ((80, 1900), (80, 2010), (1560, 3350), (3080, 2140), (4600, 3900))
NEIGHBOURS = ((2900, 1200), (3020, 1200), (3140, 1200), (2960, 1330), (3080, 1330))
ALONE = ((700, 700), (1230, 2680), (4210, 1010), (5210, 2480), (5900, 3900))
MIDDLES = (*ROW, *COLUMN, *NEIGHBOURS, *ALONE)
"""In the picture: at its edges, across the edges of tiles, close together, and alone."""

HEIGHTS = (40, 60, 55, 90, 70, 110, 75, 100, 120, 65, 60, 48, 56, 44, 52, 80, 120, 95, 50, 42)


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """boxes: where the faces are; photos: of which each was made."""

    image: Image
    boxes: Sequence[Box]
    photos: Sequence[str]


def crowd(photos: Path, detector: Detector) -> Crowd:
    """detector: says where the faces are on the photos that the crowd is made of."""
    background = cv2.resize(read(photos, "coffee.png"), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    image = np.asarray(background, np.uint8)
    heads = [_head(read(photos, name), detector) for name in PEOPLE]
    boxes = [
        _paste(image, *heads[index % len(heads)], middle, height, mirrored=index % 2 == 1)
        for index, (middle, height) in enumerate(zip(MIDDLES, HEIGHTS, strict=True))
    ]
    return Crowd(image, boxes, [PEOPLE[index % len(PEOPLE)] for index in range(len(boxes))])


def _head(photo: Image, detector: Detector) -> tuple[Image, Box]:
    """The head cut out of a photo, and where its face is on the cutting."""
    (face,) = detector.detect(photo)
    x, y, width, height = face.box
    left, top = max(0, round(x - MARGIN * width)), max(0, round(y - MARGIN * height))
    right, bottom = round(x + width * (1 + MARGIN)), round(y + height * (1 + MARGIN))
    return photo[top:bottom, left:right], Box(x - left, y - top, width, height)


def _paste(
    image: Image, head: Image, face: Box, middle: tuple[int, int], height: int, *, mirrored: bool
) -> Box:
    """Puts the face's middle there, or so near that the whole head is in the picture."""
    scale = height / face.height
    small = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x = head.shape[1] - face.x - face.width if mirrored else face.x
    small = cv2.flip(small, 1) if mirrored else small
    rows, columns = small.shape[:2]
    left = int(np.clip(middle[0] - (x + face.width / 2) * scale, 0, WIDTH - columns))
    top = int(np.clip(middle[1] - (face.y + face.height / 2) * scale, 0, HEIGHT - rows))
    image[top : top + rows, left : left + columns] = small
    return Box(left + x * scale, top + face.y * scale, face.width * scale, height)
