"""The picture that goes with an event: boxes, names, and when it was."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import simplejpeg

from edge_node.draw import BLACK, WHITE, draw, label
from edge_node.engines.canvas import reduced
from edge_node.faces import Face, Image
from edge_node.lettering import width_of, write

LONGEST_SIDE = 1280
QUALITY = 80
LETTER_SHARE = 1 / 32
"""Size of the time's letters, of the picture's height."""


def snapshot(image: Image, faces: Sequence[Face], at: datetime) -> bytes:
    """A JPEG of at most LONGEST_SIDE. at: shown as it is, so in local time."""
    drawn = draw(image, [label(face) for face in faces])
    drawn = np.ascontiguousarray(reduced(drawn, LONGEST_SIDE / max(drawn.shape[:2])))
    _date(drawn, f"{at:%Y-%m-%d %H:%M:%S}")
    jpeg: bytes = simplejpeg.encode_jpeg(drawn, QUALITY, colorspace="BGR")
    return jpeg


def _date(image: Image, text: str) -> None:
    """In the lower left corner, light on dark."""
    size = max(12, round(image.shape[0] * LETTER_SHARE))
    padding = size // 3
    top, right = image.shape[0] - size - 2 * padding, width_of(text, size) + 2 * padding
    image[max(0, top) :, :right] = BLACK
    write(image, text, padding, image.shape[0] - padding - size // 6, size, WHITE)
