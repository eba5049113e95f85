"""Pictures from what OpenCV opens: webcams, RTSP cameras, video files."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from broker import timestamps
from camera_agent.pace import Pace
from camera_agent.settings import OpenCvSource
from camera_agent.sources import Captured, Source, SourceError
from camera_agent.sources.newest import Newest

OPEN_MILLISECONDS = 5000
READ_MILLISECONDS = 5000
USUAL_FPS = 25.0
"""Of a video file that does not say."""


def open_capture(settings: OpenCvSource, pace: Pace) -> Source:
    try:
        import cv2
    except ImportError as error:
        raise SourceError(f"{error}; run `pip install '.[opencv]'` in the project's folder") from error
    device = settings.device
    if isinstance(device, str) and Path(device).is_file():
        return Video(cv2, settings, pace)
    if isinstance(device, str) and "://" not in device and not Path(device).exists():
        raise SourceError(f"there is no file {device}; correct source.device")
    return Live(cv2, settings, pace)


class Live:
    """A webcam or a stream, read on a thread of its own as fast as it comes, so that it never lags."""

    replay = False

    def __init__(self, cv2: Any, settings: OpenCvSource, pace: Pace) -> None:
        self._cv2 = cv2
        self._settings = settings
        self._pace = pace
        self._newest = Newest()
        self._stopped = threading.Event()
        self._capture = _open(cv2, settings)
        self._reader = threading.Thread(target=self._read, name="opencv", daemon=True)
        self._reader.start()

    def frames(self) -> Iterator[Captured]:
        return self._newest.frames(self._pace)

    def stop(self) -> None:
        self._newest.stop()

    def close(self) -> None:
        """Blocks as long as a read hangs: then only a new process helps, and the supervisor sees to that."""
        self._stopped.set()
        self._reader.join()

    def _read(self) -> None:
        try:
            while not self._stopped.is_set():
                if not self._capture.grab():
                    raise SourceError("the camera gives no more frames")
                captured_at = timestamps.now()
                if self._pace.admits():
                    jpeg = _jpeg(self._cv2, self._capture, self._settings)
                    self._newest.put(Captured(jpeg, captured_at))
        except SourceError as error:
            self._newest.fail(error)
        finally:
            self._capture.release()


class Video:
    """A video file in real time: frames that have no turn are passed over."""

    def __init__(self, cv2: Any, settings: OpenCvSource, pace: Pace) -> None:
        self.replay = not settings.loop
        self._cv2 = cv2
        self._settings = settings
        self._pace = pace
        self._stopped = threading.Event()

    def frames(self) -> Iterator[Captured]:
        yield from self._once()
        while not self.replay and not self._stopped.is_set():
            yield from self._once()

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        """The file is held open by `frames` only."""

    def _once(self) -> Iterator[Captured]:
        capture = _open(self._cv2, self._settings)
        try:
            video_fps = capture.get(self._cv2.CAP_PROP_FPS)
            video_fps = video_fps if video_fps > 0 else USUAL_FPS
            grabbed, wanted = 0, 1.0
            while self._pace.wait(self._stopped):
                while grabbed < int(wanted):
                    if not capture.grab():
                        if not grabbed:
                            raise SourceError(f"{self._settings.device} holds no frames")
                        return
                    grabbed += 1
                wanted += video_fps / self._pace.fps
                jpeg = _jpeg(self._cv2, capture, self._settings)
                yield Captured(jpeg, timestamps.now())
        finally:
            capture.release()


def _open(cv2: Any, settings: OpenCvSource) -> Any:
    device = settings.device
    if isinstance(device, str) and "://" in device:
        timeouts = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            OPEN_MILLISECONDS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            READ_MILLISECONDS,
        ]
        capture = cv2.VideoCapture(device, cv2.CAP_FFMPEG, timeouts)
    else:
        capture = cv2.VideoCapture(device)
    if not capture.isOpened():
        raise SourceError(f"OpenCV cannot open {_without_password(device)}; correct source.device")
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    if settings.width is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    if settings.height is not None:
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    return capture


def _jpeg(cv2: Any, capture: Any, settings: OpenCvSource) -> bytes:
    """The frame grabbed last; one wider than wanted is scaled down."""
    retrieved, image = capture.retrieve()
    if not retrieved:
        raise SourceError("a frame cannot be decoded")
    height, width = image.shape[:2]
    if settings.width is not None and width > settings.width:
        size = settings.width, max(1, round(height * settings.width / width))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    encoded, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, settings.quality])
    if not encoded:
        raise SourceError("a frame cannot be encoded")
    return bytes(jpeg)


def _without_password(device: int | str) -> str:
    return re.sub(r"//[^/@]*@", "//", str(device))
