"""Settings of a camera changed while it runs."""

from msgspec.structs import replace

from broker.capture import MAX_SIDE, MIN_SIDE, Capture, CaptureChange
from broker.errors import MessageError
from camera_agent.settings import CameraSettings, OpenCvSource, PiCameraSource


def capture_of(settings: CameraSettings) -> Capture:
    """As said on the wire: pictures that come as they are have no width and no quality of ours."""
    source = settings.source
    if isinstance(source, PiCameraSource | OpenCvSource):
        return Capture(fps=settings.fps, width=source.width, quality=source.quality)
    return Capture(fps=settings.fps, width=None, quality=None)


def changed(configured: CameraSettings, now: CameraSettings, change: CaptureChange) -> CameraSettings:
    """The settings after a change. The height follows the width, in the proportions of the configuration.

    Raises MessageError for what this kind of source cannot do.
    """
    fps = now.fps if change.fps is None else change.fps
    if change.width is None and change.quality is None:
        return replace(now, fps=fps)
    source, first = now.source, configured.source
    if not isinstance(source, PiCameraSource | OpenCvSource):
        kind = source.__struct_config__.tag
        raise MessageError("bad_message", f"expected fps alone: a {kind} source sends pictures as they are")
    assert isinstance(first, PiCameraSource | OpenCvSource)
    if change.quality is not None:
        source = replace(source, quality=change.quality)
    if change.width is not None and change.width != source.width:
        source = replace(source, width=change.width, height=_height(first, change.width))
    return replace(now, fps=fps, source=source)


def must_reopen(before: CameraSettings, after: CameraSettings) -> bool:
    """Whether the source must be opened again; a Pi's sensor is set up for the rate of its frames."""
    faster_or_slower = isinstance(after.source, PiCameraSource) and before.fps != after.fps
    return faster_or_slower or before.source != after.source


def _height(first: PiCameraSource | OpenCvSource, width: int) -> int | None:
    if first.width is None or first.height is None:
        return None
    if width == first.width:
        return first.height
    height = 2 * round(width * first.height / first.width / 2)
    if not MIN_SIDE <= height <= MAX_SIDE:
        raise MessageError("bad_message", f"width {width} makes the height {height}")
    return height
