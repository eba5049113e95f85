"""The node's sections of config.yaml. `docs/config.md` is checked against the strings below each field."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from broker.messages import Id
from broker.settings import BrokerSettings
from edge_node.view_settings import (
    Cosine,
    DecideSettings,
    DeviceSettings,
    MatchSettings,
    QualitySettings,
    Seconds,
)


class NodeSettings(Struct, frozen=True, kw_only=True):
    """This recognition node, and the frames it accepts."""

    id: Id = "node-1"
    """Name of the node in topics and events; unique at the broker."""
    state_dir: Path | None = None
    """Where mirrors, templates and converted models live. Default: systemd's `STATE_DIRECTORY`, else
    `~/.local/state/edge-node`."""
    shared_group: Id | None = None
    """Several nodes that name the same group share the frames between them (MQTT v5 shared subscription)."""
    max_frame_age_seconds: Seconds = 2.0
    """A frame captured longer ago is not looked at."""
    max_frame_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)] = 4_000_000
    """A larger frame is not looked at."""
    max_frame_pixels: Annotated[int, Meta(ge=10_000, le=64_000_000)] = 8_000_000
    """A frame of more pixels is not decoded."""
    stats_seconds: Seconds = 30.0
    """How often counters are published."""

    def state_folder(self) -> Path:
        if self.state_dir is not None:
            return self.state_dir
        systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        if systemd:
            return Path(systemd)
        return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "edge-node"


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
    mirror: bool = True
    """Averages the vectors of a face and of its mirror image: better vectors, about twice the time."""

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


class FolderSource(Struct, frozen=True, kw_only=True, tag="folder", tag_field="type"):
    """Reference photos in a folder of this machine."""

    path: Path
    """The folder that holds the two groups."""


class S3Source(Struct, frozen=True, kw_only=True, tag="s3", tag_field="type"):
    """Reference photos in a bucket. Credentials come from boto3's own chain, never from this file."""

    bucket: Annotated[str, Meta(min_length=1, max_length=255)]
    """Name of the bucket."""
    prefix: Annotated[str, Meta(max_length=512)] = ""
    """What comes before the two groups in every key, with its slash."""
    endpoint_url: str | None = None
    """Address of an S3 service other than Amazon's."""
    region: str | None = None
    """Region of the bucket; boto3's own default when absent."""
    profile: str | None = None
    """Profile of boto3's shared credentials file."""


class GallerySettings(Struct, frozen=True, kw_only=True):
    """Who is known."""

    source: FolderSource | S3Source | None = None
    """Where the reference photos are; without it everybody is unknown."""
    authorised: Annotated[str, Meta(min_length=1, max_length=255)] = "Authorised/"
    """Folder or key prefix of the authorised people."""
    restricted: Annotated[str, Meta(min_length=1, max_length=255)] = "Restricted/"
    """Folder or key prefix of the restricted people."""
    poll_seconds: Seconds = 60.0
    """How often the source is looked at for changes."""

    def __post_init__(self) -> None:
        if self.authorised.strip("/") == self.restricted.strip("/"):
            raise ValueError("expected two places, one for authorised and another for restricted")


class RequestsSettings(Struct, frozen=True, kw_only=True):
    """Questions over MQTT: who is on this picture? See docs/ask.md."""

    enabled: bool = True
    """Whether this node answers questions about pictures, and reads the gallery again when asked to."""
    max_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)] = 10_000_000
    """A larger picture is not looked at. The broker's own limit must be above it: `max_packet_size`."""
    max_pixels: Annotated[int, Meta(ge=10_000, le=64_000_000)] = 25_000_000
    """A picture of more pixels is not decoded; one takes six bytes a pixel while it is answered."""
    search_pixels: Annotated[int, Meta(ge=100_000, le=1_000_000_000)] = 20_000_000
    """How many pixels the detector looks at in one picture, on all tiles together: it bounds the time, and
    how small a face may be in a large picture."""
    queue: Annotated[int, Meta(ge=1, le=1_000)] = 8
    """How many questions may wait, in memory; another one is answered with `busy`."""
    max_wait_seconds: Seconds = 60.0
    """A question that has waited longer is answered with `expired`; sooner when it says so itself."""


class LogSettings(Struct, frozen=True, kw_only=True):
    """The JSON log of events."""

    file: Path = Path("var/log/events.jsonl")
    """One JSON object a line."""


class NodeConfig(Struct, frozen=True, kw_only=True):
    """All that `edge-node` reads from config.yaml."""

    broker: BrokerSettings = BrokerSettings()
    cameras: dict[Id, Any] = msgspec.field(default_factory=dict)
    """What this machine's camera agent sends; the agent reads and checks it."""
    node: NodeSettings = NodeSettings()
    models: ModelsSettings = ModelsSettings()
    engine: EngineSettings = EngineSettings()
    quality: QualitySettings = QualitySettings()
    match: MatchSettings = MatchSettings()
    decide: DecideSettings = DecideSettings()
    devices: dict[Id, DeviceSettings] = msgspec.field(default_factory=dict)
    gallery: GallerySettings = GallerySettings()
    requests: RequestsSettings = RequestsSettings()
    log: LogSettings = LogSettings()
