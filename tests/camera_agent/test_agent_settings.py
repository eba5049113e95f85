from pathlib import Path

import pytest

from broker.config import load
from broker.errors import ConfigError
from broker.settings import BrokerSettings
from camera_agent.settings import (
    AgentConfig,
    CameraSettings,
    CommandSource,
    FolderSource,
    OpenCvSource,
    PiCameraSource,
)


def read(tmp_path: Path, text: str) -> AgentConfig:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return load(file, AgentConfig)


def test_all_kinds_of_source(tmp_path: Path) -> None:
    config = read(
        tmp_path,
        """
cameras:
  a: {source: {type: folder, path: pictures, frames_each: 3}, fps: 2}
  b: {source: {type: command, command: rpicam-vid --codec mjpeg -o -}}
  c: {source: {type: command, command: [ffmpeg, -i, a file]}}
  d: {source: {type: picamera, hflip: true, vflip: true}}
  e: {source: {type: opencv, device: 0}}
  f: {source: {type: opencv, device: "rtsp://10.0.0.2/main"}}
""",
    )
    sources = [camera.source for camera in config.cameras.values()]
    assert sources[0] == FolderSource(path=tmp_path / "pictures", frames_each=3)
    assert isinstance(sources[1], CommandSource)
    assert sources[1].words() == ["rpicam-vid", "--codec", "mjpeg", "-o", "-"]
    assert isinstance(sources[2], CommandSource)
    assert sources[2].words() == ["ffmpeg", "-i", "a file"]
    assert sources[3] == PiCameraSource(hflip=True, vflip=True)
    assert sources[4:] == [OpenCvSource(device=0), OpenCvSource(device="rtsp://10.0.0.2/main")]
    assert [source.test for source in sources] == [True, False, False, False, False, False]
    assert [camera.fps for camera in config.cameras.values()] == [2.0, 5.0, 5.0, 5.0, 5.0, 5.0]


def test_every_fault_with_its_line(tmp_path: Path) -> None:
    text = """
cameras:
  Front: {source: {type: folder, path: x}}
  a: {source: {type: foldr, path: x}}
  b: {source: {type: folder}}
  c: {source: {type: folder, path: x}, fps: 0}
  d: {source: {type: opencv, device: 1.5}}
  e: {source: {type: command, command: ""}}
  f: {source: {type: folder, path: x}, fsp: 3}
  g: {fps: 3}
"""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    faults = [fault.removeprefix(f"{tmp_path}/config.yaml:") for fault in caught.value.faults]
    assert [int(fault.split(":")[0]) for fault in faults] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "did you mean 'folder'?" in faults[1]
    assert "either path" in faults[2]
    assert "did you mean 'fps'?" in faults[6]
    assert faults[7].endswith("cameras.g.source: missing")


def test_a_camera_with_a_password_logs_in_as_its_device(tmp_path: Path) -> None:
    (tmp_path / "a.password").write_text("secret")
    config = read(
        tmp_path,
        """
broker: {username: everybody, password_file: all}
cameras:
  a: {source: {type: picamera}, password_file: a.password}
  b: {source: {type: picamera}, username: bob}
  c: {source: {type: picamera}}
""",
    )
    logins = {
        device: (broker.username, broker.password_file)
        for device, camera in config.cameras.items()
        for broker in [camera.broker_for(device, config.broker)]
    }
    assert logins == {
        "a": ("a", tmp_path / "a.password"),
        "b": ("bob", tmp_path / "all"),
        "c": ("everybody", tmp_path / "all"),
    }
    assert config.broker == BrokerSettings(username="everybody", password_file=tmp_path / "all")


def test_a_camera_with_systemds_password_logs_in_as_its_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = CameraSettings(source=PiCameraSource())
    assert camera.broker_for("a", BrokerSettings()).username is None
    (tmp_path / "mqtt-password").write_text("secret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert camera.broker_for("a", BrokerSettings()).username == "a"
    assert camera.broker_for("a", BrokerSettings(username="all")).username == "all"
