"""How good a face is to recognise, from what detection gives for free: size, sharpness, pose, exposure."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.faces import Box, Detection, Image, Quality

SIDE = 48
"""Sharpness is judged on a face brought to about so many pixels: what is finer no embedder sees."""


def assess(image: Image, detection: Detection) -> Quality:
    grey = _grey(image, detection.box)
    return Quality(
        height=detection.box.height,
        sharpness=_sharpness(grey),
        turn=_turn(detection.landmarks),
        brightness=float(grey.mean()) / 255 if grey.size else 0.0,
        score=detection.score,
    )


def _grey(image: Image, box: Box) -> npt.NDArray[np.float32]:
    """The face as height x width means of blocks, so that it is about SIDE pixels high."""
    top, left = max(0, int(box.y)), max(0, int(box.x))
    face = image[top : int(box.y + box.height), left : int(box.x + box.width), 1]
    block = max(1, round(box.height / SIDE))
    rows, columns = face.shape[0] // block, face.shape[1] // block
    blocks = face[: rows * block, : columns * block].reshape(rows, block, columns, block)
    means: npt.NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return means


def _sharpness(grey: npt.NDArray[np.float32]) -> float:
    """Standard deviation of the Laplacian over that of the grey levels: does not change with the light."""
    if min(grey.shape) < 3 or not (contrast := float(grey.std())):
        return 0.0
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return float(laplacian.std()) / contrast


def _turn(landmarks: npt.NDArray[np.float32]) -> float:
    """Along the line between the eyes, so that a tilted head does not count as a turned one."""
    right, left, nose = landmarks[:3]
    across = left - right
    distance = float(np.hypot(*across))
    if distance < 1e-3:
        return np.inf
    return abs(float(np.dot(nose - (left + right) / 2, across)) / distance**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Faces beyond these are not named. None of the limits is about who somebody is."""

    min_face: int
    min_sharpness: float
    max_turn: float
    min_brightness: float
    max_brightness: float

    def fault(self, quality: Quality) -> str | None:
        """Why a face of this quality should not be named, or None."""
        if quality.height < self.min_face:
            return "too_small"
        if quality.turn > self.max_turn:
            return "profile"
        if quality.brightness < self.min_brightness:
            return "too_dark"
        if quality.brightness > self.max_brightness:
            return "too_bright"
        if quality.sharpness < self.min_sharpness:
            return "blurred"
        return None
