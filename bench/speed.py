"""Milliseconds per frame: the pipeline this project grew from, and ours, in turn on the same frames.

The naive pipeline is PIL decoding, face_recognition's HOG detector and encodings, and compare_faces; every
frame from scratch. Ours is the node's: decode, detect, embed, identify; every frame from scratch as well.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import cv2

from bench.naive import Naive
from bench.node import LIMITS, node_pipeline
from bench.scenes import SIZES, frame
from edge_node.decode import decode
from edge_node.errors import EngineError

Recognise = Callable[[bytes], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="timed frames of each kind")
    parser.add_argument("--detector", choices=("yunet", "centerface"), action="append")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    seed = Naive()
    rivals = {name: rival for name in options.detector or ("yunet", "centerface") if (rival := ours(name))}
    print(f"{'':18}{'naive':>12}" + "".join(f"{name:>12}{'ratio':>8}" for name in rivals))
    for size in SIZES:
        for faces in (1, 4):
            compare(
                f"{size}, {faces} face{'s' * (faces > 1)}", frame(size, faces), seed, rivals, options.rounds
            )


def compare(label: str, jpeg: bytes, seed: Recognise, rivals: dict[str, Recognise], rounds: int) -> None:
    """One row: medians in ms, and the median of the ratios of neighbouring frames."""
    found = {"naive": seed(jpeg)} | {name: rival(jpeg) for name, rival in rivals.items()}
    times: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        times["naive"].append(timed(seed, jpeg))
        for name, rival in rivals.items():
            times[name].append(timed(rival, jpeg))
    row = f"{label:18}{statistics.median(times['naive']):9.1f} ms"
    for name in rivals:
        ratios = [a / b for a, b in zip(times["naive"], times[name], strict=True)]
        row += f"{statistics.median(times[name]):9.1f} ms{statistics.median(ratios):7.1f}x"
    print(
        row + "   found " + ", ".join(f"{name}: {'+'.join(names)}" for name, names in found.items()),
        flush=True,
    )


def timed(recognise: Recognise, jpeg: bytes) -> float:
    began = time.perf_counter()
    recognise(jpeg)
    return (time.perf_counter() - began) * 1000


def ours(detector: str) -> Recognise | None:
    try:
        pipeline = node_pipeline({"detector": detector})
    except EngineError as error:
        print(f"{detector} is left out: {error}")
        return None
    view = pipeline.views.of("camera")

    def recognise(jpeg: bytes) -> list[str]:
        image = decode(jpeg, **LIMITS)
        faces = pipeline.recognise(image, pipeline.gallery, view)
        return sorted(face.match.person.name if face.match.person else "unknown" for face in faces)

    return recognise


if __name__ == "__main__":
    main()
