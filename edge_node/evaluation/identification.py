"""How often a search in a gallery errs (ISO/IEC 19795-1): FPIR of strangers, FNIR of people enrolled."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.evaluation.rates import LEAST_FALSE_MATCHES, Similarities, threshold_for
from edge_node.faces import Vectors

FPIRS = (1e-1, 1e-2, 1e-3)
DRAWS = 10


@dataclass(frozen=True, slots=True)
class SearchRate:
    """Means over the draws; None when there are too few strangers for the rate."""

    fpir: float
    threshold: float | None
    fnir: float | None


@dataclass(frozen=True, slots=True)
class Identification:
    """gallery_size: people enrolled, with one photo each. mated, strangers: searches of one draw, on average.

    fnir_in_use and fpir_in_use: at the threshold that the node would use, before any margin.
    """

    gallery_size: int
    draws: int
    mated: int
    strangers: int
    rates: tuple[SearchRate, ...]
    threshold_in_use: float
    fpir_in_use: float
    fnir_in_use: float


@dataclass(frozen=True, slots=True, eq=False)
class _Searches:
    """mated: similarity to the right person if that is the best, else -1; strangers: the best. Ascending."""

    mated: Similarities
    strangers: Similarities


def identify_all(
    vectors: Vectors, people: npt.NDArray[np.intp], threshold: float, gallery_size: int | None = None
) -> Identification | None:
    """One photo of each enrolled person against all their others, and against all of who is not enrolled.

    vectors: a row of NaN is a photo whose face was missed: a search that finds nobody. Enrolled are people
    with two photos or more, at most half of everybody; who, and by which photo, is drawn DRAWS times. None
    when nobody can be enrolled.
    """
    names, counts = np.unique(people, return_counts=True)
    found: npt.NDArray[np.bool_] = np.all(np.isfinite(vectors), axis=1)
    enrollable = np.array([name for name in names[counts > 1] if found[people == name].any()])
    size = min(len(enrollable), len(names) // 2)
    size = size if gallery_size is None else min(size, gallery_size)
    if size < 1:
        return None
    random = np.random.default_rng(0)
    draws = [
        _search(vectors, people, found, random.permutation(enrollable)[:size], random) for _ in range(DRAWS)
    ]
    return Identification(
        gallery_size=size,
        draws=DRAWS,
        mated=round(np.mean([len(draw.mated) for draw in draws])),
        strangers=round(np.mean([len(draw.strangers) for draw in draws])),
        rates=tuple(_rate(draws, fpir) for fpir in FPIRS),
        threshold_in_use=threshold,
        fpir_in_use=float(np.mean([(draw.strangers >= threshold).mean() for draw in draws])),
        fnir_in_use=float(np.mean([(draw.mated < threshold).mean() for draw in draws])),
    )


def _search(
    vectors: Vectors,
    people: npt.NDArray[np.intp],
    found: npt.NDArray[np.bool_],
    enrolled: npt.NDArray[np.intp],
    random: np.random.Generator,
) -> _Searches:
    templates = np.array([random.choice(np.flatnonzero((people == one) & found)) for one in enrolled])
    probes = np.setdiff1d(np.arange(len(people)), templates)
    similarities = np.nan_to_num(vectors[probes] @ vectors[templates].T, nan=-1.0)
    best = similarities.argmax(axis=1)
    highest = similarities.max(axis=1)
    mated = np.isin(people[probes], enrolled)
    is_right = people[probes] == enrolled[best]
    return _Searches(np.sort(np.where(is_right, highest, np.float32(-1))[mated]), np.sort(highest[~mated]))


def _rate(draws: list[_Searches], fpir: float) -> SearchRate:
    if any(int(fpir * len(draw.strangers) + 1e-9) < LEAST_FALSE_MATCHES for draw in draws):
        return SearchRate(fpir, None, None)
    thresholds = [threshold_for(draw.strangers, int(fpir * len(draw.strangers) + 1e-9)) for draw in draws]
    missed = [(draw.mated < threshold).mean() for draw, threshold in zip(draws, thresholds, strict=True)]
    return SearchRate(fpir, float(np.mean(thresholds)), float(np.mean(missed)))
