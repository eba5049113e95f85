"""Pictures from files, byte for byte."""

import threading
from collections.abc import Iterator
from pathlib import Path

from broker import timestamps
from camera_agent.pace import Pace
from camera_agent.settings import FolderSource
from camera_agent.sources import Captured, SourceError

SUFFIXES = (".jpg", ".jpeg")


class Folder:
    """Reads a file when its turn comes, so that a folder of any size costs one picture of memory."""

    def __init__(self, settings: FolderSource, pace: Pace) -> None:
        self.replay = not settings.loop
        self._settings = settings
        self._pace = pace
        self._stopped = threading.Event()
        self._files = settings.files or _pictures_in(settings.path)

    def frames(self) -> Iterator[Captured]:
        while not self._stopped.is_set():
            for file in self._files:
                jpeg = _read(file)
                for _ in range(self._settings.frames_each):
                    if not self._pace.wait(self._stopped):
                        return
                    yield Captured(jpeg, timestamps.now())
            if self.replay:
                return

    def stop(self) -> None:
        self._stopped.set()

    def close(self) -> None:
        """Nothing is held open between two pictures."""


def _pictures_in(folder: Path | None) -> list[Path]:
    assert folder is not None, "FolderSource has a path where it has no files"
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise SourceError(
            f"folder {folder} cannot be read: {error.strerror}; make it, or correct source.path"
        ) from error
    if not files:
        raise SourceError(f"no *.jpg or *.jpeg in folder {folder}; put some there, or correct source.path")
    return files


def _read(file: Path) -> bytes:
    try:
        jpeg = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from error
    if not jpeg.startswith(b"\xff\xd8\xff"):
        raise SourceError(f"{file} is no JPEG; take it away, or convert it")
    return jpeg
