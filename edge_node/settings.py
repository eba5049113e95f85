"""The node's sections of config.yaml. `docs/config.md` is checked against the strings below each field."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from broker import foreign
from broker.errors import SettingError
from broker.messages import Id
from broker.settings import BrokerSettings
from broker.topics import is_id
from edge_node.engine_settings import EngineSettings, ModelsSettings
from edge_node.homeassistant.settings import HomeAssistantSettings
from edge_node.log_settings import LogSettings, SinkSettings
from edge_node.outbox.settings import OutboxSettings
from edge_node.quiet import QuietRule
from edge_node.view_settings import (
    AttentionSettings,
    DecideSettings,
    DeviceSettings,
    MatchSettings,
    QualitySettings,
    Seconds,
    Shown,
)
from edge_node.web.settings import WebSettings


class NodeSettings(Struct, frozen=True, kw_only=True):
    """This recognition node, and the frames it accepts."""

    id: Id = "node-1"
    """Name of the node in topics and events; unique at the broker."""
    name: Shown | None = None
    """What to call the node where people read it, in Home Assistant; its id when absent."""
    state_dir: Path | None = None
    """Where mirrors, templates and converted models live. Default: systemd's `STATE_DIRECTORY`, else
    `~/.local/state/edge-node`."""
    shared_group: Id | None = None
    """Several nodes that name the same group share the frames between them (MQTT v5 shared subscription).
    Each decides by itself about the frames it gets, so that a visit may be told of by more than one."""
    max_frame_age_seconds: Seconds = 2.0
    """A frame captured longer ago is not looked at."""
    max_frame_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)] = 4_000_000
    """A larger frame is not looked at."""
    max_frame_pixels: Annotated[int, Meta(ge=10_000, le=64_000_000)] = 8_000_000
    """A frame of more pixels is not decoded."""
    stats_seconds: Seconds = 30.0
    """How often counters are published."""
    snapshots: Literal["live", "retained", "off"] = "live"
    """The picture of a camera's last event, with boxes and names: published with the event (`live`), kept by
    the broker for five minutes as well (`retained`; Home Assistant takes it for a new one at its start), or
    not at all."""
    person_states: bool = False
    """Whether each person of the gallery has a state of their own: present or not, and where last."""

    def state_folder(self) -> Path:
        if self.state_dir is not None:
            return self.state_dir
        systemd = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
        if systemd:
            return Path(systemd)
        return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "edge-node"


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


class FeedSettings(Struct, frozen=True, kw_only=True):
    """JPEGs that another program publishes, such as an ESP32-CAM or Frigate: a camera without an agent."""

    topic: Annotated[str, Meta(min_length=1)]
    """The topic. `{device}`, as one word of it, stands for any word and names the device."""
    device: Annotated[str, Meta(min_length=1)] = foreign.DEVICE
    """The device's id, made of the word in the topic; or a fixed id for a topic without `{device}`."""
    max_age_seconds: Seconds | None = None
    """Instead of `node.max_frame_age_seconds`, where the message says when it was captured."""
    max_fps: Annotated[float, Meta(gt=0, le=60)] = 5.0
    """Frames of one device looked at in a second; more are passed over and counted as `rate_limited`."""

    def __post_init__(self) -> None:
        fault = foreign.fault_of(self.topic)
        if fault is not None:
            raise SettingError(["topic"], fault)
        places = self.topic.count(foreign.DEVICE)
        if self.device.count(foreign.DEVICE) != places or not is_id(self.device.replace(foreign.DEVICE, "a")):
            what = "an id, since the topic has no {device}"
            if places:
                what = "{device} once, as in the topic, with what may stand in an id around it"
            raise SettingError(["device"], f"expected {what}: a-z, 0-9, - and _")


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


Rules = tuple[QuietRule, ...]


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
    attention: AttentionSettings = AttentionSettings()
    devices: dict[Id, DeviceSettings] = msgspec.field(default_factory=dict)
    quiet: Rules = ()
    """Events that start nothing."""
    feeds: tuple[FeedSettings, ...] = ()
    gallery: GallerySettings = GallerySettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
    requests: RequestsSettings = RequestsSettings()
    outbox: OutboxSettings = OutboxSettings()
    log: LogSettings = LogSettings()
    sinks: tuple[SinkSettings, ...] = ()
    web: WebSettings = WebSettings()

    def __post_init__(self) -> None:
        self._check_feeds()
        names = [sink.name for sink in self.sinks]
        for number, name in enumerate(names):
            if name in names[:number]:
                raise SettingError(
                    ["sinks", number, "name"], f"expected a name of its own, {name!r} is taken"
                )

    def _check_feeds(self) -> None:
        for number, feed in enumerate(self.feeds):
            if foreign.is_below(feed.topic, self.broker.prefix):
                expected = f"expected a topic that cannot be one of those below {self.broker.prefix}/"
                raise SettingError(["feeds", number, "topic"], expected)
            for earlier in self.feeds[:number]:
                if foreign.meet(feed.topic, earlier.topic):
                    expected = f"expected a topic that no other feed takes; {earlier.topic} does"
                    raise SettingError(["feeds", number, "topic"], expected)
                if feed.device == earlier.device and foreign.DEVICE not in feed.device:
                    expected = f"expected a device of its own; {earlier.topic} has the same"
                    raise SettingError(["feeds", number, "device"], expected)
