"""What holds for every network that embeds."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_embedder
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image, Vectors
from edge_node.models.install import Models
from edge_node.ports import Detector, Embedder

Read = Callable[[str], Image]

OBAMA = (
    "obama.jpg",
    "obama2.jpg",
    "obama3.jpg",
    "obama_partial_face.jpg",
    "obama_partial_face2.jpg",
    "32bit.png",
)
OTHERS = ("biden.jpg", "grace_hopper.jpg", "astronaut.png")


def vectors(read: Read, detector: Detector, embedder: Embedder, names: tuple[str, ...]) -> Vectors:
    return np.vstack([embedder.embed(image := read(name), detector.detect(image)) for name in names])


def test_same_person_above_and_others_below_the_threshold(
    read: Read, each_detector: Detector, each_embedder: Embedder
) -> None:
    obama = vectors(read, each_detector, each_embedder, OBAMA)
    others = vectors(read, each_detector, each_embedder, OTHERS)
    assert (obama @ obama.T).min() >= each_embedder.threshold
    assert (obama @ others.T).max() < each_embedder.threshold - each_embedder.margin
    assert max(a @ b for a, b in itertools.combinations(others, 2)) < each_embedder.threshold


def test_enrolled_with_one_detector_and_seen_with_the_other(
    read: Read, enrolment_detector: Detector, each_detector: Detector, each_embedder: Embedder
) -> None:
    enrolled = vectors(read, enrolment_detector, each_embedder, OBAMA)
    seen = vectors(read, each_detector, each_embedder, OBAMA + OTHERS)
    similarity = enrolled @ seen.T
    assert similarity[:, : len(OBAMA)].min() >= each_embedder.threshold
    assert similarity[:, len(OBAMA) :].max() < each_embedder.threshold - each_embedder.margin


def test_vectors_have_unit_length_and_keep_their_order(
    read: Read, detector: Detector, each_embedder: Embedder
) -> None:
    image = read("obama.jpg")
    (face,) = detector.detect(image)
    elsewhere = Detection(face.box, face.score, face.landmarks * 0.5 + 30, face.detector)
    both = each_embedder.embed(image, [face, elsewhere])
    assert both.shape == (2, each_embedder.dimension)
    assert both.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(both[1], each_embedder.embed(image, [elsewhere])[0], atol=1e-5)


def test_a_crowd_gets_the_vectors_that_its_members_get(
    read: Read, detector: Detector, each_embedder: Embedder
) -> None:
    image = read("obama.jpg")
    (face,) = detector.detect(image)
    crowd = each_embedder.embed(image, [face] * 37)
    assert crowd.shape == (37, each_embedder.dimension)
    np.testing.assert_allclose(crowd, np.tile(each_embedder.embed(image, [face]), (37, 1)), atol=1e-5)


def test_no_faces_give_no_vectors(each_embedder: Embedder) -> None:
    nothing = each_embedder.embed(np.zeros((10, 10, 3), np.uint8), [])
    assert nothing.shape == (0, each_embedder.dimension)


def test_mirror_averaging_makes_a_face_and_its_mirror_image_the_same(
    read: Read, detector: Detector, each_network: Any, models: Models
) -> None:
    image = read("obama.jpg")
    (face,) = detector.detect(image)
    mirrored = np.ascontiguousarray(image[:, ::-1])
    landmarks = face.landmarks[[1, 0, 2, 4, 3]] * (-1, 1) + (image.shape[1] - 1, 0)
    flipped = Detection(face.box, face.score, landmarks.astype(np.float32), face.detector)
    similarity = {}
    for mirror in (True, False):
        embedder = build_embedder(EngineSettings(embedder=each_network, mirror=mirror), models)
        similarity[mirror] = (embedder.embed(image, [face]) @ embedder.embed(mirrored, [flipped]).T).item()
    assert similarity[True] > 0.99
    assert similarity[True] > similarity[False]


@pytest.mark.parametrize("coordinate", [7, np.nan, np.inf])
def test_landmarks_that_fit_no_face_are_refused(
    read: Read, detector: Detector, each_embedder: Embedder, coordinate: float
) -> None:
    image = read("obama.jpg")
    (face,) = detector.detect(image)
    nowhere = np.full((5, 2), coordinate, np.float32)
    with pytest.raises(EngineError, match="cannot be aligned"):
        each_embedder.embed(image, [Detection(face.box, face.score, nowhere, face.detector)])
