"""Milliseconds per frame: the pipeline this project grew from, and ours, in turn on the same frames.

The naive pipeline is PIL decoding, face_recognition's HOG detector and encodings, and compare_faces; every
frame from scratch. Ours is the node's: decode, detect, embed, identify; every frame from scratch as well.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable

import cv2
import msgspec
import numpy as np

from bench.scenes import ENROLLED, PHOTOS, ROOT, SIZES, frame
from broker.messages import EventType
from edge_node.assembly import build
from edge_node.decode import decode
from edge_node.engines.build import build_embedder, build_enrolment_detector, engine_id
from edge_node.enrol import enrol
from edge_node.errors import EngineError
from edge_node.gallery import Gallery
from edge_node.models.install import Models
from edge_node.ports import Photo
from edge_node.settings import NodeConfig

Recognise = Callable[[bytes], list[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="timed frames of each kind")
    parser.add_argument("--detector", choices=("yunet", "centerface"), action="append")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    seed = naive()
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


def naive() -> Recognise:
    try:
        import face_recognition
    except ImportError:
        sys.exit("the naive pipeline needs face_recognition: run ./scripts/test once, it installs it")
    from PIL import Image

    names = list(ENROLLED)
    known = [
        face_recognition.face_encodings(face_recognition.load_image_file(str(PHOTOS / photo)))[0]
        for photo in ENROLLED.values()
    ]

    def recognise(jpeg: bytes) -> list[str]:
        image = np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))
        locations = face_recognition.face_locations(image)
        found = []
        for encoding in face_recognition.face_encodings(image, locations):
            matches = face_recognition.compare_faces(known, encoding)
            found.append(names[matches.index(True)] if True in matches else "unknown")
        return sorted(found)

    return recognise


def ours(detector: str) -> Recognise | None:
    config = msgspec.convert(
        {
            "node": {"state_dir": ROOT / "var/state"},
            "engine": {"detector": detector},
            "quality": {"min_face": 20},
        },
        NodeConfig,
    )
    models = Models.of(config)
    try:
        _, pipeline = build(config)
        embedder = build_embedder(config.engine, models)
        enrolment_detector = build_enrolment_detector(config.engine, models)
    except EngineError as error:
        print(f"{detector} is left out: {error}")
        return None
    photos = [
        Photo(photo, EventType.AUTHORISED, person, photo, PHOTOS / photo)
        for person, photo in ENROLLED.items()
    ]
    gallery = Gallery.of(
        list(enrol(photos, enrolment_detector, embedder)), engine_id(enrolment_detector, embedder)
    )
    view = pipeline.views.of("camera")

    def recognise(jpeg: bytes) -> list[str]:
        image = decode(jpeg, max_bytes=config.node.max_frame_bytes, max_pixels=config.node.max_frame_pixels)
        faces = pipeline.recognise(image, gallery, view)
        return sorted(face.match.person.name if face.match.person else "unknown" for face in faces)

    return recognise


if __name__ == "__main__":
    main()
