"""How the frames of one camera are looked at: where, what counts as a face, as somebody, and as news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge_node.faces import Box
from edge_node.quality import Limits

Polygon = Sequence[tuple[float, float]]
"""Corners as shares of the picture's width and height, 0..1; the last one is joined to the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """threshold and margin are cosines; frames and unknown_frames must agree before an event; a face that was
    told about and stays is embedded again after recheck_seconds; who was not seen for leave_seconds has left.
    motion: looks only where something has changed. max_pixels: see Attention."""

    limits: Limits
    threshold: float
    margin: float
    frames: int
    unknown_frames: int
    buffer_seconds: float
    recheck_seconds: float
    leave_seconds: float = 15.0
    motion: bool = False
    max_pixels: int = 0
    zones: Mapping[str, Polygon] = field(default_factory=dict)
    masks: Sequence[Polygon] = ()

    def hides(self, box: Box, frame_size: tuple[int, int]) -> bool:
        """Whether the middle of the box lies in a mask. frame_size: width and height in pixels."""
        middle = _middle(box, frame_size)
        return any(contains(mask, *middle) for mask in self.masks)

    def zone_of(self, box: Box, frame_size: tuple[int, int]) -> str | None:
        """The first zone, in the order of the settings, in which the middle of the box lies."""
        middle = _middle(box, frame_size)
        return next((name for name, zone in self.zones.items() if contains(zone, *middle)), None)


@dataclass(frozen=True, slots=True)
class Views:
    """The view of each camera that has one of its own, and of all others."""

    others: View
    own: Mapping[str, View] = field(default_factory=dict)

    def of(self, device: str) -> View:
        return self.own.get(device, self.others)


def contains(polygon: Polygon, x: float, y: float) -> bool:
    """Even-odd rule: whether a ray from the point to the right crosses the outline an odd number of times."""
    inside = False
    x1, y1 = polygon[-1]
    for x2, y2 in polygon:
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
        x1, y1 = x2, y2
    return inside


def _middle(box: Box, frame_size: tuple[int, int]) -> tuple[float, float]:
    return (box.x + box.width / 2) / frame_size[0], (box.y + box.height / 2) / frame_size[1]
