"""Who looks like whom in a gallery: for each photo the closest one of the same person and of another."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.faces import Vectors


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Positions of photos and similarities; None where there is no such photo."""

    photo: int
    own: int | None
    own_similarity: float | None
    other: int | None
    other_similarity: float | None


@dataclass(frozen=True, slots=True)
class Closeness:
    """The two photos of two people that are most alike."""

    first: int
    second: int
    similarity: float


@dataclass(frozen=True, slots=True)
class Reached:
    """Of `of` pairs of photos of two people, `pairs` are at a threshold or above.

    fmr: their share, where every two people count alike, however many photos they have.
    """

    pairs: int
    of: int
    fmr: float | None


def neighbours(vectors: Vectors, owners: npt.NDArray[np.intp]) -> Iterator[Neighbours]:
    """owners: whose photo each row is."""
    for photo, similarities in enumerate(_rows(vectors)):
        own = owners == owners[photo]
        others = ~own
        own[photo] = False
        yield Neighbours(photo, *_highest(similarities, own), *_highest(similarities, others))


def closest_people(vectors: Vectors, owners: npt.NDArray[np.intp], count: int) -> list[Closeness]:
    """The `count` pairs of people whose photos come closest, closest first."""
    best: dict[tuple[int, int], Closeness] = {}
    for photo, similarities in enumerate(_rows(vectors)):
        owner = int(owners[photo])
        ascending = np.argsort(similarities)
        nearest = {int(owners[other]): int(other) for other in ascending if owners[other] > owner}
        for person, other in heapq.nlargest(count, nearest.items(), key=lambda one: similarities[one[1]]):
            similarity = float(similarities[other])
            if (owner, person) not in best or similarity > best[owner, person].similarity:
                best[owner, person] = Closeness(photo, other, similarity)
    return heapq.nlargest(count, best.values(), key=lambda one: one.similarity)


def reached(vectors: Vectors, owners: npt.NDArray[np.intp], threshold: float) -> Reached:
    """owners: 0, 1, 2... in any order."""
    photos = np.bincount(owners)
    people = len(photos)
    matches = np.zeros((people, people))
    for photo, similarities in enumerate(_rows(vectors)):
        hits = owners[similarities >= threshold]
        matches[owners[photo]] += np.bincount(hits, minlength=people)
    later = np.triu_indices(people, 1)
    possible = np.outer(photos, photos)[later]
    shares = matches[later] / possible
    return Reached(
        int(matches[later].sum()), int(possible.sum()), float(shares.mean()) if len(shares) else None
    )


def torn_apart(vectors: Vectors, owners: npt.NDArray[np.intp], threshold: float) -> tuple[int, int]:
    """How many pairs of photos of one person are below the threshold, and how many pairs there are."""
    below = pairs = 0
    for photo, similarities in enumerate(_rows(vectors)):
        own = photo + 1 + np.flatnonzero(owners[photo + 1 :] == owners[photo])
        below += int((similarities[own] < threshold).sum())
        pairs += len(own)
    return below, pairs


def _rows(vectors: Vectors) -> Iterator[npt.NDArray[np.float32]]:
    for vector in vectors:
        yield vectors @ vector


def _highest(
    similarities: npt.NDArray[np.float32], where: npt.NDArray[np.bool_]
) -> tuple[int | None, float | None]:
    if not where.any():
        return None, None
    position = int(np.where(where, similarities, -np.inf).argmax())
    return position, float(similarities[position])
