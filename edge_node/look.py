"""From the bytes of a camera's frame to what is on it, decoding no more than must be."""

from edge_node.decode import decode, glance_at
from edge_node.jpeg import read_header
from edge_node.pipeline import Outcome, Pipeline


def look(
    pipeline: Pipeline, device: str, jpeg: bytes, now: float, *, max_bytes: int, max_pixels: int
) -> Outcome:
    """First a glance, where the camera's settings allow, and then the picture if there is reason to.

    now: monotonic seconds. Raises DecodeError and EngineError.
    """
    if not pipeline.views.of(device).motion:
        image = decode(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
        return pipeline.process(device, image, now)
    recent = pipeline.recent(device, now)
    if recent is not None:
        read_header(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
        return recent
    glance = glance_at(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
    unchanged = pipeline.unchanged(device, glance, now)
    if unchanged is not None:
        return unchanged
    image = decode(jpeg, max_bytes=max_bytes, max_pixels=max_pixels)
    return pipeline.process(device, image, now, glance)
