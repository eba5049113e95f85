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


Vector = npt.NDArray[np.float32]
"""One unit vector."""


class Box(NamedTuple):
    """A rectangle in pixels of the whole picture; x and y are its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    def rounded(self) -> tuple[int, int, int, int]:
        return round(self.x), round(self.y), round(self.width), round(self.height)

    def contains(self, x: float, y: float) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height

    def shared(self, other: "Box") -> float:
        """The area of both, in square pixels."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(0.0, width) * max(0.0, height)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        shared = self.shared(other)
        return shared / (self.width * self.height + other.width * other.height - shared) if shared else 0.0


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


@dataclass(frozen=True, slots=True)
class Quality:
    """height: of the box, in pixels. sharpness: edges against contrast, about 1 for a crisp face. turn: the
    nose off the middle of the eyes, in distances between the eyes; 0 is frontal, 0.5 a profile. brightness:
    mean of the face, 0..1. score: the detector's."""

    height: float
    sharpness: float
    turn: float
    brightness: float
    score: float

    @property
    def grade(self) -> float:
        """One number to choose the best of several frames by; 1 for a large, crisp, frontal face."""
        return min(1.0, self.height / 150) * min(1.0, self.sharpness / 0.75) * max(0.0, 1 - self.turn)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A face that was found and judged, before anybody asked whose it is.

    vector: unit length, None for a face too poor to be named; fault: why it is. zone: the name of the one it
    stands in. is_remembered: the vector is its track's, because the face surely goes on a settled track.
    """

    detection: Detection
    quality: Quality
    vector: Vector | None
    fault: str | None
    zone: str | None
    is_remembered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face that was seen, and whose it is."""

    seen: Seen
    match: Match
