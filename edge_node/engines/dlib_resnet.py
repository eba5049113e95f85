"""The network of dlib and face_recognition, on onnxruntime: the same vectors in a fraction of the time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge_node.engines.alignment import Points
from edge_node.engines.onnx_session import OnnxSession
from edge_node.engines.unit_vectors import Chips, aligned, unit_vectors
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image, Vectors

SIDE = 150

CENTERFACE = np.array(
    [(47.135, 47.802), (102.624, 46.154), (74.200, 79.655), (51.136, 105.130), (98.204, 103.593)]
)
LIBRARY = np.array(
    [(46.861, 47.329), (98.996, 45.953), (73.843, 75.321), (50.847, 104.706), (97.982, 103.612)]
)
REFERENCE = {
    "yunet": np.array(
        [(47.451, 45.321), (103.215, 46.100), (75.373, 77.638), (51.383, 101.553), (99.464, 102.216)]
    ),
    "centerface": CENTERFACE,
    "yunet_centerface": CENTERFACE,
    "hog": LIBRARY,
    "cnn": LIBRARY,
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
        references = [_reference(detection.detector) for detection in detections]
        chips = aligned(image, detections, references, SIDE)
        return unit_vectors(chips, self.descriptors, mirror=self._mirror)

    def descriptors(self, chips: Chips) -> Vectors:
        """N x 128 as dlib gives them, not of unit length, of chips of SIDE pixels."""
        tensors = chips[:, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)
        return self._session.first_output(tensors)


def _reference(detector: str) -> Points:
    if detector not in REFERENCE:
        raise EngineError(
            f"dlib_resnet has no reference landmarks for {detector!r}: expected {' or '.join(REFERENCE)}"
        )
    return REFERENCE[detector]
