"""How often one comparison errs (ISO/IEC 19795-1): FMR, FNMR and the thresholds between them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.faces import Vectors

FMRS = (1e-2, 1e-3, 1e-4, 1e-5)
LEAST_FALSE_MATCHES = 3
"""With fewer of them, one pair more or less moves the rate by half: that is "too few pairs"."""

Similarities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rate:
    """At `threshold`, the lowest at which at most a share `fmr` of impostor pairs match, `fnmr` is missed.

    false_matches: how many impostor pairs do match there. The three are None with too few pairs.
    """

    fmr: float
    threshold: float | None
    fnmr: float | None
    false_matches: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Similarities of pairs of one person (genuine) and of two (impostor), each ascending."""

    genuine: Similarities
    impostor: Similarities

    @classmethod
    def of(cls, similarities: Similarities, same: npt.NDArray[np.bool_]) -> "Comparisons":
        return cls(np.sort(similarities[same]), np.sort(similarities[~same]))

    def false_matches(self, threshold: float) -> int:
        return len(self.impostor) - int(np.searchsorted(self.impostor, np.float32(threshold)))

    def fmr(self, threshold: float) -> float | None:
        """Share of impostor pairs at the threshold or above; None without any."""
        return self.false_matches(threshold) / len(self.impostor) if len(self.impostor) else None

    def fnmr(self, threshold: float) -> float | None:
        """Share of genuine pairs below the threshold; None without any."""
        missed = int(np.searchsorted(self.genuine, np.float32(threshold)))
        return missed / len(self.genuine) if len(self.genuine) else None

    def rate(self, fmr: float) -> Rate:
        allowed = int(fmr * len(self.impostor) + 1e-9)
        if allowed < LEAST_FALSE_MATCHES or not len(self.genuine):
            return Rate(fmr, None, None, None)
        threshold = threshold_for(self.impostor, allowed)
        return Rate(fmr, threshold, self.fnmr(threshold), self.false_matches(threshold))


def threshold_for(ascending: Similarities, allowed: int) -> float:
    """The lowest threshold that at most `allowed` of the similarities reach, also when several are equal."""
    if allowed >= len(ascending):
        return -1.0
    return float(np.nextafter(ascending[len(ascending) - 1 - allowed], np.float32(np.inf)))


def compare_all(vectors: Vectors, people: npt.NDArray[np.intp]) -> Comparisons:
    """Every photo with every other, each pair once."""
    rows = range(len(vectors))
    similarities = np.concatenate(
        [vectors[row + 1 :] @ vectors[row] for row in rows] or [np.empty(0, np.float32)]
    )
    same = np.concatenate([people[row + 1 :] == people[row] for row in rows] or [np.empty(0, np.bool_)])
    return Comparisons.of(similarities.astype(np.float32), same)


def trade_off(comparisons: Comparisons, points: int = 300) -> tuple[Similarities, Similarities]:
    """FMR and the FNMR that goes with it, from the strictest threshold that pairs suffice for: a DET curve.

    There must be pairs of both kinds.
    """
    genuine, impostor = comparisons.genuine, comparisons.impostor
    fewest = min(LEAST_FALSE_MATCHES, len(impostor))
    matched = np.unique(np.geomspace(fewest, len(impostor), points).astype(int))
    thresholds = impostor[len(impostor) - matched]
    fmr = 1 - np.searchsorted(impostor, thresholds) / len(impostor)
    fnmr = np.searchsorted(genuine, thresholds) / len(genuine)
    return fmr.astype(np.float32), fnmr.astype(np.float32)
