"""Puts detector and embedder together as the settings say, from the models that are on this machine."""

from msgspec.structs import replace

from edge_node.engine_settings import EngineSettings
from edge_node.engines.arcface import ArcFace
from edge_node.engines.cascade import MIN_SCORE, Cascade
from edge_node.engines.centerface import CenterFace
from edge_node.engines.dlib_resnet import DlibResnet
from edge_node.engines.face_recognition_library import LibraryDetector, LibraryEmbedder
from edge_node.engines.mobilefacenet import NETWORK as MOBILEFACENET
from edge_node.engines.own_network import own_network
from edge_node.engines.yunet import YuNet
from edge_node.errors import EngineError
from edge_node.models.install import Models
from edge_node.ports import Detector, Embedder

LIVE = ("yunet", "centerface")
"""Best first: speed matters."""
ENROLMENT = ("centerface", "yunet")
"""Best first: each photo is looked at once, and its landmarks stay for good."""
EMBEDDERS = ("mobilefacenet", "dlib_resnet")
"""Best first: docs/models.md has the figures."""


def build_detector(settings: EngineSettings, models: Models) -> Detector:
    """For live frames. Raises EngineError when no suitable model is on this machine."""
    library = _of_the_library(settings, settings.min_score)
    if library is not None:
        return library
    wanted = LIVE if settings.detector == "auto" else (settings.detector,)
    detector = _first_of(wanted, settings, models, settings.min_score)
    if settings.refine is not False and isinstance(detector, YuNet):
        return _refined(detector, settings, models)
    if settings.refine:
        models.require("yunet")
    return detector


def build_enrolment_detector(settings: EngineSettings, models: Models) -> Detector:
    """For reference photos: the most exact detector there is, at its own score."""
    return _of_the_library(settings, None) or _first_of(ENROLMENT, settings, models, None)


def build_embedder(settings: EngineSettings, models: Models) -> Embedder:
    """For live frames. Raises EngineError when the model is not on this machine, or is not what was said."""
    if settings.embedder == "face_recognition":
        return LibraryEmbedder()
    if settings.onnx is not None:
        return own_network(settings.onnx, mirror=settings.mirror is not False)
    wanted = EMBEDDERS if settings.embedder == "auto" else (settings.embedder,)
    name = next((name for name in wanted if models.find(name) is not None), wanted[-1])
    path = models.require(name)
    if name == "mobilefacenet":
        return ArcFace(path, MOBILEFACENET, mirror=settings.mirror is True)
    return DlibResnet(path, mirror=settings.mirror is not False)


def build_enrolment_embedder(settings: EngineSettings, models: Models) -> Embedder:
    """For reference photos: with mirror images, unless the settings forbid it. Raises EngineError."""
    return build_embedder(replace(settings, mirror=settings.mirror is not False), models)


def engine_id(detector: Detector, embedder: Embedder) -> str:
    """Names what made a vector: `yunet_centerface+mobilefacenet_mirror`. In events, and on templates."""
    return f"{detector.id}+{embedder.id}"


def _of_the_library(settings: EngineSettings, min_score: float | None) -> Detector | None:
    """The library's embedder aligns only what its own detectors found."""
    kind = settings.detector
    if kind == "auto" and settings.embedder == "face_recognition":
        kind = "hog"
    if kind not in ("hog", "cnn"):
        return None
    return LibraryDetector(kind, settings.detection_size, min_score)


def _first_of(
    names: tuple[str, ...], settings: EngineSettings, models: Models, min_score: float | None
) -> YuNet | CenterFace:
    for name in names:
        path = models.find(name)
        if path is not None:
            kind = YuNet if name == "yunet" else CenterFace
            return kind(path, settings.detection_size, min_score)
    raise EngineError(
        f"no detector is on this machine: expected {' or '.join(names)}; run: edge-node models install"
    )


def _refined(proposer: YuNet, settings: EngineSettings, models: Models) -> Detector:
    """The proposer alone where CenterFace is missing and nobody insists."""
    path = models.require("centerface") if settings.refine else models.find("centerface")
    if path is None:
        return proposer
    return Cascade(proposer, CenterFace(path, settings.detection_size, MIN_SCORE))
