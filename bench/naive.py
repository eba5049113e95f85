"""The pipeline this project grew from: face_recognition on whole frames, each from scratch."""

import io
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.scenes import ENROLLED, PHOTOS

UNKNOWN = "unknown"


class Naive:
    """PIL decodes, HOG detects, dlib encodes, compare_faces names the first of whom it takes a face for.

    shrink: the detector sees pictures so many times smaller.
    """

    def __init__(self, shrink: int = 1) -> None:
        self._shrink = shrink
        self._library = _library()
        self._names = list(ENROLLED)
        self._known = []
        for photo in ENROLLED.values():
            picture = self._library.load_image_file(str(PHOTOS / photo))
            self._known.append(self._library.face_encodings(picture)[0])

    def find(self, jpeg: bytes) -> list[tuple[str, tuple[int, int, int, int]]]:
        """Names, and boxes as left, top, right, bottom in pixels of the frame."""
        picture = self._decoded(jpeg)
        places = self._library.face_locations(picture)
        found = []
        for (top, right, bottom, left), encoding in zip(
            places, self._library.face_encodings(picture, places), strict=True
        ):
            matches = self._library.compare_faces(self._known, encoding)
            name = self._names[matches.index(True)] if True in matches else UNKNOWN
            left, top, right, bottom = (side * self._shrink for side in (left, top, right, bottom))
            found.append((name, (left, top, right, bottom)))
        return found

    def __call__(self, jpeg: bytes) -> list[str]:
        return sorted(name for name, _ in self.find(jpeg))

    def _decoded(self, jpeg: bytes) -> npt.NDArray[np.uint8]:
        from PIL import Image

        picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
        if self._shrink > 1:
            picture = picture.resize((picture.width // self._shrink, picture.height // self._shrink))
        return np.asarray(picture)


def _library() -> Any:
    try:
        import face_recognition
    except ImportError:
        sys.exit("the naive pipeline needs face_recognition: run ./scripts/test once, it installs it")
    return face_recognition
