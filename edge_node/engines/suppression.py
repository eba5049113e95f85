"""Non-maximum suppression: of boxes that overlap, the best one stays."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edge_node.faces import Detection

MAX_OVERLAP = 0.3
"""Intersection over union; the value that both detectors' authors use."""


def distinct(detections: Sequence[Detection]) -> list[Detection]:
    """Those that stay, best score first."""
    if not detections:
        return []
    boxes = np.array([detection.box for detection in detections], np.float32)
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
    scores = np.array([detection.score for detection in detections], np.float32)
    return [detections[index] for index in strongest(corners, scores)]


def strongest(corners: npt.NDArray[np.float32], scores: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Indices of the boxes that stay, best score first. corners: N x 4, left top right bottom."""
    order = np.argsort(-scores, kind="stable")
    areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    kept: list[np.intp] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(best)
        shared = np.minimum(corners[best, 2:], corners[rest, 2:]) - np.maximum(
            corners[best, :2], corners[rest, :2]
        )
        intersection = np.prod(np.maximum(shared, 0), axis=1)
        union = areas[best] + areas[rest] - intersection
        order = rest[intersection <= MAX_OVERLAP * union]
    return np.array(kept, np.intp)
