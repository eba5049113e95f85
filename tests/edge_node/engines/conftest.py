from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_node.engines.build import build_detector
from edge_node.faces import Image
from edge_node.models.install import Models
from edge_node.ports import Detector
from edge_node.settings import EngineSettings


@pytest.fixture(scope="session")
def read(photos: Path) -> Callable[[str], Image]:
    """The photo of that name as a picture."""

    def read(name: str) -> Image:
        return np.asarray(cv2.imread(str(photos / name)), np.uint8)

    return read


@pytest.fixture(scope="session", params=["yunet", "centerface"])
def each_detector(request: pytest.FixtureRequest, models: Models) -> Detector:
    if models.find(request.param) is None:
        pytest.skip(f"{request.param} is in no package registry: name its folder in EDGE_MODELS_DIR")
    return build_detector(EngineSettings(detector=request.param), models)
