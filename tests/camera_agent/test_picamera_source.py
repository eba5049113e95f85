import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from broker.capture import Capture
from broker.publication import Publication
from broker.topics import Topics
from camera_agent.camera import Camera
from camera_agent.pace import Pace
from camera_agent.settings import CameraSettings, PiCameraSource
from camera_agent.sources import SourceError, open_source
from camera_agent.sources.picamera import captured_at
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

JPEG = b"\xff\xd8\xff a picture"


class FakeOutput:
    """picamera2.outputs.Output: `outputframe(frame, keyframe, timestamp, packet, audio)` for each frame."""


class FakeEncoder:
    """picamera2.encoders.Encoder: public `firsttimestamp` (microseconds of the first SensorTimestamp) and
    `frame_skip_count` (encodes every nth frame); hands frames over positionally on a thread of its own."""

    def __init__(self, *, bitrate: int | None = None, q: int | None = None) -> None:
        self.bitrate, self.q = bitrate, q
        self.firsttimestamp: int | None = None
        self.frame_skip_count = 1


class FakeMJPEGEncoder(FakeEncoder):
    """picamera2.encoders.MJPEGEncoder(bitrate=None)."""


class FakeJpegEncoder(FakeEncoder):
    """picamera2.encoders.JpegEncoder(num_threads=4, q=None, ...)."""


class FakePicamera2:
    """picamera2.Picamera2: the calls used, with their documented names and arguments.

    Picamera2(camera_num=0) raises IndexError for a number too high, RuntimeError when the camera is in use;
    create_video_configuration(main, transform, controls); configure(configuration);
    start_recording(encoder, output, pts=None, config=None, quality=None, name=None); stop_recording();
    close(); the attribute `started`.
    """

    opened: "list[FakePicamera2]"
    late_seconds = 0.05

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num > 0:
            raise IndexError("list index out of range")
        self.started = False
        self.closed = False
        self.configuration: dict[str, Any] = {}
        self.quality: Any = None
        self.recorder = threading.Thread(target=self.record)
        self.opened.append(self)

    def create_video_configuration(self, main: Any, transform: Any, controls: Any) -> dict[str, Any]:
        return {"main": main, "transform": transform, "controls": controls}

    def configure(self, camera_config: dict[str, Any]) -> None:
        self.configuration = camera_config

    def start_recording(self, encoder: FakeEncoder, output: Any, quality: Any = None) -> None:
        assert isinstance(output, FakeOutput)
        self.encoder, self.output, self.quality = encoder, output, quality
        self.started = True
        self.recorder.start()

    def record(self) -> None:
        while self.started:
            shown = round((time.clock_gettime(time.CLOCK_BOOTTIME) - self.late_seconds) * 1e6)
            self.encoder.firsttimestamp = self.encoder.firsttimestamp or shown
            offset = shown - self.encoder.firsttimestamp
            self.output.outputframe(memoryview(JPEG), True, offset, None, False)  # type: ignore[attr-defined]
            time.sleep(0.01)

    def stop_recording(self) -> None:
        self.started = False
        self.recorder.join()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Puts picamera2 and libcamera in place: of a board with the hardware encoder, or without."""

    def install(has_hardware: bool) -> None:
        class FakeLibavMjpegEncoder(FakeEncoder):
            """What MJPEGEncoder is another name for where there is no hardware."""

        encoders: Any = ModuleType("picamera2.encoders")
        encoders.LibavMjpegEncoder = FakeLibavMjpegEncoder
        encoders.MJPEGEncoder = FakeMJPEGEncoder if has_hardware else FakeLibavMjpegEncoder
        encoders.JpegEncoder = FakeJpegEncoder
        encoders.Quality = SimpleNamespace(HIGH="high")
        outputs: Any = ModuleType("picamera2.outputs")
        outputs.Output = FakeOutput
        picamera2: Any = ModuleType("picamera2")
        FakePicamera2.opened = []
        picamera2.Picamera2, picamera2.encoders, picamera2.outputs = FakePicamera2, encoders, outputs
        libcamera: Any = ModuleType("libcamera")
        libcamera.Transform = lambda **flips: flips
        for module in (picamera2, encoders, outputs, libcamera):
            monkeypatch.setitem(sys.modules, module.__name__, module)

    return install


@pytest.mark.parametrize("has_hardware", [True, False])
def test_takes_the_encoder_that_gives_each_frame_at_once(
    board: Callable[[bool], None], has_hardware: bool
) -> None:
    board(has_hardware)
    source = open_source(PiCameraSource(quality=70, vflip=True), Pace(60))
    frame = next(source.frames())
    age = datetime.now(UTC) - frame.captured_at
    (camera,) = FakePicamera2.opened
    source.stop()
    source.close()
    assert frame.jpeg == JPEG
    assert timedelta(seconds=0.04) < age < timedelta(seconds=5)
    assert type(camera.encoder) is (FakeMJPEGEncoder if has_hardware else FakeJpegEncoder)
    assert camera.encoder.q == (None if has_hardware else 70)
    assert camera.quality == ("high" if has_hardware else None)
    assert camera.configuration["main"] == {"size": (1280, 720)}
    assert camera.configuration["transform"] == {"hflip": False, "vflip": True}
    assert camera.closed
    assert not camera.started


def test_a_slow_rate_skips_frames_rather_than_exposing_longer(board: Callable[[bool], None]) -> None:
    board(True)
    source = open_source(PiCameraSource(bitrate=4_000_000), Pace(2))
    source.close()
    (camera,) = FakePicamera2.opened
    assert camera.configuration["controls"] == {"FrameDurationLimits": (62500, 62500)}
    assert camera.encoder.frame_skip_count == 8
    assert camera.encoder.bitrate == 4_000_000
    assert camera.quality is None


def test_a_camera_that_is_not_there_is_one_clear_line(board: Callable[[bool], None]) -> None:
    board(True)
    with pytest.raises(SourceError, match=r"Pi camera 1 cannot be opened: .*; `rpicam-hello --list-cameras`"):
        open_source(PiCameraSource(camera=1), Pace(5))


def test_without_picamera2_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    monkeypatch.setitem(sys.modules, "libcamera", ModuleType("libcamera"))
    with pytest.raises(SourceError, match=r"sudo apt install python3-picamera2"):
        open_source(PiCameraSource(), Pace(5))


def test_a_change_of_settings_opens_the_camera_again(
    board: Callable[[bool], None], mosquitto: PrivateBroker, watcher: Watcher
) -> None:
    board(False)
    settings = CameraSettings(source=PiCameraSource(), fps=60)
    camera = Camera("yard", settings, mosquitto.settings, "boot", lambda _bug: None)
    camera.start()
    sizes, qualities = [(1280, 720)], [85]
    topic = Topics().device_settings_set("yard")
    try:
        watcher.wait_for_count("edge/devices/yard/settings", 1)
        for wish in (b'{"width":640}', b'{"quality":50}', b'{"fps":20,"width":1280}', b'{"fps":30}'):
            watcher.session.publish(Publication(topic=topic, payload=wish, qos=1))
            assert eventually(lambda: len(FakePicamera2.opened) == len(sizes) + 1)
            now = FakePicamera2.opened[-1]
            assert eventually(lambda now=now: now.started)  # type: ignore[misc]
            sizes.append(now.configuration["main"]["size"])
            qualities.append(now.encoder.q or 0)
        seen = camera.captured
        assert eventually(lambda: camera.captured > seen)
        # What it is set to is said once at the start and once for each change.
        watcher.wait_for_count("edge/devices/yard/settings", 5)
    finally:
        camera.close()
        camera.join(15)
    assert sizes == [(1280, 720), (640, 360), (640, 360), (1280, 720), (1280, 720)]
    assert qualities == [85, 85, 50, 50, 50]
    assert all(camera.closed for camera in FakePicamera2.opened)
    assert FakePicamera2.opened[-1].configuration["controls"] == {"FrameDurationLimits": (33333, 33333)}
    (said,) = {one.payload for one in watcher.on("edge/devices/yard/settings")[-1:]}
    assert Capture.from_json(said) == Capture(fps=30, width=1280, quality=50)


@pytest.mark.parametrize("sensor_microseconds", [None, 0, 10**18])
def test_an_impossible_sensor_time_is_taken_as_now(sensor_microseconds: int | None) -> None:
    assert abs(datetime.now(UTC) - captured_at(sensor_microseconds)) < timedelta(seconds=5)
