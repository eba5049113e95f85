"""Stand-ins for models, for tests of what goes on around them."""

from collections.abc import Sequence

import numpy as np

from edge_node.attention import EVERYTHING, Attention
from edge_node.faces import Box, Detection, Image, Vectors


class ScriptedDetector:
    """Finds as many faces as the test says; counts how often it is asked."""

    id = "scripted"

    def __init__(self, faces: int = 1) -> None:
        self.faces, self.asked = faces, 0

    def detect(self, image: Image, _attention: Attention = EVERYTHING) -> list[Detection]:
        self.asked += 1
        height, width = image.shape[:2]
        return [Detection(Box(0, 0, width, height), 0.9, np.zeros((5, 2), np.float32), self.id)] * self.faces


class MeanColour:
    """A vector that says something of the picture; not of unit length, so that enrolment must see to that."""

    id = "mean-colour"
    dimension = 3
    threshold = 0.5
    margin = 0.1

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        return np.stack([image.reshape(-1, 3).mean(axis=0).astype(np.float32) for _ in detections])
