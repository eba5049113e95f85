"""Names on pictures, with the fonts that come inside OpenCV 5: no package, no font file to look for.

They hold the letters of Latin, Cyrillic, Greek, Hebrew, Chinese, Japanese and Korean. Letters are set one
after the other, so that scripts whose letters join or stack (Arabic, Devanagari, Thai) cannot be set.
"""

import unicodedata
from functools import cache, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from edge_node.faces import Image

WEIGHT = 500
"""On a scale where 400 is regular and 700 bold."""
ELLIPSIS = "…"

_PROBE = 24
_RIGHT_TO_LEFT = "R"
_JOINED = "AL"
_MARKS = ("Mn", "Mc", "Me")


def legible(name: str, otherwise: str) -> str:
    """The name as its letters follow each other on the picture, or `otherwise` if it cannot be set."""
    name = unicodedata.normalize("NFC", name)
    if not all(character == " " or _has_glyph(character) for character in name):
        return otherwise
    directions = {unicodedata.bidirectional(character) for character in name}
    if _RIGHT_TO_LEFT not in directions:
        return name
    return name[::-1] if directions <= {_RIGHT_TO_LEFT, "WS"} else otherwise


def width_of(text: str, size: int) -> int:
    """In pixels, at letters of `size` pixels."""
    return int(cv2.getTextSize((0, 0), text, (0, 0), _font(), size, WEIGHT)[2])


def shortened(text: str, size: int, width: int) -> str:
    """As much of the text as fits into the width, with an ellipsis for the rest."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + ELLIPSIS, size) > width:
        text = text[:-1]
    return text + ELLIPSIS


def write(image: Image, text: str, left: int, baseline: int, size: int, colour: tuple[int, int, int]) -> None:
    cv2.putText(image, text, (left, baseline), colour, _font(), size, WEIGHT)


@cache
def _font() -> "cv2.FontFace":
    return cv2.FontFace("sans")


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    """OpenCV draws a question mark for what its fonts do not have."""
    if unicodedata.bidirectional(character) == _JOINED or unicodedata.category(character) in _MARKS:
        return False
    return character == "?" or not np.array_equal(_drawn(character), _drawn("?"))


def _drawn(character: str) -> npt.NDArray[np.uint8]:
    canvas = np.zeros((2 * _PROBE, 2 * _PROBE), np.uint8)
    cv2.putText(canvas, character, (_PROBE // 4, _PROBE * 3 // 2), (255,), _font(), _PROBE, WEIGHT)
    return canvas
