"""A calibration as text for a terminal, with what to do about it."""

from collections.abc import Iterator

from edge_node.evaluation.calibration import Calibration
from edge_node.evaluation.risk import Assessment, Risk
from edge_node.evaluation.table import columns, several

SHOWN = 20
"""Rows of a table; --json has all."""
SAME_THRESHOLD = 0.0015


def lines(calibration: Calibration) -> Iterator[str]:
    one = calibration
    yield f"gallery  {several(one.photos, 'photo')} of {several(one.people, 'person', 'people')}"
    yield f"engine   {one.engine}, threshold in use {one.threshold:.3f}, margin {one.margin:.3f}"
    if one.assessment is not None:
        yield from _assessment(one.assessment, one.photos)
    yield from _table(
        "closest pairs of different people",
        [(f"{pair.similarity:.3f}", pair.photo, pair.other_photo) for pair in one.closest],
    )
    yield from _table(
        "photos that agree with no other photo of their person",
        [(f"{odd.own_similarity:.3f}", odd.photo) for odd in one.disagreeing],
    )
    yield from _table(
        "photos that look more like somebody else",
        [
            (
                f"{like.other_similarity:.3f}",
                like.photo,
                f"like {like.other_photo}",
                _own(like.own_similarity),
            )
            for like in one.lookalikes
        ],
    )
    yield from _table("people with a single photo", [(name,) for name in one.single_photo])
    yield from _table("photos that are not used", [(bad.reason, bad.photo) for bad in one.unusable])
    yield ""
    yield "advice"
    yield from (f"  {words}" for words in _advice(one))


def _assessment(assessment: Assessment, photos: int) -> Iterator[str]:
    in_use, suggested = assessment.in_use, assessment.suggested
    yield ""
    yield from columns(
        [
            ("threshold", "", "FMR", "a stranger, one look", "here: two people match", "one person does not"),
            *(
                (
                    f"{risk.threshold:.3f}",
                    title,
                    _fmr(risk),
                    _stranger(risk),
                    f"{risk.reached.pairs:,} of {risk.reached.of:,} pairs",
                    f"{risk.own_missed:,} of {risk.own_pairs:,} pairs",
                )
                for risk, title in ((in_use, "in use"), (suggested, "suggested"))
            ),
        ]
    )
    compared = f"a stranger is compared with {several(photos, 'photo')}"
    yield f"assumed:  the FMR, which was measured on photos of other people; {compared}"
    yield f"measured: {_measured(assessment)}"


def _fmr(risk: Risk) -> str:
    return f"{risk.bound} {risk.fmr:.0e}".replace("e-0", "e-")


def _stranger(risk: Risk) -> str:
    expected = f"{risk.false_matches:.2g} false matches"
    return f"{expected}, 1 in {round(1 / risk.false_matches):,}" if risk.false_matches < 0.5 else expected


def _measured(assessment: Assessment) -> str:
    if not assessment.in_use.reached.of:
        return "nothing, there are not two people"
    if not assessment.enough_people:
        return "the pairs of people here, too few to say whether the FMR holds for them"
    if assessment.factor > 1:
        return f"the people here are alike {assessment.factor:.1f} times as often; the FMR is raised by that"
    return "the people here are not alike more often than the FMR says"


def _own(similarity: float | None) -> str:
    return "no other photo of their own" if similarity is None else f"own {similarity:.3f}"


def _table(title: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield title
    yield from columns(rows[:SHOWN], "  ")
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN:,} more; --json has them all"


def _advice(one: Calibration) -> Iterator[str]:
    assessment = one.assessment
    if assessment is None:
        yield "nobody is enrolled: put photos where gallery.source says"
        return
    if one.lookalikes:
        yield "photos that look more like somebody else: under a wrong name, or of relatives; mend them first"
    yield _threshold_advice(assessment)
    if assessment.suggested.false_matches > 1.05 * assessment.wanted:
        yield "no threshold that was measured is strict enough for so many photos: raise decide.frames"
    if one.disagreeing:
        yield "photos that agree with no other: old, dark, turned away, or of somebody else; replace them"
    if one.single_photo:
        yield "people with a single photo: add a second one, in the light of your camera; nothing helps more"
    if one.unusable:
        yield "photos that are not used: each has to be a JPEG of exactly one face"


def _threshold_advice(assessment: Assessment) -> str:
    suggested, in_use = assessment.suggested.threshold, assessment.in_use.threshold
    if abs(suggested - in_use) < SAME_THRESHOLD:
        return "the threshold in use suits this gallery"
    effect = "fewer strangers get a name" if suggested > in_use else "fewer visits are missed"
    return f"set match.threshold to {suggested:.3f}: {effect}"
