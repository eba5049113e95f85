"""The values of recognition: what is seen, who is known, and what is said of it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from broker.messages import EventType

Image = npt.NDArray[np.uint8]
"""Height x width x 3, BGR, upright."""

Vectors = npt.NDArray[np.float32]
"""One unit vector a row, so that a dot product is the cosine similarity."""


class Box(NamedTuple):
    """A rectangle in pixels of the whole picture; x and y are its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    def rounded(self) -> tuple[int, int, int, int]:
        return round(self.x), round(self.y), round(self.width), round(self.height)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.width * self.height + other.width * other.height - shared)


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face in a picture.

    landmarks: 5 x 2 pixels of the whole picture: right eye, left eye, nose, right and left mouth corner (the
    person's right, which is left in the picture). score: the detector's own, 0..1. detector: its id, because
    each detector places the points a little differently.
    """

    box: Box
    score: float
    landmarks: npt.NDArray[np.float32]
    detector: str


@dataclass(frozen=True, slots=True)
class Person:
    """Someone enrolled. `id` is safe in topics, `name` is for people to read."""

    id: str
    name: str
    group: EventType


@dataclass(frozen=True, slots=True)
class Match:
    """The answer of identification (1:N) for one probe.

    similarity is to the best person, also when the answer is unknown; margin is the lead over the best other
    person. Both are None with an empty gallery.
    """

    event_type: EventType
    person: Person | None
    similarity: float | None
    margin: float | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face that was looked at: where it is, its unit vector, and whose it is."""

    detection: Detection
    vector: npt.NDArray[np.float32]
    match: Match
