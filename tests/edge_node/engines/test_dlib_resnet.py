import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_node.engines.dlib_resnet import SIDE, DlibResnet
from edge_node.errors import EngineError
from edge_node.faces import Detection, Image
from edge_node.models.install import Models
from edge_node.ports import Detector
from tests.edge_node.engines.needs import require_library

Read = Callable[[str], Image]

PORTRAITS = ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg", "grace_hopper.jpg", "astronaut.png")


@pytest.fixture(scope="module")
def network(models: Models) -> DlibResnet:
    return DlibResnet(models.require("dlib_resnet"))


def test_landmarks_of_an_unknown_detector_are_refused(
    read: Read, detector: Detector, network: DlibResnet
) -> None:
    image = read("obama.jpg")
    (face,) = detector.detect(image)
    stranger = Detection(face.box, face.score, face.landmarks, "another")
    with pytest.raises(EngineError, match="another"):
        network.embed(image, [stranger])


def test_descriptors_are_those_of_the_face_recognition_library(network: DlibResnet, photos: Path) -> None:
    require_library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's imports
        import dlib
        from face_recognition import api, load_image_file
    for name in PORTRAITS:
        image = load_image_file(photos / name)
        (place,) = api.face_locations(image, number_of_times_to_upsample=0)
        (theirs,) = api.face_encodings(image, [place], model="small")
        (points,) = api._raw_face_landmarks(image, [place], model="small")
        rgb = dlib.get_face_chip(image, points, size=SIDE)
        (descriptor,) = network.descriptors(np.ascontiguousarray(rgb[None, :, :, ::-1]))
        np.testing.assert_allclose(descriptor, api.face_encoder.compute_face_descriptor(rgb), atol=1e-4)
        np.testing.assert_allclose(descriptor, theirs, atol=1e-4)
