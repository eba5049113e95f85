"""What a detector sees: the picture made smaller, on a canvas whose sides suit the network."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge_node.faces import Box, Detection, Image

STRIDE = 32
"""Sides of the canvas are multiples of this: the coarsest grid of both detectors."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """tensor: 1 x 3 x H x W, BGR 0..255. scale: pixels of the picture for one of the canvas, x and y. corner:
    where on the picture the canvas begins. size: width and height of the picture."""

    tensor: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    corner: npt.NDArray[np.float32]
    size: tuple[int, int]

    @classmethod
    def of(cls, image: Image, longest_side: int, within: Box | None = None) -> "Canvas":
        """The picture, or a part of it, at the size at which the whole is at most longest_side long.

        Pictures are made smaller, never larger; black fills up right and bottom.
        """
        height, width = image.shape[:2]
        scale = longest_side / max(height, width)
        whole = Box(0, 0, width, height)
        left, top, right, bottom = _pixels(within or whole, width, height, max(1, round(1 / scale)))
        part = image[top:bottom, left:right]
        seen = reduced(part, scale)
        seen_height, seen_width = seen.shape[:2]
        tensor = np.zeros((1, 3, _round_up(seen_height), _round_up(seen_width)), np.float32)
        tensor[0, :, :seen_height, :seen_width] = seen.transpose(2, 0, 1)
        pixels = np.array([part.shape[1] / seen_width, part.shape[0] / seen_height], np.float32)
        return cls(tensor, pixels, np.array([left, top], np.float32), (width, height))

    def detections(
        self,
        corners: npt.NDArray[np.float32],
        scores: npt.NDArray[np.float32],
        landmarks: npt.NDArray[np.float32],
        detector: str,
    ) -> list[Detection]:
        """From canvas to picture. corners: N x 4, left top right bottom; landmarks: N x 5 x 2.

        Boxes end at the picture's edge, landmarks may lie beyond it.
        """
        bounds = np.tile(np.array(self.size, np.float32), 2)
        corners = np.clip(corners * np.tile(self.scale, 2) + np.tile(self.corner, 2), 0, bounds)
        landmarks = landmarks * self.scale + self.corner
        return [
            Detection(Box(left, top, right - left, bottom - top), score, points, detector)
            for (left, top, right, bottom), score, points in zip(
                corners.tolist(), scores.tolist(), landmarks, strict=True
            )
            if right > left and bottom > top
        ]


def side_for(image: Image, min_face: int, *, smallest: int, longest_side: int) -> int:
    """The least side at which faces of min_face pixels have `smallest` pixels on the canvas."""
    if not min_face:
        return longest_side
    return min(longest_side, _round_up(math.ceil(max(image.shape[:2]) * smallest / min_face)))


def reduced(image: Image, scale: float) -> Image:
    """The picture at that scale, if it is below 1."""
    height, width = image.shape[:2]
    shrink = min(1.0, scale)
    return resized(image, max(1, round(width * shrink)), max(1, round(height * shrink)))


def resized(image: Image, width: int, height: int) -> Image:
    """By a whole factor as means of blocks, for which OpenCV is quick, and bilinear for the rest."""
    factor = min(image.shape[1] // width, image.shape[0] // height)
    if factor > 1:
        rows, columns = image.shape[0] // factor, image.shape[1] // factor
        blocks = image[: rows * factor, : columns * factor]
        image = np.asarray(cv2.resize(blocks, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _pixels(part: Box, width: int, height: int, step: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom, in whole steps: what is a whole number of blocks is quick to reduce."""
    left, right = _span(part.x, part.x + part.width, width, step)
    top, bottom = _span(part.y, part.y + part.height, height, step)
    return left, top, right, bottom


def _span(first: float, last: float, length: int, step: int) -> tuple[int, int]:
    """At least one pixel."""
    start = min(max(0, int(first // step) * step), length - 1)
    return start, min(length, max(math.ceil(last / step) * step, start + 1))


def _round_up(side: int) -> int:
    return -(-side // STRIDE) * STRIDE
