"""Accuracy of yes-or-no answers, where the threshold of each fold is chosen on all the others."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.evaluation.rates import Similarities

BEYOND = 2.0
"""Greater than any cosine: with this threshold nothing matches."""


@dataclass(frozen=True, slots=True)
class Fold:
    fold: int
    pairs: int
    threshold: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Mean over the folds and its standard error."""

    mean: float
    standard_error: float
    folds: tuple[Fold, ...]


def cross_validate(
    similarities: Similarities, same: npt.NDArray[np.bool_], folds: npt.NDArray[np.intp]
) -> Accuracy | None:
    """similarities: NaN where a face was missed; such a pair has no answer, which is wrong.

    Each fold counts alike, as in LFW. None when there are not two folds.
    """
    numbers = np.unique(folds)
    if len(numbers) < 2:
        return None
    results = []
    for number in numbers:
        test = folds == number
        threshold = best_threshold(similarities[~test], same[~test])
        results.append(
            Fold(int(number), int(test.sum()), threshold, _share(similarities[test], same[test], threshold))
        )
    accuracies = np.array([result.accuracy for result in results])
    error = float(accuracies.std(ddof=1) / np.sqrt(len(accuracies)))
    return Accuracy(float(accuracies.mean()), error, tuple(results))


def best_threshold(similarities: Similarities, same: npt.NDArray[np.bool_]) -> float:
    """Where most answers are right; in the middle of the widest gap when several cuts are as good."""
    compared = ~np.isnan(similarities)
    order = np.argsort(similarities[compared], kind="stable")
    values = similarities[compared][order].astype(np.float64)
    truths = same[compared][order]
    edges = np.concatenate([[-BEYOND], values, [BEYOND]])
    below = np.concatenate([[0], np.cumsum(~truths)])
    right = below + truths.sum() - np.concatenate([[0], np.cumsum(truths)])
    gaps = np.diff(edges)
    right = np.where(gaps > 0, right, -1)
    best = np.flatnonzero(right == right.max())
    cut = best[np.argmax(gaps[best])]
    return float((edges[cut] + edges[cut + 1]) / 2)


def _share(similarities: Similarities, same: npt.NDArray[np.bool_], threshold: float) -> float:
    right = ((similarities >= threshold) == same) & ~np.isnan(similarities)
    return float(right.mean())
