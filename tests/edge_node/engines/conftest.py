from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import build_detector, build_embedder
from edge_node.faces import Image
from edge_node.models.install import Models
from edge_node.ports import Detector, Embedder
from tests.edge_node.engines.needs import require


@pytest.fixture(scope="session")
def read(photos: Path) -> Callable[[str], Image]:
    """The photo of that name as a picture."""

    def read(name: str) -> Image:
        return np.asarray(cv2.imread(str(photos / name)), np.uint8)

    return read


DETECTORS = {
    "yunet": EngineSettings(detector="yunet", refine=False),
    "centerface": EngineSettings(detector="centerface"),
    "yunet_centerface": EngineSettings(detector="yunet", refine=True),
}


@pytest.fixture(scope="session", params=DETECTORS)
def each_detector(request: pytest.FixtureRequest, models: Models) -> Detector:
    require(models, *request.param.split("_"))
    return build_detector(DETECTORS[request.param], models)


@pytest.fixture(scope="session", params=["dlib_resnet", "mobilefacenet"])
def each_network(request: pytest.FixtureRequest, models: Models) -> str:
    require(models, request.param)
    name: str = request.param
    return name


@pytest.fixture(scope="session", params=[True, False], ids=["mirror", "plain"])
def each_embedder(request: pytest.FixtureRequest, each_network: Any, models: Models) -> Embedder:
    return build_embedder(EngineSettings(embedder=each_network, mirror=request.param), models)
