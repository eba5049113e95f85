"""From the bytes of a camera's frame to what is on it, decoding no more than must be."""

from edge_node.decode import decode, glance_at, glance_of
from edge_node.jpeg import read_header
from edge_node.pipeline import Outcome, Pipeline


def look(
    pipeline: Pipeline, device: str, jpeg: bytes, now: float, *, max_bytes: int, max_pixels: int
) -> Outcome:
    """First a glance, where the camera's settings allow, and then the picture if there is reason to.

    now: monotonic seconds. Raises DecodeError and EngineError.
    """
    limits = {"max_bytes": max_bytes, "max_pixels": max_pixels}
    if not pipeline.views.of(device).motion:
        return pipeline.process(device, decode(jpeg, **limits), now)
    recent = pipeline.recent(device, now)
    if recent is not None:
        read_header(jpeg, **limits)
        return recent
    image = decode(jpeg, **limits) if pipeline.expects_change(device) else None
    glance = (glance_of(image) if image is not None else None) or glance_at(jpeg, **limits)
    unchanged = pipeline.unchanged(device, glance, now)
    if unchanged is not None:
        return unchanged
    return pipeline.process(device, decode(jpeg, **limits) if image is None else image, now, glance)
