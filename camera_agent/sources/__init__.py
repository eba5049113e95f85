"""Where frames come from: one Protocol, one small module for each kind, imported when it is opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from camera_agent.pace import Pace
from camera_agent.settings import CommandSource, FolderSource, OpenCvSource, PiCameraSource


class SourceError(Exception):
    """A source that cannot be opened or gave up. The text says what to do where something can be done."""


@dataclass(frozen=True, slots=True)
class Captured:
    """One JPEG as it left the camera. `captured_at` is the wall clock, in UTC."""

    jpeg: bytes
    captured_at: datetime


class Source(Protocol):
    """A stream of JPEGs at the pace it was opened with.

    `replay` says that every picture counts: none is dropped, and after the last one the work is done.
    """

    @property
    def replay(self) -> bool: ...

    def frames(self) -> Iterator[Captured]:
        """Blocks for each next frame and ends after `stop`. Raises SourceError."""
        ...

    def stop(self) -> None:
        """Ends `frames` soon. Returns at once; for another thread to call."""
        ...

    def close(self) -> None:
        """Lets go of the camera, which may take a second or two."""
        ...


def open_source(settings: FolderSource | CommandSource | PiCameraSource | OpenCvSource, pace: Pace) -> Source:
    """Raises SourceError."""
    match settings:
        case FolderSource():
            from camera_agent.sources.folder import Folder

            return Folder(settings, pace)
        case CommandSource():
            from camera_agent.sources.command import Command

            return Command(settings, pace)
        case PiCameraSource():
            from camera_agent.sources.picamera import PiCamera

            return PiCamera(settings, pace)
        case OpenCvSource():
            from camera_agent.sources.opencv import open_capture

            return open_capture(settings, pace)
