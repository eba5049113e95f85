"""Dataset and portraits -> every figure there is to say of the engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge_node.evaluation.dataset import Dataset, numbered
from edge_node.evaluation.folds import Accuracy, cross_validate
from edge_node.evaluation.identification import Identification, identify_all
from edge_node.evaluation.portrait import Portrait
from edge_node.evaluation.portraits import stacked
from edge_node.evaluation.rates import FMRS, Comparisons, Rate, compare_all
from edge_node.evaluation.stages import StageTimes

MAX_PHOTOS = 8_000
"""All pairs of so many are 32 million similarities, 128 MB; of more photos the first so many are compared."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A photo without a vector."""

    photo: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Pairs whose faces were both found: how many of one person and of two, and how often each kind errs.

    fmr_in_use and fnmr_in_use: at the threshold that the node would use.
    """

    genuine: int
    impostor: int
    rates: tuple[Rate, ...]
    fmr_in_use: float | None
    fnmr_in_use: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """threshold: what the node would use. all_pairs, identification: None unless people are known."""

    dataset: str
    engine: str
    threshold: float
    photos: int
    people: int | None
    missed: tuple[Missed, ...]
    protocol: str
    accuracy: Accuracy | None
    listed_pairs: Verification
    all_pairs: Verification | None
    identification: Identification | None
    milliseconds: StageTimes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The figures, and the similarities that they come from, for a plot."""

    evaluation: Evaluation
    listed: Comparisons
    every: Comparisons | None


def evaluate(
    dataset: Dataset,
    portraits: Sequence[Portrait],
    *,
    name: str,
    engine: str,
    dimension: int,
    threshold: float,
    gallery_size: int | None = None,
) -> Measured:
    """name: what the dataset is called in the report."""
    vectors = stacked(portraits, dimension)
    first, second = (
        np.array([getattr(pair, side) for pair in dataset.pairs], np.intp) for side in ("first", "second")
    )
    same = np.array([pair.same for pair in dataset.pairs], np.bool_)
    folds = np.array([pair.fold for pair in dataset.pairs], np.intp)
    similarities = np.einsum("ij,ij->i", vectors[first], vectors[second])
    compared = ~np.isnan(similarities)
    listed = Comparisons.of(similarities[compared], same[compared])
    every, identification = None, None
    if dataset.people is not None:
        people = numbered(dataset.people)
        found = np.flatnonzero(~np.isnan(vectors).any(axis=1))[:MAX_PHOTOS]
        every = compare_all(vectors[found], people[found])
        identification = identify_all(vectors, people, threshold, gallery_size)
    evaluation = Evaluation(
        dataset=name,
        engine=engine,
        threshold=threshold,
        photos=len(dataset.names),
        people=None if dataset.people is None else len(set(dataset.people)),
        missed=tuple(
            Missed(photo, portrait.reason)
            for photo, portrait in zip(dataset.names, portraits, strict=True)
            if portrait.reason is not None
        ),
        protocol=dataset.protocol,
        accuracy=cross_validate(similarities, same, folds),
        listed_pairs=_verification(listed, threshold),
        all_pairs=None if every is None else _verification(every, threshold),
        identification=identification,
    )
    return Measured(evaluation, listed, every)


def _verification(comparisons: Comparisons, threshold: float) -> Verification:
    return Verification(
        genuine=len(comparisons.genuine),
        impostor=len(comparisons.impostor),
        rates=tuple(comparisons.rate(fmr) for fmr in FMRS),
        fmr_in_use=comparisons.fmr(threshold),
        fnmr_in_use=comparisons.fnmr(threshold),
    )
