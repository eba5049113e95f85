"""Looks at what a node needs, one thing after the other, without changing anything."""

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from broker import discovery
from broker.local import find_mosquitto, is_listening
from broker.session import Session
from broker.settings import AUTO
from edge_node.errors import GalleryError
from edge_node.settings import NodeConfig, S3Source

PACKAGES = (
    "paho-mqtt",
    "msgspec",
    "numpy",
    "opencv-python-headless",
    "onnx",
    "onnxruntime",
    "simplejpeg",
    "boto3",
    "tqdm",
    "tflite",
    "numkong",
)
OPTIONAL_PACKAGES = {"iotcore": "embedded-broker"}
CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `advice` says what to do; `is_fault` that nothing works without it."""

    subject: str
    text: str
    advice: str = ""
    is_fault: bool = False

    @property
    def mark(self) -> str:
        if self.is_fault:
            return "FAIL"
        return "note" if self.advice else "ok"


def examine(config: NodeConfig) -> Iterator[Finding]:
    yield Finding("python", f"{platform.python_version()} on {platform.machine()}, {sys.prefix}")
    packages = list(_packages(config))
    yield from packages
    if any(finding.is_fault for finding in packages):
        return
    yield _folder("state folder", config.node.state_folder())
    yield from _models(config)
    yield _folder("log folder", config.log.file.absolute().parent)
    yield _broker(config)
    yield _gallery(config)


def _packages(config: NodeConfig) -> Iterator[Finding]:
    for name in PACKAGES:
        version = _version(name)
        missing = "" if version else "pip install '.[node]'"
        yield Finding(name, version or "not installed", missing, is_fault=not version)
    for name, extra in OPTIONAL_PACKAGES.items():
        version = _version(name)
        needless = version or find_mosquitto()
        yield Finding(
            name,
            version or "not installed",
            "" if needless else f"pip install '.[{extra}]', or sudo apt install mosquitto",
        )
    wanted = config.broker.host == AUTO or config.broker.announce is not None
    version = _version("zeroconf")
    missing = "pip install '.[discovery]'" if wanted and not version else ""
    yield Finding("zeroconf", version or "not installed", missing, is_fault=bool(missing))
    mosquitto = find_mosquitto()
    yield Finding(
        "mosquitto",
        mosquitto or "not installed",
        "" if mosquitto else "sudo apt install mosquitto mosquitto-clients",
    )


def _models(config: NodeConfig) -> Iterator[Finding]:
    from edge_node.models.catalogue import CATALOGUE
    from edge_node.models.install import Models, is_complete

    models = Models.of(config)
    for model in CATALOGUE:
        ready = models.is_ready(model)
        where = str(models.path(model)) if ready else "not installed"
        yield Finding(f"model {model.name}", where, "" if ready else "edge-node models install")
    if not is_complete(models):
        yield Finding(
            "engine", "a detector and the embedder are needed", "edge-node models install", is_fault=True
        )


def _folder(subject: str, folder: Path) -> Finding:
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    if not existing.is_dir():
        return Finding(subject, f"{existing} is no folder", "correct the setting", is_fault=True)
    if os.access(existing, os.W_OK | os.X_OK):
        return Finding(subject, f"{folder} can be written")
    advice = "chown it, or set node.state_dir and log.file"
    return Finding(subject, f"{existing} cannot be written by this user", advice, is_fault=True)


def _broker(config: NodeConfig) -> Finding:
    settings = config.broker
    where = f"{settings.host}:{settings.port}"
    if settings.host == AUTO:
        try:
            where = str(discovery.find(settings.prefix))
        except OSError as error:
            advice = "announce it, see docs/install.md, or name it in broker.host"
            return Finding("broker", str(error), advice, is_fault=True)
    elif not is_listening(settings.host, settings.port):
        if settings.start == "auto" and settings.is_local:
            return Finding("broker", f"none at {where} yet", "edge-node up starts one, or start your own")
        return Finding("broker", f"{where} does not answer", "check broker.host and port", is_fault=True)
    try:
        # With a password the user name becomes the client id: a node at work is replaced, and comes back.
        named = settings.username or (config.node.id if settings.password() else f"doctor-{os.getpid()}")
        session = Session(settings, client_id=named)
    except OSError as error:
        return Finding("broker", str(error), "check broker.password_file and broker.tls", is_fault=True)
    session.start()
    connected = session.wait_connected(CONNECT_SECONDS)
    failure = session.failure or f"what listens at {where} does not speak MQTT v5"
    session.stop()
    if connected:
        return Finding("broker", f"{where} answers")
    known = failure == session.failure
    advice = "check the credentials and broker.tls" if known else "stop that program, or set broker.port"
    return Finding("broker", failure, advice, is_fault=True)


def _gallery(config: NodeConfig) -> Finding:
    from edge_node.stores.build import count_photos

    source = config.gallery.source
    if source is None:
        return Finding("gallery", "no source: everybody is unknown", "set gallery.source in config.yaml")
    where = f"s3://{source.bucket}/{source.prefix}" if isinstance(source, S3Source) else str(source.path)
    try:
        listed = count_photos(config.gallery)
    except GalleryError as error:
        return Finding(
            "gallery", f"{where}: {error}", "what is enrolled already stays in force", is_fault=True
        )
    return Finding("gallery", f"{where}: {listed} photos")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
