"""The user's own file, checked before it is believed."""

import hashlib

from edge_node.engine_settings import OnnxSettings
from edge_node.engines.arcface import ArcFace, Network
from edge_node.errors import EngineError

ID_CHARACTERS = 12


def own_network(settings: OnnxSettings, *, mirror: bool = True) -> ArcFace:
    """Its id changes with whatever changes its vectors: the bytes of the file and how faces are fed to it.

    Raises EngineError when the file cannot be read, is another one, or is no such network.
    """
    try:
        with settings.file.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EngineError(f"engine.onnx.file {settings.file} cannot be read: {error.strerror}") from error
    expected = settings.sha256.lower()
    if found != expected:
        raise EngineError(
            f"engine.onnx.file {settings.file} is refused: expected sha256 {expected}, got {found}"
        )
    fed = (expected, settings.input_size, settings.mean, settings.scale, settings.channels)
    network = Network(
        id=f"onnx_{hashlib.sha256(repr(fed).encode()).hexdigest()[:ID_CHARACTERS]}",
        dimension=settings.dimension,
        threshold=settings.threshold,
        margin=settings.margin,
        side=settings.input_size,
        mean=settings.mean,
        scale=settings.scale,
        rgb=settings.channels == "rgb",
    )
    return ArcFace(settings.file, network, mirror=mirror)
