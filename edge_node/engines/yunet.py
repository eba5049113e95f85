"""YuNet (libfacedetection): small and quick, for live frames."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_node.attention import EVERYTHING, Attention
from edge_node.engines.canvas import Canvas, side_for
from edge_node.engines.onnx_session import OnnxSession
from edge_node.engines.suppression import strongest
from edge_node.faces import Detection, Image

STRIDES = (8, 16, 32)
OUTPUTS = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox", "kps")]


class YuNet:
    """At MIN_SCORE it finds every face of 24 px and up on the detector's canvas; at OpenCV's default of 0.9
    only 81 % of those of 32 px (240 real faces, docs/models.md)."""

    id = "yunet"
    MIN_SCORE = 0.7
    SMALLEST = 56
    """Pixels of the canvas that the least face should have at least: fewer and its landmarks get coarse."""

    def __init__(
        self,
        path: Path,
        longest_side: int,
        min_score: float | None = None,
    ) -> None:
        self._session = OnnxSession(path)
        self._longest_side = longest_side
        self._min_score = self.MIN_SCORE if min_score is None else min_score

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        side = side_for(image, attention.min_face, smallest=self.SMALLEST, longest_side=self._longest_side)
        canvas = Canvas.of(image, side, attention.within)
        faces = self._faces(self._session.run(OUTPUTS, canvas.tensor), canvas.tensor.shape[3])
        corners, scores, points = faces[:, :4], faces[:, 4], faces[:, 5:]
        kept = strongest(corners, scores)
        return canvas.detections(corners[kept], scores[kept], points[kept].reshape(-1, 5, 2), self.id)

    def _faces(self, outputs: list[npt.NDArray[np.float32]], width: int) -> npt.NDArray[np.float32]:
        """N x 15: left top right bottom, score, five points.

        Each of three grids has a cell per stride x stride pixels. The score is the geometric mean of "is a
        face" and "overlaps one"; centre and points are offsets from the cell in strides, sizes logarithms.
        """
        found = []
        for index, stride in enumerate(STRIDES):
            face, overlap, boxes, points = (tensor[0] for tensor in outputs[4 * index : 4 * index + 4])
            scores = np.sqrt(np.clip(face[:, 0], 0, 1) * np.clip(overlap[:, 0], 0, 1))
            cells = np.flatnonzero(scores >= self._min_score)
            corner = np.stack([cells % (width // stride), cells // (width // stride)], axis=1)
            centre = (corner + boxes[cells, :2]) * stride
            half = np.exp(boxes[cells, 2:]) * stride / 2
            landmarks = (corner[:, None] + points[cells].reshape(-1, 5, 2)) * stride
            found.append(
                np.column_stack([centre - half, centre + half, scores[cells], landmarks.reshape(-1, 10)])
            )
        return np.concatenate(found).astype(np.float32)
