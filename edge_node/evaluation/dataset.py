"""What an evaluation is made of: photos, who is on them, and pairs to compare."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDS = 10
PAIRS_A_FOLD = 300
"""Of each kind, as in LFW."""


class DatasetError(Exception):
    """A dataset that cannot be read. The text says where, what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos by their position in the dataset. fold: which part of the pairs this belongs to."""

    first: int
    second: int
    same: bool
    fold: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """names: what each photo is called, below `root`. people: who is on each, if that is known.

    protocol: how the pairs came about, for the report.
    """

    root: Path
    names: tuple[str, ...]
    people: tuple[str, ...] | None
    pairs: tuple[Pair, ...]
    protocol: str

    def paths(self) -> list[Path]:
        return [self.root / name for name in self.names]


def people_of(names: tuple[str, ...], pairs: tuple[Pair, ...]) -> tuple[str, ...] | None:
    """The folder of each photo, if every photo has one and no pair says otherwise."""
    folders = tuple(name.rpartition("/")[0] for name in names)
    agree = all((folders[pair.first] == folders[pair.second]) == pair.same for pair in pairs)
    return folders if agree and all(folders) else None


def deal_pairs(people: tuple[str, ...]) -> tuple[Pair, ...]:
    """Pairs as LFW draws them: no person in two folds, in each as many pairs of two as of one person.

    There are ten folds, fewer when fewer than ten people have two photos. The same for the same people.
    """
    random = np.random.default_rng(0)
    photos: dict[str, list[int]] = defaultdict(list)
    for position, person in enumerate(people):
        photos[person].append(position)
    several = [name for name in sorted(photos) if len(photos[name]) > 1]
    single = [name for name in sorted(photos) if len(photos[name]) == 1]
    shuffled = [*random.permutation(np.array(several, dtype=object)), *random.permutation(single)]
    folds = min(FOLDS, len(several), len(shuffled) // 2)
    pairs: list[Pair] = []
    for fold in range(folds):
        own = [photos[name] for name in shuffled[fold::folds]]
        pairs += _fold(own, fold, random)
    return tuple(pairs)


def _fold(people: list[list[int]], fold: int, random: np.random.Generator) -> list[Pair]:
    same = [(a, b) for own in people for index, a in enumerate(own) for b in own[index + 1 :]]
    chosen = random.permutation(len(same))[:PAIRS_A_FOLD]
    pairs = [Pair(a, b, same=True, fold=fold) for a, b in (same[index] for index in chosen)]
    seen: set[tuple[int, int]] = set()
    photos = [(position, person) for person, own in enumerate(people) for position in own]
    different = sum(1 for a, (_, one) in enumerate(photos) for _, other in photos[a + 1 :] if one != other)
    while len(seen) < min(len(pairs), different):
        (a, one), (b, other) = (photos[index] for index in random.integers(len(photos), size=2))
        if one != other:
            seen.add((min(a, b), max(a, b)))
    return pairs + [Pair(a, b, same=False, fold=fold) for a, b in sorted(seen)]


def numbered(people: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """A number for each name, the same for the same."""
    numbers = {name: number for number, name in enumerate(sorted(set(people)))}
    return np.array([numbers[name] for name in people], np.intp)
