"""A clip, frame by frame: the pipeline this project grew from, and the node's with its tracks.

Ours is what the node does: it glances at each frame, and looks only where something has changed.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import cv2

from bench.footage import FPS, STRANGER, Place, Visible, clip
from bench.naive import UNKNOWN, Naive
from bench.node import LIMITS, node_pipeline
from edge_node.look import look

Answer = tuple[str, tuple[float, float, float, float]]
"""A name, and left, top, right and bottom in pixels."""
Result = TypeVar("Result")


@dataclass
class Score:
    """seconds: for each frame. answers: right, missed, unnamed (a known person called unknown), wrong."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def take(self, seconds: float, answers: Sequence[Answer], visible: Sequence[Visible]) -> None:
        self.seconds.append(seconds)
        for one in visible:
            self.answers[_judge(one, answers)] += 1

    @property
    def milliseconds(self) -> float:
        return 1000 * sum(self.seconds) / len(self.seconds)

    def row(self, name: str) -> str:
        faces = max(1, self.answers.total())
        shares = "".join(
            f"{100 * self.answers[kind] / faces:9.1f} %" for kind in ("right", "missed", "unnamed", "wrong")
        )
        return f"{name:12}{len(self.seconds):8}{self.milliseconds:11.2f} ms{shares}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--every", type=int, default=5, help="the naive pipeline takes each so-manieth frame")
    parser.add_argument("--detector", default="auto")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    pipeline, naive = node_pipeline({"detector": options.detector}), Naive()
    ours, theirs, same = Score(), Score(), Score()
    repeated = 0
    for number, (at, jpeg, visible) in enumerate(clip()):
        seconds, outcome = _timed(partial(look, pipeline, "door", jpeg, at, **LIMITS))
        repeated += outcome.is_repeated
        answers = [
            (face.match.person.name if face.match.person else UNKNOWN, _corners(face.seen.detection.box))
            for face in outcome.faces
        ]
        ours.take(seconds, answers, visible)
        if number % options.every == 0:
            same.take(seconds, answers, visible)
            theirs.take(*_timed(partial(naive.find, jpeg)), visible)
    print(f"1280x720 at {FPS} fps; {repeated} of {len(ours.seconds)} frames were as the one before")
    print(f"{'':12}{'frames':>8}{'per frame':>14}{'right':>11}{'missed':>11}{'unnamed':>11}{'wrong':>11}")
    print(theirs.row("naive"), same.row("ours, same"), ours.row("ours"), sep="\n")
    print(f"ratio: {theirs.milliseconds / ours.milliseconds:.0f}x")


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _judge(visible: Visible, answers: Sequence[Answer]) -> str:
    names = [name for name, box in answers if _holds(box, visible.face)]
    if not names:
        return "missed"
    expected = UNKNOWN if visible.name == STRANGER else visible.name
    if names == [expected]:
        return "right"
    return "unnamed" if names == [UNKNOWN] else "wrong"


def _holds(box: tuple[float, float, float, float], face: Place) -> bool:
    x, y = face.x + face.width / 2, face.y + face.height / 2
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def _corners(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return x, y, x + width, y + height


if __name__ == "__main__":
    main()
