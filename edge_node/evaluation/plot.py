"""DET curve and similarities as one PNG; the only module that knows matplotlib, the extra `plot`."""

import logging
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from edge_node.evaluation.evaluate import Measured
from edge_node.evaluation.rates import Comparisons, trade_off

logging.getLogger("matplotlib").setLevel(logging.WARNING)  # it says when it has looked for fonts

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#555555"
"""Told apart with any kind of colour vision (Okabe and Ito)."""
BINS = 80


def draw(measured: Measured, path: Path) -> None:
    """Raises OSError where the file cannot be written."""
    evaluation = measured.evaluation
    figure = Figure(figsize=(12, 5.6), dpi=120, layout="constrained")
    figure.suptitle(f"{evaluation.dataset} · {evaluation.engine}", fontsize=13)
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, which="major", color="#e4e4e4", linewidth=0.8)
        axes.set_axisbelow(True)
    _det(left, measured)
    _histogram(right, measured.every or measured.listed, evaluation.threshold)
    figure.savefig(path, format="png")


def _det(axes: Axes, measured: Measured) -> None:
    axes.set_title("Detection error trade-off (lower left is better)", fontsize=11)
    threshold = measured.evaluation.threshold
    curves = [
        (title, comparisons, colour)
        for title, comparisons, colour in (
            ("all pairs", measured.every, BLUE),
            ("listed pairs", measured.listed, ORANGE),
        )
        if comparisons is not None and len(comparisons.genuine) and len(comparisons.impostor)
    ]
    bottom = min((0.5 / len(comparisons.genuine) for _, comparisons, _ in curves), default=0.01)
    for title, comparisons, colour in curves:
        label = f"{title}: {len(comparisons.genuine):,} genuine, {len(comparisons.impostor):,} impostor"
        fmr, fnmr = trade_off(comparisons)
        visible = np.maximum(fnmr, bottom)  # zero has no place on a logarithmic axis
        axes.plot(fmr, visible, color=colour, linewidth=2, label=label, drawstyle="steps-post")
        matched, missed = comparisons.fmr(threshold), comparisons.fnmr(threshold)
        if matched and missed:
            axes.plot(matched, missed, "o", color=colour, markersize=8, markeredgecolor="white")
    label = f"at the threshold in use, {threshold:.3f}"
    axes.plot([], [], "o", color=GREY, markersize=8, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(right=1)
    axes.set_ylim(bottom, 1)
    axes.set_xlabel("FMR: pairs of two people taken for one")
    axes.set_ylabel("FNMR: pairs of one person taken for two")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g} %"))
    axes.legend(frameon=False, loc="lower left", fontsize=9)


def _histogram(axes: Axes, comparisons: Comparisons, threshold: float) -> None:
    axes.set_title("Similarities, each kind of pair scaled to its own number", fontsize=11)
    both = np.concatenate([comparisons.genuine, comparisons.impostor])
    low = min(float(np.quantile(both, 0.001)) if len(both) else threshold, threshold)
    bins = np.linspace(low, 1, BINS + 1).tolist()
    for title, similarities, colour in (
        ("two people", comparisons.impostor, ORANGE),
        ("one person", comparisons.genuine, BLUE),
    ):
        if not len(similarities):
            continue
        shares = np.full(len(similarities), 100 / len(similarities))
        axes.hist(similarities, bins=bins, weights=shares, color=colour, alpha=0.6, label=title)
    axes.axvline(
        threshold, color=GREY, linestyle="--", linewidth=1.5, label=f"threshold in use, {threshold:.3f}"
    )
    axes.set_xlim(low, 1)
    axes.set_xlabel("cosine similarity")
    axes.set_ylabel("% of the pairs of that kind")
    axes.legend(frameon=False, loc="upper left", fontsize=9)
