"""What a gallery says of itself: a threshold for it, and the photos that spoil it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from broker.states import PhotoProblem
from edge_node.evaluation.fmr_curve import FmrCurve
from edge_node.evaluation.neighbours import Neighbours, closest_people, neighbours
from edge_node.evaluation.portrait import Portrait
from edge_node.evaluation.portraits import stacked
from edge_node.evaluation.risk import Assessment, assess
from edge_node.names import printable
from edge_node.ports import Embedder, Photo

CLOSEST = 10


@dataclass(frozen=True, slots=True)
class ClosePair:
    """The photos of two people that are most alike."""

    person: str
    photo: str
    other_person: str
    other_photo: str
    similarity: float


@dataclass(frozen=True, slots=True)
class OddPhoto:
    """A photo whose best similarity to the others of its person is below the threshold."""

    person: str
    photo: str
    own_similarity: float


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A photo that reaches the threshold with somebody else's, and is no more like any of its own person's.

    own_similarity: None when there is no other of theirs.
    """

    person: str
    photo: str
    own_similarity: float | None
    other_person: str
    other_photo: str
    other_similarity: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """assessment: None with nobody in the gallery."""

    engine: str
    people: int
    photos: int
    threshold: float
    margin: float
    assessment: Assessment | None
    closest: tuple[ClosePair, ...]
    disagreeing: tuple[OddPhoto, ...]
    lookalikes: tuple[Lookalike, ...]
    single_photo: tuple[str, ...]
    unusable: tuple[PhotoProblem, ...]


def calibrate(
    photos: Sequence[Photo],
    portraits: Sequence[Portrait],
    embedder: Embedder,
    *,
    engine: str,
    threshold: float,
    margin: float,
    wanted: float,
    refused: Sequence[PhotoProblem] = (),
) -> Calibration:
    """threshold, margin: in use. wanted: expected false matches of a stranger. refused: what is no photo."""
    looked = list(zip(photos, portraits, strict=True))
    useful = [photo for photo, portrait in looked if portrait.vector is not None]
    vectors = stacked((portrait for portrait in portraits if portrait.vector is not None), embedder.dimension)
    numbers = {name: number for number, name in enumerate(sorted({photo.person for photo in useful}))}
    owners = np.array([numbers[photo.person] for photo in useful], np.intp)
    closest = closest_people(vectors, owners, CLOSEST)
    near = list(neighbours(vectors, owners))
    counts = Counter(photo.person for photo in useful)
    return Calibration(
        engine=engine,
        people=len(numbers),
        photos=len(useful),
        threshold=threshold,
        margin=margin,
        assessment=assess(
            vectors,
            owners,
            curve=FmrCurve.of(embedder.id, embedder.threshold),
            threshold=threshold,
            default=embedder.threshold,
            closest=closest[0].similarity if closest else None,
            wanted=wanted,
        )
        if useful
        else None,
        closest=tuple(
            ClosePair(*_called(useful[one.first]), *_called(useful[one.second]), one.similarity)
            for one in closest
        ),
        disagreeing=tuple(_disagreeing(useful, near, threshold)),
        lookalikes=tuple(_lookalikes(useful, near, threshold)),
        single_photo=tuple(sorted(name for name, count in counts.items() if count == 1)),
        unusable=(
            *refused,
            *(
                PhotoProblem(photo=printable(photo.key), reason=one.reason)
                for photo, one in looked
                if one.reason
            ),
        ),
    )


def _disagreeing(photos: list[Photo], near: list[Neighbours], threshold: float) -> list[OddPhoto]:
    found = [
        OddPhoto(*_called(photos[one.photo]), one.own_similarity)
        for one in near
        if one.own_similarity is not None and one.own_similarity < threshold
    ]
    return sorted(found, key=lambda one: (one.person, one.own_similarity))


def _lookalikes(photos: list[Photo], near: list[Neighbours], threshold: float) -> list[Lookalike]:
    found = [
        Lookalike(
            *_called(photos[one.photo]), one.own_similarity, *_called(photos[one.other]), one.other_similarity
        )
        for one in near
        if one.other is not None
        and one.other_similarity is not None
        and one.other_similarity >= max(threshold, one.own_similarity or -1.0)
    ]
    return sorted(found, key=lambda one: -one.other_similarity)


def _called(photo: Photo) -> tuple[str, str]:
    return photo.person, printable(photo.key)
