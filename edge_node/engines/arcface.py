"""Networks of the ArcFace family: faces on 112 x 112 pixels, compared by the cosine of their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_node.engines.onnx_session import OnnxSession
from edge_node.engines.unit_vectors import Chips, aligned, unit_vectors
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image, Vectors

REFERENCE = np.array(
    [(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)]
)
"""Where the family expects the landmarks on a chip of REFERENCE_SIDE; insightface's `arcface_dst`."""
REFERENCE_SIDE = 112


@dataclass(frozen=True, slots=True)
class Network:
    """What one network of the family expects, and what was measured for it.

    A channel enters as (value - mean) / scale, value 0..255. rgb: red comes first, else blue. threshold and
    margin are cosines.
    """

    id: str
    dimension: int
    threshold: float
    margin: float
    side: int = REFERENCE_SIDE
    mean: float = 127.5
    scale: float = 127.5
    rgb: bool = True


class ArcFace:
    """mirror: averages the vectors of a face and of its mirror image."""

    def __init__(self, path: Path, network: Network, *, mirror: bool = True) -> None:
        """Raises EngineError when the file is missing, or is another network than was said."""
        self.id = f"{network.id}_mirror" if mirror else network.id
        self.dimension = network.dimension
        self.threshold = network.threshold
        self.margin = network.margin
        self._network = network
        self._mirror = mirror
        self._session = OnnxSession(path)
        self._check(path)

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        """Raises EngineError for landmarks that fit no face."""
        if not detections:
            return np.empty((0, self.dimension), np.float32)
        side = self._network.side
        reference = REFERENCE * (side / REFERENCE_SIDE)
        chips = aligned(image, detections, [reference] * len(detections), side)
        return unit_vectors(chips, self.descriptors, mirror=self._mirror)

    def descriptors(self, chips: Chips) -> Vectors:
        """N x dimension as the network gives them, not of unit length."""
        ordered = chips[:, :, :, ::-1] if self._network.rgb else chips
        tensors = ordered.transpose(0, 3, 1, 2).astype(np.float32)
        tensors -= self._network.mean
        tensors /= self._network.scale
        return self._session.first_output(tensors)

    def _check(self, path: Path) -> None:
        side = self._network.side
        found = self.descriptors(np.zeros((1, side, side, 3), np.uint8)).shape
        if found != (1, self.dimension):
            raise EngineError(f"{path}: expected vectors of {self.dimension} numbers, got {found}")
