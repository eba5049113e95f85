"""What the core asks of the outside. Drivers live in `engines`, `stores` and `sinks`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from broker.messages import EventType
from broker.states import PhotoProblem
from edge_node.attention import EVERYTHING, Attention
from edge_node.faces import Detection, Image, Vectors


class Detector(Protocol):
    """Finds faces. `id` names model and version."""

    id: str

    def detect(self, image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        """Boxes and landmarks in pixels of the given picture, best score first.

        It may find more than attention asks for; faces cut by the edge of attention.within may be missed.
        """
        ...


class Embedder(Protocol):
    """Turns faces into vectors. `threshold` and `margin` are cosines, measured for this model."""

    id: str
    dimension: int
    threshold: float
    margin: float

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        """One unit vector a detection, in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class Photo:
    """A reference photo on this machine.

    key: what people know it by, `Authorised/Ann/1.jpg`; fingerprint: changes when the bytes do; path: where
    the bytes are now.
    """

    key: str
    group: EventType
    person: str
    fingerprint: str
    path: Path


class PhotoStore(Protocol):
    """Where reference photos come from."""

    def sync(self) -> None:
        """Brings the local copy up to date. Raises GalleryError when the source cannot be read."""
        ...

    def photos(self) -> Sequence[Photo]:
        """The photos of the last good state, also without the source; GalleryError if there is none."""
        ...

    def problems(self) -> Sequence[PhotoProblem]:
        """What lies among the photos and cannot be one."""
        ...

    def restricted(self) -> Collection[str]:
        """Names that the source calls restricted, also by photos that cannot be used."""
        ...


class GalleryWriter(Protocol):
    """Where reference photos are put and taken away: the source that a PhotoStore reads."""

    def put(self, key: str, jpeg: bytes) -> None:
        """Raises GalleryError when the source cannot be written."""
        ...

    def remove(self, key: str) -> None:
        """What is not there is removed already. Raises GalleryError."""
        ...
