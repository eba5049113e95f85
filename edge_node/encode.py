"""BGR image -> JPEG bytes."""

import numpy as np
import simplejpeg

from edge_node.faces import Image

QUALITY = 90


def encode(image: Image) -> bytes:
    jpeg: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(image), QUALITY, colorspace="BGR")
    return jpeg
