"""CenterFace: slower than YuNet, places landmarks better and takes no dog for a person."""

from pathlib import Path

import numpy as np

from edge_node.attention import EVERYTHING, Attention
from edge_node.engines.canvas import Canvas, side_for
from edge_node.engines.onnx_session import OnnxSession, Tensor
from edge_node.engines.suppression import strongest
from edge_node.faces import Detection, Image

STRIDE = 4
OUTPUTS = ["537", "538", "539", "540"]


class CenterFace:
    """At MIN_SCORE it finds 97 % of faces of 24 px on the detector's canvas, every one of 32 px and up, and
    nothing else on dlib's nine group photos (docs/models.md)."""

    id = "centerface"
    MIN_SCORE = 0.5
    SMALLEST = 56
    """Pixels of the canvas that the least face should have at least: fewer and its landmarks get coarse."""

    def __init__(self, path: Path, longest_side: int, min_score: float | None = None) -> None:
        self._session = OnnxSession(path)
        self._longest_side = longest_side
        self._min_score = self.MIN_SCORE if min_score is None else min_score

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        side = side_for(image, attention.min_face, smallest=self.SMALLEST, longest_side=self._longest_side)
        canvas = Canvas.of(image, side, attention.within)
        corners, scores, points = self.faces(canvas.tensor)
        kept = strongest(corners, scores)
        return canvas.detections(corners[kept], scores[kept], points[kept], self.id)

    def faces(self, tensor: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Corners N x 4, scores N and landmarks N x 5 x 2 in pixels of the tensor; boxes may overlap.

        tensor: 1 x 3 x H x W, BGR 0..255, H and W multiples of 32. One grid with a cell per 4 x 4 pixels. All
        values come as y before x; sizes are logarithms of cells, landmarks are fractions of the box.
        """
        heat, log_sizes, offsets, fractions = (output[0] for output in self._session.run(OUTPUTS, tensor))
        rows, columns = np.nonzero(heat[0] >= self._min_score)
        cells = np.stack([columns, rows], axis=1)
        sizes = np.exp(log_sizes[::-1, rows, columns].T) * STRIDE
        centres = (cells + offsets[::-1, rows, columns].T + 0.5) * STRIDE
        corners = centres - sizes / 2
        points = fractions[:, rows, columns].T.reshape(-1, 5, 2)[:, :, ::-1]
        landmarks = corners[:, None] + points * sizes[:, None]
        return (
            np.concatenate([corners, corners + sizes], axis=1).astype(np.float32),
            heat[0, rows, columns],
            landmarks.astype(np.float32),
        )
