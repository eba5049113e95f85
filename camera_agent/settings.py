"""The camera agent's sections of config.yaml.

`docs/config.md` is checked against the strings below each field.
"""

import shlex
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from broker.capture import Fps, Quality, Side
from broker.messages import Id
from broker.settings import BrokerSettings


class FolderSource(Struct, frozen=True, kw_only=True, tag="folder", tag_field="type"):
    """JPEG files sent as they are, for demonstration and tests."""

    path: Path | None = None
    """Folder whose `*.jpg` and `*.jpeg` files are sent, in the order of their names."""
    files: tuple[Path, ...] = ()
    """The files to send, in this order, instead of a folder."""
    loop: bool = True
    """Starts again after the last picture. Otherwise each is sent, none is dropped, and the agent ends."""
    frames_each: Annotated[int, Meta(ge=1, le=100_000)] = 1
    """How many times in a row each picture is sent."""
    test: bool = True
    """Marks the frames, and the events made of them, as a test."""

    def __post_init__(self) -> None:
        if (self.path is None) == (not self.files):
            raise ValueError("expected either path, a folder of JPEG files, or files, a list of them")


class CommandSource(Struct, frozen=True, kw_only=True, tag="command", tag_field="type"):
    """A program that writes JPEG pictures, one after the other, to its standard output."""

    command: str | tuple[str, ...]
    """The program and its arguments: one line, or a list. No shell reads it."""
    test: bool = False
    """Marks the frames, and the events made of them, as a test."""

    def __post_init__(self) -> None:
        if not self.words():
            raise ValueError("expected a program in command")

    def words(self) -> list[str]:
        return shlex.split(self.command) if isinstance(self.command, str) else list(self.command)


class PiCameraSource(Struct, frozen=True, kw_only=True, tag="picamera", tag_field="type"):
    """A Raspberry Pi camera module, by picamera2."""

    camera: Annotated[int, Meta(ge=0, le=15)] = 0
    """Number of the camera, as `rpicam-hello --list-cameras` counts them."""
    width: Side = 1280
    """Pixels across."""
    height: Side = 720
    """Pixels down."""
    quality: Quality = 85
    """JPEG quality where the processor encodes (Pi 5)."""
    bitrate: Annotated[int, Meta(ge=100_000, le=200_000_000)] | None = None
    """Bits a second at 30 frames a second where the hardware encodes (Pi 4 and earlier); picamera2's `HIGH`
    when absent."""
    hflip: bool = False
    """Mirrors left and right; with vflip, turns by 180 degrees."""
    vflip: bool = False
    """Mirrors top and bottom."""
    test: bool = False
    """Marks the frames, and the events made of them, as a test."""


class OpenCvSource(Struct, frozen=True, kw_only=True, tag="opencv", tag_field="type"):
    """Whatever OpenCV opens: a webcam, an RTSP camera, a video file. Needs the extra `opencv`."""

    device: Annotated[int, Meta(ge=0, le=63)] | Annotated[str, Meta(min_length=1)]
    """Number of a webcam, address of a stream, or name of a video file."""
    width: Side | None = None
    """Pixels across: asked of a webcam, and what comes wider is scaled down; as it comes when absent."""
    height: Side | None = None
    """Pixels down to ask a webcam for."""
    quality: Quality = 85
    """JPEG quality."""
    loop: bool = True
    """Starts a video file again after its end. Otherwise it is sent once, and the agent ends."""
    test: bool = False
    """Marks the frames, and the events made of them, as a test."""


class CameraSettings(Struct, frozen=True, kw_only=True):
    """One camera: a device in topics and events."""

    source: FolderSource | CommandSource | PiCameraSource | OpenCvSource
    """Where the frames come from."""
    fps: Fps = 5.0
    """Frames sent a second, at most."""
    username: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    """User name at the broker. Default: the device's id with a `password_file` here, else the broker's."""
    password_file: Path | None = None
    """File whose first line is this camera's password."""

    def broker_for(self, device: str, broker: BrokerSettings) -> BrokerSettings:
        """The broker as this camera logs in to it. Who has a password and no name is named as the device.

        Raises OSError for an unreadable password file.
        """
        username = self.username or (broker.username if self.password_file is None else None)
        own = msgspec.structs.replace(broker, password_file=self.password_file or broker.password_file)
        if username is None and own.password() is not None:
            username = device
        return msgspec.structs.replace(own, username=username)


class AgentConfig(Struct, frozen=True, kw_only=True):
    """All that `camera-agent` reads from config.yaml."""

    broker: BrokerSettings = BrokerSettings()
    cameras: dict[Id, CameraSettings] = msgspec.field(default_factory=dict)
