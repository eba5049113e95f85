"""What all networks that embed have in common: chips in, vectors of unit length out."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from edge_node.engines.alignment import Points, chip
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image, Vectors

BATCH = 16
"""Chips in one run of a network: bounds memory, and more at once is not quicker."""

Chips = npt.NDArray[np.uint8]
"""N x side x side x 3, BGR."""


def unit_vectors(chips: Chips, describe: Callable[[Chips], Vectors], *, mirror: bool) -> Vectors:
    """mirror: the mean of the descriptor of a chip and of its mirror image, which is the better vector."""
    if mirror:
        chips = np.concatenate([chips, chips[:, :, ::-1]])
    descriptors = np.concatenate([describe(chips[at : at + BATCH]) for at in range(0, len(chips), BATCH)])
    if mirror:
        descriptors = descriptors.reshape(2, len(chips) // 2, -1).sum(axis=0)
    unit: Vectors = descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True)
    return unit


def aligned(image: Image, detections: Sequence[Detection], references: Sequence[Points], side: int) -> Chips:
    """A chip for each of one or more detections. Raises EngineError for landmarks that fit no face."""
    chips = []
    for detection, reference in zip(detections, references, strict=True):
        try:
            chips.append(chip(image, detection.landmarks, reference, side))
        except ValueError as error:
            raise EngineError(f"a face of {detection.detector} cannot be aligned: {error}") from error
    return np.stack(chips)
