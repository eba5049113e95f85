"""What a detector sees: the picture made smaller, on a canvas whose sides suit the network."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge_node.faces import Box, Detection, Image

STRIDE = 32
"""Sides of the canvas are multiples of this: the coarsest grid of both detectors."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """tensor: 1 x 3 x H x W, BGR 0..255. scale: pixels of the picture for one of the canvas, x and y."""

    tensor: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    size: tuple[int, int]

    @classmethod
    def of(cls, image: Image, longest_side: int) -> "Canvas":
        """Pictures are made smaller, never larger; black fills up right and bottom."""
        height, width = image.shape[:2]
        image = reduced(image, longest_side)
        seen_height, seen_width = image.shape[:2]
        tensor = np.zeros((1, 3, _round_up(seen_height), _round_up(seen_width)), np.float32)
        tensor[0, :, :seen_height, :seen_width] = image.transpose(2, 0, 1)
        scale = np.array([width / seen_width, height / seen_height], np.float32)
        return cls(tensor, scale, (width, height))

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
        corners = np.clip(corners * np.tile(self.scale, 2), 0, bounds)
        landmarks = landmarks * self.scale
        return [
            Detection(Box(left, top, right - left, bottom - top), score, points, detector)
            for (left, top, right, bottom), score, points in zip(
                corners.tolist(), scores.tolist(), landmarks, strict=True
            )
            if right > left and bottom > top
        ]


def reduced(image: Image, longest_side: int) -> Image:
    """The picture made smaller, if it is larger than that."""
    height, width = image.shape[:2]
    shrink = min(1.0, longest_side / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    if size == (width, height):
        return image
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _round_up(side: int) -> int:
    return -(-side // STRIDE) * STRIDE
