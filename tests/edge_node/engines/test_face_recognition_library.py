"""The face_recognition library as an engine: its own answers through our ports."""

import importlib.util
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_detector, build_embedder, build_enrolment_detector, engine_id
from edge_node.errors import EngineError
from edge_node.faces import Box, Detection, Image
from edge_node.models.install import Models
from edge_node.ports import Detector, Embedder
from tests.edge_node.engines.needs import require_library

Read = Callable[[str], Image]

WHOLE = EngineSettings(embedder="face_recognition", detection_size=4096)
PORTRAITS = ("obama.jpg", "biden.jpg", "grace_hopper.jpg")


@pytest.fixture(scope="module")
def hog(models: Models) -> Detector:
    require_library()
    return build_detector(WHOLE, models)


@pytest.fixture(scope="module")
def library(models: Models) -> Embedder:
    require_library()
    return build_embedder(WHOLE, models)


@pytest.fixture(scope="module")
def face_recognition() -> Any:
    require_library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's imports
        return importlib.import_module("face_recognition")


@pytest.mark.parametrize("name", PORTRAITS)
def test_boxes_and_vectors_are_the_librarys(
    hog: Detector, library: Embedder, face_recognition: Any, read: Read, name: str
) -> None:
    image = read(name)
    rgb = np.ascontiguousarray(image[:, :, ::-1])
    ((top, right, bottom, left),) = face_recognition.face_locations(rgb)
    (encoding,) = face_recognition.face_encodings(rgb)
    (face,) = hog.detect(image)
    assert face.box == Box(left, top, right - left, bottom - top)
    (vector,) = library.embed(image, [face])
    np.testing.assert_allclose(vector, encoding / np.linalg.norm(encoding), atol=1e-6)


def test_the_threshold_tells_people_apart(hog: Detector, library: Embedder, read: Read) -> None:
    images = [read(name) for name in ("obama.jpg", "obama2.jpg", "biden.jpg", "grace_hopper.jpg")]
    vectors = np.vstack([library.embed(image, hog.detect(image)) for image in images])
    similarity = vectors @ vectors.T
    assert similarity[0, 1] >= library.threshold
    assert max(similarity[0, 2], similarity[0, 3], similarity[2, 3]) < library.threshold - library.margin


def test_hog_serves_the_other_embedders_too(
    hog: Detector, each_embedder: Embedder, enrolment_detector: Detector, read: Read
) -> None:
    image = read("grace_hopper.jpg")
    (mine,), (theirs,) = hog.detect(image), enrolment_detector.detect(image)
    assert mine.landmarks.shape == (5, 2)
    similarity = each_embedder.embed(image, [mine])[0] @ each_embedder.embed(image, [theirs])[0]
    assert similarity >= each_embedder.threshold


def test_scores_lie_between_0_and_1_and_the_least_can_be_set(
    models: Models, hog: Detector, read: Read
) -> None:
    image = read("obama.jpg")
    (face,) = hog.detect(image)
    assert 0.5 < face.score < 1
    strict = build_detector(EngineSettings(detector="hog", min_score=0.999), models)
    assert strict.detect(image) == []


def test_auto_means_hog_for_frames_and_photos(models: Models, hog: Detector, library: Embedder) -> None:
    assert build_enrolment_detector(WHOLE, models).id == "hog"
    assert engine_id(hog, library) == "hog+face_recognition"


def test_cnn_finds_the_face(models: Models, read: Read) -> None:
    require_library()
    image = read("grace_hopper.jpg")
    cnn = build_detector(EngineSettings(detector="cnn", detection_size=300), models)
    (face,) = cnn.detect(image)
    assert cnn.id == "cnn"
    assert face.score > 0.9
    assert face.box.x < face.landmarks[2, 0] < face.box.x + face.box.width


def test_faces_of_other_detectors_are_refused(library: Embedder, read: Read) -> None:
    face = Detection(Box(10, 10, 50, 50), 0.9, np.zeros((5, 2), np.float32), "centerface")
    with pytest.raises(EngineError, match=r"expected engine\.detector hog or cnn"):
        library.embed(read("obama.jpg"), [face])


def test_no_faces_give_no_vectors(library: Embedder) -> None:
    assert library.embed(np.zeros((10, 10, 3), np.uint8), []).shape == (0, 128)


def test_a_missing_package_is_named_and_ends_nothing(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "face_recognition_models" else find_spec(name),
    )
    with pytest.raises(EngineError, match=r"face_recognition_models cannot be imported.*docs/models\.md"):
        build_embedder(WHOLE, models)


def test_nobody_pays_for_the_library_who_does_not_use_it() -> None:
    code = (
        "import sys, edge_node.engines.build; print('dlib' in sys.modules, 'face_recognition' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False"]
