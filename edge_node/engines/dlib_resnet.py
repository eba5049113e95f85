"""The network of dlib and face_recognition, on onnxruntime: the same vectors in a fraction of the time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_node.engines.alignment import chip
from edge_node.engines.onnx_session import OnnxSession
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image, Vectors

SIDE = 150
BATCH = 16
"""Chips in one run of the network: bounds memory, and more at once is not quicker."""

REFERENCE = {
    "yunet": np.array(
        [(47.451, 45.321), (103.215, 46.100), (75.373, 77.638), (51.383, 101.553), (99.464, 102.216)]
    ),
    "centerface": np.array(
        [(47.135, 47.802), (102.624, 46.154), (74.200, 79.655), (51.136, 105.130), (98.204, 103.593)]
    ),
}
"""Where each detector's landmarks lie on the chips that dlib cuts: means over many faces (docs/models.md)."""


class DlibResnet:
    """mirror: averages the vectors of a face and of its mirror image.

    threshold: FMR 1e-4 on 1,250,180 pairs of LFW. margin: against 200 people of one photo each it leaves a
    third of the wrong names, and costs 0.6 points of FNIR. Measured in docs/models.md.
    """

    dimension = 128
    margin = 0.01

    def __init__(self, path: Path, *, mirror: bool = True) -> None:
        self.id = "dlib_resnet_v1_mirror" if mirror else "dlib_resnet_v1"
        self.threshold = 0.943 if mirror else 0.940
        self._session = OnnxSession(path)
        self._mirror = mirror

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        """Raises EngineError for landmarks that fit no face, or of a detector that was not measured."""
        if not detections:
            return np.empty((0, self.dimension), np.float32)
        chips = np.stack([_chip(image, detection) for detection in detections])
        if self._mirror:
            chips = np.concatenate([chips, chips[:, :, ::-1]])
        vectors = self.descriptors(chips).reshape(-1, len(detections), self.dimension).sum(axis=0)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def descriptors(self, chips: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """N x 128 as dlib gives them, not of unit length, of chips N x 150 x 150 x 3, BGR."""
        tensors = chips[:, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        batches = [tensors[start : start + BATCH] for start in range(0, len(tensors), BATCH)]
        return np.concatenate([self._session.run(["embedding"], batch)[0] for batch in batches])


def _chip(image: Image, detection: Detection) -> Image:
    if detection.detector not in REFERENCE:
        raise EngineError(
            f"dlib_resnet has no reference landmarks for {detection.detector!r}: "
            f"expected {' or '.join(REFERENCE)}"
        )
    try:
        return chip(image, detection.landmarks, REFERENCE[detection.detector], SIDE)
    except ValueError as error:
        raise EngineError(f"a face of {detection.detector} cannot be aligned: {error}") from error
