"""Pictures from a Raspberry Pi's camera module, by picamera2, which the system's packages bring."""

import math
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from broker import timestamps
from camera_agent.pace import Pace
from camera_agent.settings import PiCameraSource
from camera_agent.sources import Captured, SourceError
from camera_agent.sources.newest import Newest

SENSOR_FPS = 15.0
"""The sensor runs at least so fast, and frames are skipped: at 5 frames a second it would expose for up to
200 ms, and faces that move would blur."""
OLDEST_SECONDS = 10.0


class PiCamera:
    """The sensor at a multiple of the set rate; what has a turn is encoded and sent."""

    replay = False

    def __init__(self, settings: PiCameraSource, pace: Pace) -> None:
        try:
            import libcamera
            import picamera2
            from picamera2 import encoders, outputs
        except ImportError as error:
            raise SourceError(
                f"{error}; run `sudo apt install python3-picamera2` and make the virtual environment with "
                "--system-site-packages"
            ) from error

        receive = self._receive

        class Output(outputs.Output):  # type: ignore[misc]  # picamera2 comes without types
            def outputframe(
                self, frame: Any, _keyframe: Any = None, timestamp: Any = None, *_packet_and_audio: Any
            ) -> None:
                receive(frame, timestamp)

        self._pace = pace
        self._newest = Newest()
        skipped = math.ceil(SENSOR_FPS / pace.fps)
        microseconds = round(1e6 / (pace.fps * skipped))
        try:
            self._camera = picamera2.Picamera2(settings.camera)
            configuration = self._camera.create_video_configuration(
                main={"size": (settings.width, settings.height)},
                transform=libcamera.Transform(hflip=settings.hflip, vflip=settings.vflip),
                controls={"FrameDurationLimits": (microseconds, microseconds)},
            )
            self._camera.configure(configuration)
            self._encoder, quality = _encoder(encoders, settings)
            self._encoder.frame_skip_count = skipped
            self._camera.start_recording(self._encoder, Output(), quality=quality)
        except (RuntimeError, IndexError, OSError) as error:
            self.close()
            raise SourceError(
                f"Pi camera {settings.camera} cannot be opened: {error}; `rpicam-hello --list-cameras` shows "
                "which there are"
            ) from error

    def frames(self) -> Iterator[Captured]:
        return self._newest.frames(self._pace)

    def stop(self) -> None:
        self._newest.stop()

    def close(self) -> None:
        camera, self._camera = getattr(self, "_camera", None), None
        if camera is not None:
            if camera.started:
                camera.stop_recording()
            camera.close()

    def _receive(self, frame: Any, timestamp: int | None) -> None:
        """On the encoder's thread. `timestamp` is in microseconds since the encoder's first frame."""
        if self._pace.admits():
            first = self._encoder.firsttimestamp
            known = timestamp is not None and first is not None
            self._newest.put(Captured(bytes(frame), captured_at(first + timestamp if known else None)))


def captured_at(sensor_microseconds: int | None) -> datetime:
    """The wall clock at a SensorTimestamp, which libcamera counts on CLOCK_BOOTTIME; now if it cannot be."""
    now = timestamps.now()
    if sensor_microseconds is None:
        return now
    age_seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - sensor_microseconds / 1e6
    return now - timedelta(seconds=age_seconds) if 0 <= age_seconds <= OLDEST_SECONDS else now


def _encoder(encoders: Any, settings: PiCameraSource) -> tuple[Any, Any]:
    """The encoder and the `quality` to start it with.

    Without the hardware, `MJPEGEncoder` is another name for LibavMjpegEncoder, whose frame threads hold back
    several frames; JpegEncoder gives each one at once.
    """
    if encoders.MJPEGEncoder is not getattr(encoders, "LibavMjpegEncoder", None):
        quality = None if settings.bitrate else encoders.Quality.HIGH
        return encoders.MJPEGEncoder(bitrate=settings.bitrate), quality
    return encoders.JpegEncoder(q=settings.quality), None
