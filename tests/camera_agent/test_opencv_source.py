import itertools
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from camera_agent.pace import Pace
from camera_agent.settings import OpenCvSource
from camera_agent.sources import SourceError, newest, open_source, opencv
from camera_agent.sources.opencv import Live

cv2: Any = pytest.importorskip("cv2")
np: Any = pytest.importorskip("numpy")

VIDEO_FPS = 20
FRAMES = 20


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One second; each frame is one shade of grey, brighter than the one before."""
    file = tmp_path_factory.mktemp("video") / "ramp.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), VIDEO_FPS, (64, 48))
    for number in range(FRAMES):
        writer.write(np.full((48, 64, 3), 10 + number * 10, np.uint8))
    writer.release()
    return str(file)


def shade(jpeg: bytes) -> int:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (48, 64, 3)
    return round((float(image.mean()) - 10) / 10)


def test_a_video_file_plays_in_real_time_and_ends(video: str) -> None:
    source = open_source(OpenCvSource(device=video, loop=False), Pace(10))
    began = time.monotonic()
    shades = [shade(captured.jpeg) for captured in source.frames()]
    assert shades == list(range(0, FRAMES, 2))
    assert 0.8 < time.monotonic() - began < 6
    assert source.replay


def test_a_video_file_begins_again(video: str) -> None:
    source = open_source(OpenCvSource(device=video), Pace(20))
    shades = [shade(captured.jpeg) for captured in itertools.islice(source.frames(), FRAMES + 3)]
    assert shades == [*range(FRAMES), 0, 1, 2]
    source.stop()
    source.close()


def test_what_is_wider_than_wanted_is_scaled_down_in_its_proportions(video: str) -> None:
    def size(width: int) -> tuple[int, ...]:
        jpeg = next(open_source(OpenCvSource(device=video, width=width), Pace(20)).frames()).jpeg
        return tuple(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape)

    assert size(32) == (24, 32, 3)
    assert size(640) == (48, 64, 3)


class FakeHungCapture:
    """cv2.VideoCapture of a camera whose driver never comes back."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def grab(self) -> bool:
        self.released.wait()
        return False

    def release(self) -> None:
        """Nothing to let go of."""


def test_a_driver_that_hangs_holds_the_cameras_thread_so_that_the_supervisor_sees_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = FakeHungCapture()
    monkeypatch.setattr(opencv, "_open", lambda *_: capture)
    monkeypatch.setattr(newest, "STALL_SECONDS", 0.1)
    source = Live(cv2, OpenCvSource(device=0), Pace(60))
    with pytest.raises(SourceError, match="no frame for 0 s"):
        next(source.frames())
    closing = threading.Thread(target=source.close)
    closing.start()
    closing.join(1.5)
    assert closing.is_alive()
    capture.released.set()
    closing.join(15)
    assert not closing.is_alive()


def test_a_camera_is_read_as_fast_as_it_gives_and_its_end_is_an_error(video: str) -> None:
    source = Live(cv2, OpenCvSource(device=video), Pace(60))
    shades: list[int] = []
    with pytest.raises(SourceError, match="gives no more frames"):
        shades.extend(shade(captured.jpeg) for captured in source.frames())
    source.stop()
    source.close()
    assert shades == sorted(set(shades))
    assert len(shades) < FRAMES


def test_a_missing_file_or_camera_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"there is no file .*gone\.avi"):
        open_source(OpenCvSource(device=str(tmp_path / "gone.avi")), Pace(5))
    with pytest.raises(SourceError, match=r"OpenCV cannot open 63; correct source\.device"):
        open_source(OpenCvSource(device=63), Pace(5))


def test_a_password_in_an_address_is_not_shown() -> None:
    with pytest.raises(SourceError) as caught:
        open_source(OpenCvSource(device="rtsp://ann:secret@127.0.0.1:9/main"), Pace(5))
    assert "secret" not in str(caught.value)
    assert "rtsp://127.0.0.1:9/main" in str(caught.value)


def test_without_opencv_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SourceError, match=r"pip install '\.\[opencv\]'"):
        open_source(OpenCvSource(device=0), Pace(5))
