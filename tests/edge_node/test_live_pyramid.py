"""Small faces in large frames, for the cameras whose settings ask for it."""

from pathlib import Path

import cv2
import numpy as np

from edge_node.assembly import build_views
from edge_node.decide import Decider
from edge_node.engine_settings import EngineSettings
from edge_node.engines.pyramid import Pyramid
from edge_node.faces import Image
from edge_node.gallery import Gallery
from edge_node.identifiers import uuid7
from edge_node.motion import Glance
from edge_node.pipeline import Pipeline
from edge_node.ports import Detector, Embedder
from edge_node.settings import NodeConfig
from edge_node.view_settings import DeviceSettings
from tests.edge_node.scenes import read

SIDE = EngineSettings().detection_size
FACE = 44


def hall(photos: Path, *lefts: int) -> Image:
    """2560 x 1440, with a small face at each place."""
    picture = np.full((1440, 2560, 3), 110, np.uint8)
    head = read(photos, "grace_hopper.jpg")[60:420, 110:420]
    scale = FACE / 216
    small = cv2.resize(head, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for left in lefts:
        picture[900 : 900 + small.shape[0], left : left + small.shape[1]] = small
    return picture


def pipeline(detector: Detector, embedder: Embedder) -> Pipeline:
    devices = {"hall": DeviceSettings(max_pixels=12_000_000)}
    return Pipeline(
        detector=Pyramid(detector, side=SIDE),
        embedder=embedder,
        gallery=Gallery.empty("model"),
        decider=Decider(uuid7),
        views=build_views(NodeConfig(devices=devices), embedder),
    )


def glance(picture: Image) -> Glance:
    return Glance(np.ascontiguousarray(picture[::8, ::8, 1]), (2560, 1440))


def test_small_faces_are_found_where_a_camera_asks_for_it(
    detector: Detector, embedder: Embedder, photos: Path
) -> None:
    made, picture = pipeline(detector, embedder), hall(photos, 300, 1200, 2200)
    assert len(made.process("hall", picture, 0.0).faces) == 3
    assert made.process("door", picture, 0.0).faces == []


def test_only_tiles_in_which_something_has_changed_are_looked_at(
    detector: Detector, embedder: Embedder, photos: Path
) -> None:
    made = pipeline(detector, embedder)
    before, now = hall(photos, 300), hall(photos, 300, 2200)
    for number in range(5):
        outcome = made.process("hall", before, number / 10, glance(before))
    assert len(outcome.faces) == 1
    old = outcome.faces[0].seen.detection
    outcome = made.process("hall", now, 0.6, glance(now))
    assert len(outcome.faces) == 2
    assert any(face.seen.detection is old for face in outcome.faces)
