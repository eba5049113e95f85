"""JPEG bytes -> an upright BGR image, or one reason why not."""

import numpy as np
import simplejpeg

from edge_node.errors import DecodeError
from edge_node.faces import Image
from edge_node.jpeg import read_header


def decode(jpeg: bytes, *, max_bytes: int, max_pixels: int) -> Image:
    """Height x width x 3, BGR, turned upright by its Exif orientation. Raises DecodeError.

    Recoverable damage is refused as well: a half-grey picture must not become a verdict.
    """
    header = read_header(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
    try:
        image = simplejpeg.decode_jpeg(jpeg, colorspace="BGR", fastdct=True, fastupsample=True)
    except ValueError as error:
        raise DecodeError("corrupt", str(error)) from error
    return _upright(image, header.orientation)


def _upright(image: Image, orientation: int) -> Image:
    """Exif orientation: bit 0 of (n - 1) mirrors, 3 and 4 turn half round, 5 to 8 swap the axes."""
    if orientation == 1:
        return image
    if orientation >= 5:
        image = image.swapaxes(0, 1)
    vertical, horizontal = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(image[:: -1 if vertical else 1, :: -1 if horizontal else 1])
