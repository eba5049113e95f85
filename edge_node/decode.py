"""JPEG bytes -> an upright image, or one reason why not."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import simplejpeg

from edge_node.encode import encode
from edge_node.errors import DecodeError
from edge_node.faces import Image
from edge_node.jpeg import read_header
from edge_node.motion import Glance

BLOCK = 8
"""Pixels of the picture for one of a glance: the side of JPEG's own blocks."""


def decode(jpeg: bytes, *, max_bytes: int, max_pixels: int) -> Image:
    """Height x width x 3, BGR, turned upright by its Exif orientation. Raises DecodeError.

    Recoverable damage is refused as well: a half-grey picture must not become a verdict.
    """
    header = read_header(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
    return _upright(_pixels(jpeg, colorspace="BGR", fastupsample=True), header.orientation)


def glance_at(jpeg: bytes, *, max_bytes: int, max_pixels: int) -> Glance:
    """The same picture an eighth as large and grey, for about half the time. Raises DecodeError."""
    header = read_header(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
    blocks = _pixels(jpeg, colorspace="GRAY", min_width=1, min_height=1)[:, :, 0]
    size = header.width, header.height
    return Glance(_upright(blocks, header.orientation), size if header.orientation < 5 else size[::-1])


def glance_of(image: Image) -> Glance | None:
    """The same, of a picture that is decoded already, to within three grey levels.

    None where its sides are no whole number of blocks: those at the edge would be others than the JPEG's.
    """
    height, width = image.shape[:2]
    if height % BLOCK or width % BLOCK:
        return None
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    blocks = cv2.resize(grey, (width // BLOCK, height // BLOCK), interpolation=cv2.INTER_AREA)
    return Glance(np.asarray(blocks, np.uint8), (width, height))


def thumbnail(jpeg: bytes, *, side: int, max_bytes: int, max_pixels: int) -> bytes:
    """The same picture as a small JPEG, its shorter side about so many pixels. Raises DecodeError."""
    header = read_header(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
    return encode(
        _upright(_pixels(jpeg, colorspace="BGR", min_width=side, min_height=side), header.orientation)
    )


def _pixels(jpeg: bytes, **options: Any) -> npt.NDArray[np.uint8]:
    try:
        pixels: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(jpeg, fastdct=True, **options)
    except ValueError as error:
        raise DecodeError("corrupt", str(error)) from error
    return pixels


def _upright(image: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Exif orientation: bit 0 of (n - 1) mirrors, 3 and 4 turn half round, 5 to 8 swap the axes."""
    if orientation == 1:
        return image
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    vertical, horizontal = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(image[:: -1 if vertical else 1, :: -1 if horizontal else 1])
