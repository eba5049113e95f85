"""The configured engine at work, on a dataset or on the photos of the gallery."""

import logging
from dataclasses import replace

from edge_node.engines.build import (
    build_detector,
    build_embedder,
    build_enrolment_detector,
    build_enrolment_embedder,
    engine_id,
)
from edge_node.enrol import template_of
from edge_node.errors import GalleryError
from edge_node.evaluation.calibration import Calibration, calibrate
from edge_node.evaluation.dataset import Dataset
from edge_node.evaluation.evaluate import Measured, evaluate
from edge_node.evaluation.portrait import Portrait, portray
from edge_node.evaluation.portraits import PortraitFile, portray_all, stacked
from edge_node.evaluation.stages import time_stages
from edge_node.models.install import Models
from edge_node.ports import Embedder
from edge_node.settings import NodeConfig
from edge_node.stores.build import build_store

log = logging.getLogger(__name__)

FOLDER = "evaluation"
"""In the state folder: portraits of photos that were looked at, so that the next time is quick."""


def measure(dataset: Dataset, config: NodeConfig, *, name: str, gallery_size: int | None = None) -> Measured:
    """Photos that this engine knows are not looked at again, but for the times. Raises EngineError."""
    models = Models.of(config)
    detector = build_detector(config.engine, models)
    embedder = build_embedder(config.engine, models)
    engine = engine_id(detector, embedder)
    kept = PortraitFile(
        config.node.state_folder() / FOLDER,
        engine=engine,
        dimension=embedder.dimension,
        settings=config.engine,
    )
    paths = dataset.paths()
    portraits = portray_all(paths, lambda jpeg: portray(jpeg, detector, embedder), kept)
    measured = evaluate(
        dataset,
        portraits,
        name=name,
        engine=engine,
        dimension=embedder.dimension,
        threshold=threshold_in_use(config, embedder),
        gallery_size=gallery_size,
    )
    found = stacked((portrait for portrait in portraits if portrait.vector is not None), embedder.dimension)
    searched = measured.evaluation.identification
    templates = found[: searched.gallery_size if searched else len(found)]
    times = time_stages(paths, detector, embedder, templates)
    return replace(measured, evaluation=replace(measured.evaluation, milliseconds=times))


def measure_gallery(config: NodeConfig, *, wanted: float) -> Calibration:
    """Photos are looked at as in enrolment. wanted: expected false matches of a stranger.

    Raises EngineError, and GalleryError when there are no photos to be had; with a source that cannot be
    reached the last good ones are.
    """
    models = Models.of(config)
    detector = build_enrolment_detector(config.engine, models)
    embedder = build_enrolment_embedder(config.engine, models)
    engine = engine_id(detector, embedder)
    state = config.node.state_folder()
    store = build_store(config.gallery, state)
    try:
        store.sync()
    except GalleryError as error:
        log.warning("the photos are those of the last time: %s", error)
    photos = store.photos()
    kept = PortraitFile(
        state / FOLDER, engine=f"enrolment {engine}", dimension=embedder.dimension, settings=config.engine
    )
    portraits = portray_all(
        [photo.path for photo in photos], lambda jpeg: Portrait(*template_of(jpeg, detector, embedder)), kept
    )
    return calibrate(
        photos,
        portraits,
        embedder,
        engine=engine,
        threshold=threshold_in_use(config, embedder),
        margin=embedder.margin if config.match.margin is None else config.match.margin,
        wanted=wanted,
        refused=store.problems(),
    )


def threshold_in_use(config: NodeConfig, embedder: Embedder) -> float:
    return embedder.threshold if config.match.threshold is None else config.match.threshold
