"""The face_recognition library itself, with dlib behind it; the only file that imports them.

Slower and less exact than the other engines: for those who compare with it, or come from it.
"""

import importlib.util
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from edge_node.attention import EVERYTHING, Attention
from edge_node.engines.canvas import reduced
from edge_node.errors import EngineError
from edge_node.faces import Box, Detection, Image, Vectors

PACKAGES = ("dlib", "face_recognition", "face_recognition_models")

UPSAMPLE = 1
"""As the library has it: the picture is looked at in double size."""

LEFT_EYE, RIGHT_EYE = slice(42, 48), slice(36, 42)
NOSE, RIGHT_MOUTH, LEFT_MOUTH = 30, 48, 54
"""Among dlib's 68 points; left and right are the person's."""


class LibraryDetector:
    """dlib's HOG detector, or its CNN, on the picture reduced to `longest_side`.

    Scores: of HOG the logistic function of dlib's, which are about 0 to 3; of the CNN dlib's own.
    """

    def __init__(
        self, kind: Literal["hog", "cnn"], longest_side: int, min_score: float | None = None
    ) -> None:
        """Raises EngineError when the library is not installed."""
        self.id: str = kind
        self._api = _api()
        self._longest_side = longest_side
        self._min_score = 0.0 if min_score is None else min_score

    def detect(self, image: Image, _attention: Attention = EVERYTHING) -> list[Detection]:
        rgb = np.ascontiguousarray(reduced(image, self._longest_side / max(image.shape[:2]))[:, :, ::-1])
        height, width = rgb.shape[:2]
        scale = np.array([image.shape[1] / width, image.shape[0] / height])
        found = []
        for place, score in self._places(rgb):
            left, top = max(place.left(), 0), max(place.top(), 0)
            right, bottom = min(place.right(), width), min(place.bottom(), height)
            if score < self._min_score or right <= left or bottom <= top:
                continue
            x, y, *size = (np.array([left, top, right - left, bottom - top]) * np.tile(scale, 2)).tolist()
            landmarks = (self._landmarks(rgb, place) * scale).astype(np.float32)
            found.append(Detection(Box(x, y, *size), score, landmarks, self.id))
        return sorted(found, key=lambda face: -face.score)

    def _places(self, rgb: Image) -> list[tuple[Any, float]]:
        """dlib's rectangles and scores 0..1."""
        if self.id == "cnn":
            found = self._api.cnn_face_detector(rgb, UPSAMPLE)
            return [(one.rect, min(float(one.confidence), 1.0)) for one in found]
        places, scores, _ = self._api.face_detector.run(rgb, UPSAMPLE, 0.0)
        return [(place, float(1 / (1 + np.exp(-score)))) for place, score in zip(places, scores, strict=True)]

    def _landmarks(self, rgb: Image, place: Any) -> Vectors:
        """Five points out of dlib's 68; an eye is the middle of its outline."""
        shape = self._api.pose_predictor_68_point(rgb, place)
        points = np.array([(point.x, point.y) for point in shape.parts()], np.float32)
        eyes = points[RIGHT_EYE].mean(axis=0), points[LEFT_EYE].mean(axis=0)
        return np.stack([*eyes, points[NOSE], points[RIGHT_MOUTH], points[LEFT_MOUTH]])


class LibraryEmbedder:
    """`face_encodings` of the library, with its own alignment inside the detector's box.

    threshold: FMR 1e-4 on 1,250,180 pairs of LFW with HOG. margin: against 200 people of one photo each it
    leaves two thirds of the wrong names, and costs 0.6 points of FNIR. Measured in docs/models.md.
    """

    id = "face_recognition"
    dimension = 128
    threshold = 0.940
    margin = 0.01

    def __init__(self) -> None:
        """Raises EngineError when the library is not installed."""
        self._api = _api()

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        """Raises EngineError for boxes of another detector than the library's."""
        if not detections:
            return np.empty((0, self.dimension), np.float32)
        for detection in detections:
            if detection.detector not in ("hog", "cnn"):
                raise EngineError(
                    f"face_recognition cannot align a face of {detection.detector!r}: "
                    "expected engine.detector hog or cnn"
                )
        places = [_place(detection.box) for detection in detections]
        rgb = np.ascontiguousarray(image[:, :, ::-1])
        descriptors = np.array(self._api.face_encodings(rgb, places, model="small"), np.float32)
        unit: Vectors = descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True)
        return unit


def _place(box: Box) -> tuple[int, int, int, int]:
    """Top, right, bottom, left, as the library has it."""
    x, y, width, height = box
    return round(y), round(x + width), round(y + height), round(x)


def _api() -> Any:
    """The library, asked for only when all of it is there: without its models it ends the process."""
    missing = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise EngineError(
            f"the face_recognition library is not complete: {', '.join(missing)} cannot be imported; "
            "docs/models.md says how to install it without a compiler"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own imports
        from face_recognition import api
    return api
