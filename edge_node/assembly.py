"""Puts the parts of recognition together as the settings say: for the node, and for commands without one."""

import time
from collections.abc import Callable
from typing import TypeVar

from broker import timestamps
from broker.publication import Publication
from broker.topics import Topics
from edge_node.decide import Decider
from edge_node.engines.build import (
    build_detector,
    build_embedder,
    build_enrolment_detector,
    build_enrolment_embedder,
    engine_id,
)
from edge_node.engines.pyramid import Pyramid
from edge_node.gallery import Gallery
from edge_node.identifiers import uuid7
from edge_node.models.install import Models
from edge_node.persons import Persons
from edge_node.pipeline import Pipeline
from edge_node.ports import Embedder
from edge_node.presence import Presence
from edge_node.quality import Limits
from edge_node.refresh import Refresher
from edge_node.settings import NodeConfig
from edge_node.stores.build import build_store
from edge_node.stores.templates import TemplateFile
from edge_node.stores.vectors import search_in
from edge_node.switches import Switches
from edge_node.view import View, Views
from edge_node.view_settings import DeviceSettings
from edge_node.visits import VisitFile

Number = TypeVar("Number", bool, int, float)


def build(config: NodeConfig) -> tuple[Refresher, Pipeline]:
    """The gallery's side and the pictures' side. Raises EngineError."""
    models = Models.of(config)
    embedder = build_embedder(config.engine, models)
    enrolment_embedder = build_enrolment_embedder(config.engine, models)
    enrolment_detector = build_enrolment_detector(config.engine, models)
    model = engine_id(enrolment_detector, enrolment_embedder)
    state = config.node.state_folder()
    templates = TemplateFile(state / "templates", model=model, dimension=enrolment_embedder.dimension)
    refresher = Refresher(
        build_store(config.gallery, state),
        templates,
        enrolment_detector,
        enrolment_embedder,
        model=model,
        search=search_in(state),
    )
    pipeline = Pipeline(
        detector=Pyramid(build_detector(config.engine, models), side=config.engine.detection_size),
        embedder=embedder,
        gallery=Gallery.empty(model),
        decider=Decider(uuid7),
        views=build_views(config, embedder),
    )
    return refresher, pipeline


def build_presence(
    config: NodeConfig,
    topics: Topics,
    pipeline: Pipeline,
    switches: Switches,
    publish: Callable[[Publication], object],
) -> Presence:
    """Who is before the cameras, as it was left at the last end."""
    node, assistant = config.node, config.homeassistant
    asked_for = node.person_states or (assistant.enabled and assistant.people)
    presence = Presence(
        node=node.id,
        topics=topics,
        decider=pipeline.decider,
        views=pipeline.views,
        file=VisitFile(node.state_folder() / "visits.json", pipeline.model),
        is_on=switches.is_on,
        publish=publish,
        clock=timestamps.now,
        persons=Persons(topics, publish, timestamps.now) if asked_for else None,
    )
    presence.resume({*config.cameras, *config.devices}, time.monotonic())
    return presence


def build_views(config: NodeConfig, embedder: Embedder) -> Views:
    devices = {name: _view(config, embedder, device) for name, device in config.devices.items()}
    return Views(_view(config, embedder, DeviceSettings()), devices)


def _view(config: NodeConfig, embedder: Embedder, device: DeviceSettings) -> View:
    quality, decide, attention = config.quality, config.decide, config.attention
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
        leave_seconds=decide.leave_seconds,
        motion=_first(device.motion, attention.motion),
        max_pixels=_first(device.max_pixels, attention.max_pixels),
        zones=device.zones,
        masks=device.masks,
    )


def _first(*choices: Number | None) -> Number:
    return next(choice for choice in choices if choice is not None)
