"""The sections of config.yaml about the networks: where their files are, and which of them are used."""

import os
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from edge_node.view_settings import Cosine


class ModelsSettings(Struct, frozen=True, kw_only=True):
    """Model files."""

    dir: Path | None = None
    """Folder with model files fetched by other means; the environment's `EDGE_MODELS_DIR` when absent."""

    def folder(self) -> Path | None:
        named = os.environ.get("EDGE_MODELS_DIR")
        return self.dir or (Path(named) if named else None)


class OnnxSettings(Struct, frozen=True, kw_only=True):
    """An ArcFace-style network of your own, for `engine.embedder: onnx`."""

    file: Path
    """The network: one input of N x 3 x `input_size` x `input_size`, one vector a face out."""
    sha256: Annotated[str, Meta(min_length=64, max_length=64)]
    """What `sha256sum` says of the file; another file is refused."""
    dimension: Annotated[int, Meta(ge=1, le=65_536)]
    """How many numbers a vector has."""
    threshold: Cosine
    """Least cosine similarity to be recognised; `edge-node evaluate` measures it on photos of yours."""
    margin: Annotated[float, Meta(ge=0, le=1)]
    """Least lead over the best other person."""
    input_size: Annotated[int, Meta(ge=32, le=1024)] = 112
    """Side, in pixels, of the faces it takes; the landmarks lie as ArcFace has them, scaled."""
    mean: float = 127.5
    """Taken off every value, 0 to 255."""
    scale: Annotated[float, Meta(gt=0)] = 127.5
    """What every value is divided by after that."""
    channels: Literal["rgb", "bgr"] = "rgb"
    """Order of the colours."""


class EngineSettings(Struct, frozen=True, kw_only=True):
    """What finds faces and what turns them into vectors."""

    detector: Literal["auto", "yunet", "centerface", "hog", "cnn"] = "auto"
    """`auto` takes the best detector installed: yunet, else centerface. `hog` and `cnn` are those of the
    face_recognition library."""
    refine: bool | None = None
    """Whether CenterFace looks again at each face that YuNet proposes. Default: when both are installed."""
    embedder: Literal["auto", "mobilefacenet", "dlib_resnet", "onnx", "face_recognition"] = "auto"
    """`auto` takes the best one installed: mobilefacenet, else dlib_resnet, the network of the
    face_recognition library. `onnx`: a file of your own. `face_recognition`: the library itself, with `hog`
    or `cnn`."""
    onnx: OnnxSettings | None = None
    """The file of `embedder: onnx`."""
    detection_size: Annotated[int, Meta(ge=160, le=4096)] = 640
    """Longest side, in pixels, of the picture that the detector sees."""
    min_score: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """Faces that the detector gives less are dropped; with `refine`, that YuNet gives less. Default: the
    detector's own, see docs/models.md."""
    mirror: bool | None = None
    """Averages the vectors of a face and of its mirror image: better vectors, twice the time. Default: for
    reference photos always, for frames where the embedder gains much by it (dlib_resnet)."""

    def __post_init__(self) -> None:
        if (self.embedder == "onnx") != (self.onnx is not None):
            raise ValueError("expected embedder: onnx and a section onnx together, or neither")
        if self.embedder == "face_recognition" and self.detector not in ("auto", "hog", "cnn"):
            raise ValueError(
                f"embedder: face_recognition goes with detector: hog, cnn or auto, not with {self.detector}"
            )
        if self.refine and self.detector not in ("auto", "yunet"):
            raise ValueError(f"refine: true goes with detector: yunet or auto, not with {self.detector}")
        if self.refine and self.embedder == "face_recognition":
            raise ValueError("refine: true does not go with embedder: face_recognition")
