"""An evaluation as text for a terminal."""

from collections import Counter
from collections.abc import Iterator

from edge_node.evaluation.evaluate import Evaluation, Verification
from edge_node.evaluation.folds import Accuracy
from edge_node.evaluation.identification import Identification, SearchRate
from edge_node.evaluation.rates import Rate
from edge_node.evaluation.stages import StageTimes
from edge_node.evaluation.table import TOO_FEW, columns, percent, power, several
from edge_node.names import printable


def lines(evaluation: Evaluation, *, verbose: bool) -> Iterator[str]:
    """verbose: with the name of every photo whose face was missed."""
    yield from columns(list(_summary(evaluation)))
    if verbose and evaluation.missed:
        yield ""
        yield "missed faces"
        yield from columns([(printable(one.photo), one.reason) for one in evaluation.missed], "  ")
    yield ""
    yield from _verification(evaluation)
    yield ""
    yield from _identification(evaluation.identification, evaluation.threshold)
    if evaluation.milliseconds is not None:
        yield ""
        yield from _times(evaluation.milliseconds)


def _summary(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    of_people = "" if evaluation.people is None else f" of {several(evaluation.people, 'person', 'people')}"
    pairs = evaluation.listed_pairs
    yield "dataset", f"{evaluation.dataset}, {several(evaluation.photos, 'photo')}{of_people}"
    yield "engine", f"{evaluation.engine}, threshold in use {evaluation.threshold:.3f}"
    yield "missed", _missed(evaluation)
    yield "pairs", f"{pairs.genuine + pairs.impostor:,} compared, {evaluation.protocol}"
    yield "accuracy", _accuracy(evaluation.accuracy)


def _missed(evaluation: Evaluation) -> str:
    reasons = Counter(one.reason for one in evaluation.missed)
    why = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    return f"{several(len(evaluation.missed), 'face')}{f' ({why}); --verbose names them' if why else ''}"


def _accuracy(accuracy: Accuracy | None) -> str:
    if accuracy is None:
        return f"{TOO_FEW} for two folds"
    thresholds = [fold.threshold for fold in accuracy.folds]
    return (
        f"{100 * accuracy.mean:.2f} % ± {100 * accuracy.standard_error:.2f} over {len(thresholds)} folds, "
        f"thresholds {min(thresholds):.3f} to {max(thresholds):.3f}"
    )


def _verification(evaluation: Evaluation) -> Iterator[str]:
    listed, every = evaluation.listed_pairs, evaluation.all_pairs
    yield "one comparison (FMR: two people taken for one; FNMR: one person taken for two)"
    blocks = [("listed pairs", listed)] + ([("all pairs", every)] if every else [])
    rows = [("", *(title for title, _ in blocks))]
    rows.append(("pairs", *(f"{one.genuine:,} genuine, {one.impostor:,} impostor" for _, one in blocks)))
    for index, rate in enumerate(listed.rates):
        rows.append((f"FMR {power(rate.fmr)}", *(_rate(one.rates[index]) for _, one in blocks)))
    rows.append((f"at {evaluation.threshold:.3f}", *(_in_use(one) for _, one in blocks)))
    yield from columns(rows, "  ")
    if every is None:
        yield "  all pairs: not compared, the folders of the photos do not say who is on them"


def _rate(rate: Rate) -> str:
    if rate.threshold is None:
        return TOO_FEW
    return f"FNMR {percent(rate.fnmr)} at {rate.threshold:.3f}"


def _in_use(verification: Verification) -> str:
    return f"FMR {percent(verification.fmr_in_use)}, FNMR {percent(verification.fnmr_in_use)}"


def _identification(identification: Identification | None, threshold: float) -> Iterator[str]:
    yield "search in a gallery (FPIR: a stranger gets a name; FNIR: somebody enrolled does not get theirs)"
    if identification is None:
        yield "  not measured: nobody is known to be on two photos with a face"
        return
    one = identification
    rows = [
        (
            "gallery",
            f"{several(one.gallery_size, 'person', 'people')}, one photo each, mean of {one.draws} draws",
        )
    ]
    rows.append(("searches", f"{one.mated:,} of people enrolled, {one.strangers:,} of strangers"))
    rows += [(f"FPIR {power(rate.fpir)}", _search_rate(rate)) for rate in one.rates]
    rows.append((f"at {threshold:.3f}", f"FPIR {percent(one.fpir_in_use)}, FNIR {percent(one.fnir_in_use)}"))
    yield from columns(rows, "  ")


def _search_rate(rate: SearchRate) -> str:
    if rate.threshold is None:
        return "too few strangers"
    return f"FNIR {percent(rate.fnir)} at {rate.threshold:.3f}"


def _times(times: StageTimes) -> Iterator[str]:
    yield f"time per stage (median ms over {several(times.photos, 'photo')})"
    stages = ("decode", "detect", "embed", "match")
    taken = [getattr(times, stage) for stage in stages]
    cells = ["-" if one is None else f"{one:.1f}" if one >= 1 else f"{one:.2g}" for one in taken]
    yield from columns([stages, cells], "  ")
    yield f"  embed: one face; match: against {several(times.templates, 'template')}"
