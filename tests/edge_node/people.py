"""Made-up people for the tests of the core: unit vectors in a few dimensions instead of photos."""

import numpy as np
import numpy.typing as npt

from broker.messages import EventType
from edge_node.faces import Box, Detection, Match, Quality, Seen
from edge_node.gallery import Enrolment, Gallery
from edge_node.match import identify
from edge_node.quality import Limits
from edge_node.view import View

DIMENSION = 8
THRESHOLD = 0.8
MARGIN = 0.1


def unit(*numbers: float) -> npt.NDArray[np.float32]:
    vector = np.zeros(DIMENSION, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.float32(np.linalg.norm(vector))


ANN, BOB, EVE, ZOE = unit(1), unit(0, 1), unit(0, 0, 1), unit(0, 0, 0, 1)
STRANGER, OTHER_STRANGER = unit(0, 0, 0, 0, 1), unit(0, 0, 0, 0, 0, 1)


def enrolled(person: str, group: EventType, *templates: npt.NDArray[np.float32]) -> list[Enrolment]:
    return [
        Enrolment(
            key=f"{person}/{index}.jpg",
            group=group,
            person=person,
            fingerprint="f",
            digest=f"{person}{index}",
            template=template,
        )
        for index, template in enumerate(templates)
    ]


def gallery_of(*people: list[Enrolment]) -> Gallery:
    return Gallery.of([one for person in people for one in person], "model")


HOUSEHOLD = gallery_of(
    enrolled("Ann", EventType.AUTHORISED, ANN),
    enrolled("Bob", EventType.AUTHORISED, BOB),
    enrolled("Eve", EventType.RESTRICTED, EVE),
)


def match(vector: npt.NDArray[np.float32], gallery: Gallery = HOUSEHOLD) -> Match:
    return identify(vector[None], gallery, threshold=THRESHOLD, margin=MARGIN)[0]


def view(*, frames: int = 2, unknown_frames: int = 4, buffer_seconds: float = 120.0) -> View:
    return View(
        limits=Limits(
            min_face=40, min_sharpness=0.2, max_turn=0.45, min_brightness=0.05, max_brightness=0.88
        ),
        threshold=THRESHOLD,
        margin=MARGIN,
        frames=frames,
        unknown_frames=unknown_frames,
        buffer_seconds=buffer_seconds,
        recheck_seconds=1.0,
    )


FRONTAL = Quality(height=60, sharpness=0.75, turn=0.1, brightness=0.5, score=0.9)
DOOR = Box(100, 100, 50, 60)


def face(vector: npt.NDArray[np.float32], box: Box = DOOR) -> Seen:
    return Seen(_detection(box), FRONTAL, vector, None, None)


def poor_face(box: Box = DOOR) -> Seen:
    """One that is seen and cannot be named."""
    return Seen(_detection(box), FRONTAL, None, "blurred", None)


def _detection(box: Box) -> Detection:
    return Detection(box, 0.9, np.zeros((5, 2), np.float32), "made-up")
