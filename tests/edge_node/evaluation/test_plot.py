from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_node.evaluation import evaluation_text
from edge_node.evaluation.dataset import Dataset, Pair
from edge_node.evaluation.evaluate import evaluate
from edge_node.evaluation.plot import draw
from edge_node.evaluation.portrait import Portrait

PEOPLE = ("Ann", "Ann", "Bob", "Bob")


@pytest.mark.parametrize(
    ("pairs", "people"),
    [
        ([(0, 1, True), (2, 3, True), (0, 2, False), (1, 3, False)], PEOPLE),
        ([(0, 1, True), (0, 2, False)], None),
        ([(0, 1, True)], None),
        ([(0, 2, False)], None),
    ],
)
@pytest.mark.parametrize("found", ["all", "none"])
def test_any_outcome_can_be_said_and_drawn(
    pairs: list[tuple[int, int, bool]], people: tuple[str, ...] | None, found: str, tmp_path: Path
) -> None:
    vectors = np.eye(4, dtype=np.float32)
    portraits = [Portrait(None, "no_face") if found == "none" else Portrait(one, None) for one in vectors]
    dataset = Dataset(
        tmp_path,
        ("a", "b", "c", "d"),
        people,
        tuple(Pair(a, b, same, 0) for a, b, same in pairs),
        "as listed",
    )
    measured = evaluate(dataset, portraits, name="made-up", engine="none", dimension=4, threshold=0.5)
    draw(measured, tmp_path / "plot.png")
    assert cv2.imread(str(tmp_path / "plot.png")) is not None
    said = "\n".join(evaluation_text.lines(measured.evaluation, verbose=True))
    assert said.count("no_face") == (5 if found == "none" else 0), (
        "the reason, and the name of each of four photos"
    )
