"""The sections of config.yaml about what is a face, who is somebody, and what is news; see `view`."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from broker.messages import Id

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Cosine = Annotated[float, Meta(ge=-1, le=1)]
Frames = Annotated[int, Meta(ge=1, le=100)]
Side = Annotated[int, Meta(ge=1, le=8192)]
Share = Annotated[float, Meta(ge=0, le=1)]
Margin = Share
Shown = Annotated[str, Meta(min_length=1, max_length=64)]
Sharpness = Annotated[float, Meta(ge=0, le=2)]
Turn = Annotated[float, Meta(gt=0, le=1)]
Polygon = tuple[tuple[Share, Share], ...]
"""Corners, each as its share of the picture's width and height."""

MIN_CORNERS = 3


class MatchSettings(Struct, frozen=True, kw_only=True):
    """When a face is somebody."""

    threshold: Cosine | None = None
    """Least cosine similarity to be recognised. Default: the embedder's own, see docs/models.md."""
    margin: Margin | None = None
    """Least lead over the best other person; a smaller one is `ambiguous`. Default: the embedder's own."""


class DecideSettings(Struct, frozen=True, kw_only=True):
    """When a face becomes an event."""

    frames: Frames = 2
    """Frames that must agree on a person before an event."""
    unknown_frames: Frames = 4
    """Frames without any answer before an event says `unknown`."""
    buffer_seconds: Seconds = 120.0
    """A visit ends when the person was not seen for this long; one event per person, device and visit."""
    leave_seconds: Seconds = 15.0
    """Who was not seen for this long is no longer among the people who are here. A visit goes on, though."""
    recheck_seconds: Annotated[float, Meta(ge=0, le=60)] = 1.0
    """A face that was told about and stays in its place is looked at again this often; in doubt, at once."""


class QualitySettings(Struct, frozen=True, kw_only=True):
    """Which faces are good enough to be named. Others are reported with a reason, and not judged."""

    min_face: Side = 40
    """Least height of a face in pixels of the frame; less is `too_small`."""
    min_sharpness: Sharpness = 0.2
    """Edges against contrast, about 0.75 for a crisp face; less is `blurred`."""
    max_turn: Turn = 0.45
    """How far the nose may be off the middle of the eyes, in distances between them; more is `profile`."""
    min_brightness: Share = 0.05
    """Least mean brightness of the face, 0 to 1; less is `too_dark`."""
    max_brightness: Share = 0.88
    """Greatest mean brightness of the face, 0 to 1; more is `too_bright`."""


class AttentionSettings(Struct, frozen=True, kw_only=True):
    """How much of each frame is looked at."""

    motion: bool = True
    """Looks only where something has changed, and at everything once a second meanwhile; where nothing has,
    at everything every five seconds. A face that stays still stays known."""
    max_pixels: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    """Looks for small faces in tiles of the frame too, of so many pixels together; 0 does not. Faces of 40
    pixels in a frame of 1920 x 1080 take 5000000 and about 0.1 s, in one of 8 megapixels 17000000 and 0.3."""


class DeviceSettings(Struct, frozen=True, kw_only=True):
    """One camera: what to call it, and how it is looked at, where that differs from what is said above."""

    name: Shown | None = None
    """What to call the camera where people read it, in Home Assistant; its id when absent."""
    area: Shown | None = None
    """The room or place it looks at; Home Assistant proposes it as the area."""
    min_face: Side | None = None
    """Instead of `quality.min_face`."""
    min_sharpness: Sharpness | None = None
    """Instead of `quality.min_sharpness`."""
    max_turn: Turn | None = None
    """Instead of `quality.max_turn`."""
    min_brightness: Share | None = None
    """Instead of `quality.min_brightness`."""
    max_brightness: Share | None = None
    """Instead of `quality.max_brightness`."""
    threshold: Cosine | None = None
    """Instead of `match.threshold`."""
    margin: Margin | None = None
    """Instead of `match.margin`."""
    frames: Frames | None = None
    """Instead of `decide.frames`."""
    unknown_frames: Frames | None = None
    """Instead of `decide.unknown_frames`."""
    buffer_seconds: Seconds | None = None
    """Instead of `decide.buffer_seconds`."""
    motion: bool | None = None
    """Instead of `attention.motion`."""
    max_pixels: Annotated[int, Meta(ge=0, le=100_000_000)] | None = None
    """Instead of `attention.max_pixels`."""
    zones: dict[Id, Polygon] = msgspec.field(default_factory=dict)
    """Polygons by name; an event names the first one in which the middle of the face lies."""
    masks: tuple[Polygon, ...] = ()
    """Polygons in which no face is looked at, such as a television or the street."""

    def __post_init__(self) -> None:
        for polygon in (*self.zones.values(), *self.masks):
            if len(polygon) < MIN_CORNERS:
                raise ValueError(f"expected polygons of {MIN_CORNERS} corners or more, got {len(polygon)}")
