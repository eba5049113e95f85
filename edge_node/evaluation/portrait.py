"""The one vector of a photo: of the face that the photo is of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.decode import decode
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.errors import DecodeError, EngineError
from edge_node.faces import Detection, Image
from edge_node.ports import Detector, Embedder


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """vector: of unit length; None when no face was found, and `reason` says why."""

    vector: npt.NDArray[np.float32] | None
    reason: str | None


def portray(jpeg: bytes, detector: Detector, embedder: Embedder) -> Portrait:
    """Looks at a photo as the node looks at a frame, but whatever the size of the face."""
    try:
        image = decode(jpeg, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        face = main_face(detector.detect(image), image)
        if face is None:
            return Portrait(None, "no_face")
        vector = embedder.embed(image, [face])[0].astype(np.float32)
    except DecodeError as error:
        return Portrait(None, error.reason)
    except EngineError:
        return Portrait(None, "no_vector")
    if not np.isfinite(vector).all():
        return Portrait(None, "no_vector")
    return Portrait(vector, None)


def main_face(detections: Sequence[Detection], image: Image) -> Detection | None:
    """The large face near the middle: area less twice the square of the distance to the centre, in pixels.

    Photos of a person are framed around them, so a bystander loses by place when they are as near to the
    camera, and by size when they are not. InsightFace chooses by the same rule.
    """
    height, width = (int(side) for side in image.shape[:2])

    def prominence(detection: Detection) -> float:
        box = detection.box
        across, down = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
        return box.width * box.height - 2 * (across * across + down * down)

    return max(detections, key=prominence, default=None)
