"""How often an embedder takes two people for one, by threshold: measured on many, assumed of others."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

MEASURED: dict[str, tuple[tuple[float, float], ...]] = {
    "dlib_resnet_v1_mirror": ((1e-2, 0.912), (1e-3, 0.930), (1e-4, 0.943), (1e-5, 0.953)),
    "dlib_resnet_v1": ((1e-3, 0.926), (1e-4, 0.940), (1e-5, 0.952)),
    "mobilefacenet_mirror": ((1e-2, 0.351), (1e-3, 0.457), (1e-4, 0.533), (1e-5, 0.593)),
}
"""FMR and the cosine that gives it, on all pairs of 1,583 photos of LFW (docs/models.md, evaluation.md)."""
Bound: TypeAlias = Literal["at least", "about", "at most"]
DEFAULT_FMR = 1e-4
"""What every embedder's own threshold is meant for."""


@dataclass(frozen=True, slots=True)
class FmrCurve:
    """Points of falling FMR and rising threshold; between them straight lines over log FMR."""

    points: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, embedder: str, threshold: float) -> "FmrCurve":
        """As measured; of an embedder that is not in the table, only what its own threshold says."""
        return cls(MEASURED.get(embedder, ((DEFAULT_FMR, threshold),)))

    def fmr(self, threshold: float) -> float:
        """At the ends it stays as it is: too high above the last threshold, too low below the first."""
        rates, thresholds = zip(*self.points, strict=True)
        return float(np.exp(np.interp(threshold, thresholds, np.log(rates))))

    def threshold(self, fmr: float) -> float:
        """The threshold for this rate, or for the nearest that was measured."""
        rates, thresholds = zip(*self.points, strict=True)
        return float(np.interp(-np.log(fmr), -np.log(rates), thresholds))

    def bound(self, threshold: float) -> Bound:
        """What `fmr` is at this threshold."""
        if threshold > self.points[-1][1]:
            return "at most"
        return "at least" if threshold < self.points[0][1] else "about"
