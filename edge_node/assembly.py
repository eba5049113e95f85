"""Puts the parts of recognition together as the settings say: for the node, and for commands without one."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from edge_node.decide import Decider
from edge_node.engines.build import build_detector, build_embedder, build_enrolment_detector, engine_id
from edge_node.engines.pyramid import Pyramid
from edge_node.gallery import Gallery
from edge_node.identifiers import uuid7
from edge_node.models.install import Models
from edge_node.pipeline import Pipeline
from edge_node.ports import Detector, Embedder
from edge_node.quality import Limits
from edge_node.refresh import Refresher
from edge_node.settings import NodeConfig
from edge_node.stores.build import build_store
from edge_node.stores.templates import TemplateFile
from edge_node.stores.vectors import search_in
from edge_node.view import View, Views
from edge_node.view_settings import DeviceSettings

Number = TypeVar("Number", int, float)

PHOTO_PIXELS = 100_000_000
"""For the detector to look at in one photo: all that 50 megapixels with faces of 40 pixels need."""

Around = Callable[[Detector], Detector]


def build(config: NodeConfig, around: Around = lambda detector: detector) -> tuple[Refresher, Pipeline]:
    """The gallery's side and the pictures' side, sharing an embedder. Raises EngineError.

    around: makes another detector of the one that looks at pictures.
    """
    models = Models.of(config)
    embedder = build_embedder(config.engine, models)
    detector = build_enrolment_detector(config.engine, models)
    model = engine_id(detector, embedder)
    state = config.node.state_folder()
    templates = TemplateFile(state / "templates", model=model, dimension=embedder.dimension)
    refresher = Refresher(
        build_store(config.gallery, state),
        templates,
        detector,
        embedder,
        model=model,
        search=search_in(state),
    )
    pipeline = Pipeline(
        detector=around(build_detector(config.engine, models)),
        embedder=embedder,
        gallery=Gallery.empty(model),
        decider=Decider(uuid7),
        views=build_views(config, embedder),
    )
    return refresher, pipeline


def build_still(config: NodeConfig) -> tuple[Refresher, Pipeline]:
    """As for the node, but faces are looked for on a pyramid. Raises EngineError."""
    return build(config, around=partial(_pyramid, config, PHOTO_PIXELS))


def beside(live: Pipeline, config: NodeConfig) -> Pipeline:
    """The node's own engine, for the pictures that it is asked about."""
    return live.around(partial(_pyramid, config, config.requests.search_pixels))


def _pyramid(config: NodeConfig, max_pixels: int, detector: Detector) -> Detector:
    side, min_face = config.engine.detection_size, config.quality.min_face
    return Pyramid(detector, side=side, min_face=min_face, max_pixels=max_pixels)


def build_views(config: NodeConfig, embedder: Embedder) -> Views:
    devices = {name: _view(config, embedder, device) for name, device in config.devices.items()}
    return Views(_view(config, embedder, DeviceSettings()), devices)


def _view(config: NodeConfig, embedder: Embedder, device: DeviceSettings) -> View:
    quality, decide = config.quality, config.decide
    return View(
        limits=Limits(
            min_face=_first(device.min_face, quality.min_face),
            min_sharpness=_first(device.min_sharpness, quality.min_sharpness),
            max_turn=_first(device.max_turn, quality.max_turn),
            min_brightness=_first(device.min_brightness, quality.min_brightness),
            max_brightness=_first(device.max_brightness, quality.max_brightness),
        ),
        threshold=_first(device.threshold, config.match.threshold, embedder.threshold),
        margin=_first(device.margin, config.match.margin, embedder.margin),
        frames=_first(device.frames, decide.frames),
        unknown_frames=_first(device.unknown_frames, decide.unknown_frames),
        buffer_seconds=_first(device.buffer_seconds, decide.buffer_seconds),
        recheck_seconds=decide.recheck_seconds,
        zones=device.zones,
        masks=device.masks,
    )


def _first(*choices: Number | None) -> Number:
    return next(choice for choice in choices if choice is not None)
