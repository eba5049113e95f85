"""Photos instead of frames: no camera, no earlier picture, no decision, and time to look for small faces."""

from collections.abc import Sequence
from dataclasses import replace

from edge_node.faces import Face, Image
from edge_node.pipeline import Pipeline

MAX_PIXELS = 100_000_000
"""For the detector to look at in one photo: all that 50 megapixels with faces of 40 pixels need."""


def recognise(image: Image, pipeline: Pipeline, max_pixels: int = MAX_PIXELS) -> list[Face]:
    """Every face once, from left to right. Zones, masks and limits of single cameras do not hold.

    max_pixels: for the detector to look at, see Attention.
    """
    view = replace(pipeline.views.others, max_pixels=max_pixels)
    faces = pipeline.recognise(image, pipeline.gallery, view)
    return sorted(distinct(faces, view.threshold), key=lambda face: face.seen.detection.box.x)


def distinct(faces: Sequence[Face], same: float) -> list[Face]:
    """Of boxes that touch and hold the same face, by the cosine of their vectors, the one that scores best.

    Two boxes of one face from two levels of a pyramid can share too little to be told by area; faces side by
    side can share some, and stay because their vectors differ.
    """
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: face.seen.detection.score, reverse=True):
        if not any(_is_same(face, other, same) for other in kept):
            kept.append(face)
    return kept


def _is_same(face: Face, other: Face, same: float) -> bool:
    vector, another = face.seen.vector, other.seen.vector
    if vector is None or another is None:
        return False
    is_touching = face.seen.detection.box.overlap(other.seen.detection.box) > 0
    return is_touching and float(vector @ another) >= same
