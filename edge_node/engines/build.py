"""Puts detector and embedder together as the settings say, from the models that are on this machine."""

from edge_node.engines.centerface import CenterFace
from edge_node.engines.dlib_resnet import DlibResnet
from edge_node.engines.yunet import YuNet
from edge_node.errors import EngineError
from edge_node.models.install import Models
from edge_node.ports import Detector, Embedder
from edge_node.settings import EngineSettings

DETECTORS: dict[str, type[YuNet] | type[CenterFace]] = {"yunet": YuNet, "centerface": CenterFace}

LIVE = ("yunet", "centerface")
"""Best first: speed matters."""
ENROLMENT = ("centerface", "yunet")
"""Best first: each photo is looked at once, and its landmarks stay for good."""


def build_detector(settings: EngineSettings, models: Models) -> Detector:
    """For live frames. Raises EngineError when no suitable model is on this machine."""
    wanted = LIVE if settings.detector == "auto" else (settings.detector,)
    return _first_of(wanted, settings, models, settings.min_score)


def build_enrolment_detector(settings: EngineSettings, models: Models) -> Detector:
    """For reference photos: the most exact detector there is, at its own score."""
    return _first_of(ENROLMENT, settings, models, None)


def build_embedder(settings: EngineSettings, models: Models) -> Embedder:
    """Raises EngineError when the model is not on this machine."""
    return DlibResnet(models.require(settings.embedder), mirror=settings.mirror)


def engine_id(detector: Detector, embedder: Embedder) -> str:
    """Names what made a vector: `yunet+dlib_resnet_v1_mirror`. In events, and on a gallery's templates."""
    return f"{detector.id}+{embedder.id}"


def _first_of(
    names: tuple[str, ...], settings: EngineSettings, models: Models, min_score: float | None
) -> Detector:
    for name in names:
        path = models.find(name)
        if path is not None:
            return DETECTORS[name](path, settings.detection_size, min_score)
    raise EngineError(
        f"no detector is on this machine: expected {' or '.join(names)}; run: edge-node models install"
    )
