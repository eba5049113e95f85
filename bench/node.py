"""The node's pipeline, with the people of the bench enrolled."""

from collections.abc import Mapping

import msgspec

from bench.scenes import ENROLLED, PHOTOS, ROOT
from broker.messages import EventType
from edge_node.assembly import build
from edge_node.engines.build import build_enrolment_detector, build_enrolment_embedder, engine_id
from edge_node.enrol import enrol
from edge_node.gallery import Gallery
from edge_node.models.install import Models
from edge_node.pipeline import Pipeline
from edge_node.ports import Photo
from edge_node.settings import NodeConfig

LIMITS = {"max_bytes": NodeConfig().node.max_frame_bytes, "max_pixels": NodeConfig().node.max_frame_pixels}


def node_pipeline(engine: Mapping[str, object]) -> Pipeline:
    """engine: settings that differ from the defaults. Raises EngineError when a model is missing."""
    settings = {"node": {"state_dir": ROOT / "var/state"}, "engine": engine}
    config = msgspec.convert(settings, NodeConfig)
    models = Models.of(config)
    _, pipeline = build(config)
    detector = build_enrolment_detector(config.engine, models)
    embedder = build_enrolment_embedder(config.engine, models)
    photos = [
        Photo(photo, EventType.AUTHORISED, person, photo, PHOTOS / photo)
        for person, photo in ENROLLED.items()
    ]
    enrolments = list(enrol(photos, detector, embedder))
    pipeline.gallery = Gallery.of(enrolments, engine_id(detector, embedder))
    return pipeline
