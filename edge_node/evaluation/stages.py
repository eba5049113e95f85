"""What each stage of recognition takes on this machine, with this engine and a gallery of this size."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from broker.messages import EventType
from edge_node.decode import decode
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.errors import DecodeError, EngineError
from edge_node.evaluation.portrait import main_face
from edge_node.faces import Vectors
from edge_node.gallery import Enrolment, Gallery
from edge_node.match import identify
from edge_node.ports import Detector, Embedder
from edge_node.progress import track

SAMPLE = 50

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Medians in milliseconds over `photos`; match: one face against `templates`. None when never reached."""

    photos: int
    templates: int
    decode: float | None
    detect: float | None
    embed: float | None
    match: float | None


def time_stages(paths: list[Path], detector: Detector, embedder: Embedder, templates: Vectors) -> StageTimes:
    """Looks at up to SAMPLE of the photos again, spread over all of them, after two that do not count."""
    spread = np.unique(np.linspace(0, len(paths) - 1, min(SAMPLE, len(paths))).astype(int))
    chosen = [paths[position] for position in (*spread[:2], *spread)]
    gallery = _gallery_of(templates)
    taken: dict[str, list[float]] = {"decode": [], "detect": [], "embed": [], "match": []}
    for turn, path in enumerate(track(chosen, "timing", len(chosen))):
        if turn == 2:
            taken = {stage: [] for stage in taken}
        _time_one(path, detector, embedder, gallery, taken)
    medians = {stage: statistics.median(times) if times else None for stage, times in taken.items()}
    return StageTimes(len(spread), len(templates), **medians)


def _time_one(
    path: Path, detector: Detector, embedder: Embedder, gallery: Gallery, taken: dict[str, list[float]]
) -> None:
    def timed(stage: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        result = work()
        taken[stage].append(1000 * (time.perf_counter() - started))
        return result

    try:
        jpeg = path.read_bytes()
        image = timed("decode", lambda: decode(jpeg, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS))
        face = main_face(timed("detect", lambda: detector.detect(image)), image)
        if face is not None:
            vectors = timed("embed", lambda: embedder.embed(image, [face]))
            timed("match", lambda: identify(vectors, gallery, threshold=0.0, margin=0.0))
    except (OSError, DecodeError, EngineError):
        return


def _gallery_of(templates: Vectors) -> Gallery:
    """Everybody with one template."""
    return Gallery.of(
        [
            Enrolment(f"{row}", EventType.AUTHORISED, f"person {row}", "", f"{row}", template)
            for row, template in enumerate(templates)
        ],
        "evaluation",
    )
