"""What threshold suits a gallery of this size, and what a stranger then risks."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.evaluation.fmr_curve import Bound, FmrCurve
from edge_node.evaluation.neighbours import Reached, reached, torn_apart
from edge_node.faces import Vectors

EXPECTED_HITS = 10
"""With fewer pairs of people than give so many, a gallery says nothing of a rate."""


@dataclass(frozen=True, slots=True)
class Risk:
    """fmr: of one comparison. false_matches: expected for one stranger and one look, against every photo.

    reached: pairs of different people of this gallery there; own_missed: pairs of one person below, of
    own_pairs. bound: whether the true rates are about these; beyond the thresholds where the FMR was measured
    they are those of the nearest one.
    """

    threshold: float
    fmr: float
    false_matches: float
    reached: Reached
    own_missed: int
    own_pairs: int
    bound: Bound


@dataclass(frozen=True, slots=True)
class Assessment:
    """wanted: the false matches that the suggestion aims at.

    factor: how many times more often the people here are taken for each other than those on whom the FMR was
    measured; 1 where they are not, or are too few to tell.
    """

    in_use: Risk
    suggested: Risk
    wanted: float
    factor: float
    enough_people: bool


def assess(
    vectors: Vectors,
    owners: npt.NDArray[np.intp],
    *,
    curve: FmrCurve,
    threshold: float,
    default: float,
    closest: float | None,
    wanted: float,
) -> Assessment:
    """threshold: in use; default: the embedder's own; closest: of two people here.

    Expected false matches are photos x FMR, an upper bound, as photos of a person are alike. The suggestion
    is where they are `wanted`, but not below the closest two people here if those are below the default.
    """
    photos = len(vectors)
    factor = _factor(vectors, owners, curve)
    from_curve = curve.threshold(wanted / (photos * (factor or 1)))
    floor = -1.0 if closest is None else min(closest, default)
    suggested = math.ceil(1000 * max(from_curve, floor) - 1e-6) / 1000

    def risk(at: float) -> Risk:
        fmr = min(1.0, curve.fmr(at) * (factor or 1))
        return Risk(
            at,
            fmr,
            photos * fmr,
            reached(vectors, owners, at),
            *torn_apart(vectors, owners, at),
            bound=curve.bound(at),
        )

    return Assessment(
        risk(threshold), risk(suggested), wanted, factor or 1.0, enough_people=factor is not None
    )


def _factor(vectors: Vectors, owners: npt.NDArray[np.intp], curve: FmrCurve) -> float | None:
    """At the rarest rate that so many people can show; None when they are too few for any."""
    people = len(np.unique(owners))
    pairs = people * (people - 1) / 2
    shown = [(fmr, threshold) for fmr, threshold in curve.points if pairs * fmr >= EXPECTED_HITS]
    if not shown:
        return None
    fmr, threshold = shown[-1]
    here = reached(vectors, owners, threshold).fmr or 0.0
    return max(1.0, here / fmr)
