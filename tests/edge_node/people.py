"""Made-up people for the tests of the core: unit vectors in a few dimensions instead of photos."""

import numpy as np
import numpy.typing as npt

from broker.messages import EventType
from edge_node.faces import Box, Detection, Face, Match
from edge_node.gallery import Enrolment, Gallery
from edge_node.match import identify

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


def face(vector: npt.NDArray[np.float32], box: Box = Box(100, 100, 50, 60)) -> Face:  # noqa: B008
    landmarks = np.zeros((5, 2), np.float32)
    return Face(Detection(box, 0.9, landmarks, "made-up"), vector, match(vector))
