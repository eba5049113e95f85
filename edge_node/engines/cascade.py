"""YuNet proposes, CenterFace confirms: each proposal is looked at again, larger, by the better network.

What the second does not call a face is dropped: dogs, cups, a pattern on a wall. What it does gets its box
and its landmarks, from the whole picture's own pixels rather than from those of the detector's canvas.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import cv2
import numpy as np

from edge_node.attention import EVERYTHING, Attention
from edge_node.engines.centerface import CenterFace
from edge_node.engines.onnx_session import Tensor
from edge_node.engines.suppression import distinct
from edge_node.engines.yunet import YuNet
from edge_node.faces import Box, Detection, Image

SIDE = 128
"""Pixels of a crop as CenterFace sees it: 1.2 ms."""

CONTEXT, CLOSER = 1.8, 1.4
"""Side of the crop over the longer side of the proposal; of the second look, which is for the doubtful."""

MIN_SCORE = 0.3
"""CenterFace's; what has less is no face."""

SURE = 0.75
"""All but 9 of 1,583 photographed faces have more, and are looked at once."""

MIN_MEAN = 0.6
"""Of three looks at a doubtful face: those nine have 0.64 and more, a few of 20 pixels have 0.57, and a
motorcycle's lamp that does look like a face has 0.58 (docs/models.md)."""

COARSER = 2
"""How much less of a face the proposer may see than if its landmarks counted: 28 pixels, and at 24 it still
finds all (docs/models.md)."""

SAME_OVERLAP = 0.5
"""Intersection over union; above it a proposal is the face that is known."""

MIN_OVERLAP = 0.3
"""Intersection over union; below it CenterFace speaks of a neighbour, not of what was proposed."""


class Cascade:
    """confirmer: CenterFace with MIN_SCORE. Scores, boxes and landmarks are the confirmer's."""

    id = "yunet_centerface"

    def __init__(self, proposer: YuNet, confirmer: CenterFace) -> None:
        self._proposer = proposer
        self._confirmer = confirmer

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        """Known faces are taken as they are proposed; their score and landmarks are the proposer's."""
        found = []
        coarser = replace(attention, min_face=COARSER * attention.min_face)
        for proposal in self._proposer.detect(image, coarser):
            if attention.knows(proposal.box, SAME_OVERLAP):
                found.append(proposal)
            elif (face := self._confirmed(proposal.box, image)) is not None:
                found.append(Detection(_box(face.corners), face.score, face.landmarks, self.id))
        return distinct(found)

    def _confirmed(self, proposal: Box, image: Image) -> "_Face | None":
        crop, closer = _Crop.around(proposal, CONTEXT), _Crop.around(proposal, CLOSER)
        tensor = crop.tensor(image)
        first = self._look(crop, tensor, image)
        if first is None or first.score >= SURE:
            return first
        mirrored = self._look(crop, np.ascontiguousarray(tensor[..., ::-1]), image)
        looks = first, mirrored, self._look(closer, closer.tensor(image), image)
        mean = sum(look.score for look in looks if look is not None) / len(looks)
        return first if mean >= MIN_MEAN else None

    def _look(self, crop: "_Crop", tensor: Tensor, image: Image) -> "_Face | None":
        """The face that was proposed, in pixels of the picture."""
        corners, scores, landmarks = self._confirmer.faces(tensor)
        corners, landmarks = corners * crop.scale + crop.corner(2), landmarks * crop.scale + crop.corner(1)
        height, width = image.shape[:2]
        corners = np.clip(corners, 0, np.array([width, height] * 2, np.float32))
        overlaps = np.array([crop.proposal.overlap(_box(one)) for one in corners])
        candidates = np.flatnonzero(overlaps >= MIN_OVERLAP)
        if not candidates.size:
            return None
        best = candidates[np.argmax(scores[candidates])]
        return _Face(corners[best], float(scores[best]), landmarks[best])


class _Face(NamedTuple):
    """corners: left, top, right, bottom."""

    corners: Tensor
    score: float
    landmarks: Tensor


@dataclass(frozen=True, slots=True)
class _Crop:
    """A square of the picture, which may reach beyond it. left, top, side: whole pixels of the picture."""

    proposal: Box
    left: int
    top: int
    side: int

    @classmethod
    def around(cls, box: Box, context: float) -> Self:
        side = max(1, round(context * max(box.width, box.height)))
        left, top = box.x + box.width / 2 - side / 2, box.y + box.height / 2 - side / 2
        return cls(box, round(left), round(top), side)

    @property
    def scale(self) -> float:
        return self.side / SIDE

    def corner(self, times: int) -> Tensor:
        return np.tile(np.array([self.left, self.top], np.float32), times)

    def tensor(self, image: Image) -> Tensor:
        """1 x 3 x SIDE x SIDE, BGR 0..255; black beyond the picture."""
        height, width = image.shape[:2]
        rows = slice(max(self.top, 0), min(self.top + self.side, height))
        columns = slice(max(self.left, 0), min(self.left + self.side, width))
        cut = cv2.copyMakeBorder(
            image[rows, columns],
            rows.start - self.top,
            self.top + self.side - rows.stop,
            columns.start - self.left,
            self.left + self.side - columns.stop,
            cv2.BORDER_CONSTANT,
        )
        method = cv2.INTER_AREA if self.side > SIDE else cv2.INTER_LINEAR
        seen = cv2.resize(cut, (SIDE, SIDE), interpolation=method)
        return np.ascontiguousarray(seen.transpose(2, 0, 1)[None], np.float32)


def _box(corners: Tensor) -> Box:
    left, top, right, bottom = corners.tolist()
    return Box(left, top, right - left, bottom - top)
