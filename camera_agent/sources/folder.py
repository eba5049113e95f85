"""Pictures from files, byte for byte."""

import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from broker import timestamps
from camera_agent.pace import Pace
from camera_agent.settings import FolderSource
from camera_agent.sources import Captured, SourceError

log = logging.getLogger(__name__)

SUFFIXES = (".jpg", ".jpeg")


class Folder:
    """Reads a file when its turn comes, so that a folder of any size costs one picture of memory.

    A file that cannot be sent is skipped with a warning, as long as another can.
    """

    def __init__(self, settings: FolderSource, pace: Pace) -> None:
        self.replay = not settings.loop
        self._settings = settings
        self._pace = pace
        self._stopped = threading.Event()
        self._warned: set[Path] = set()
        self._files = settings.files or _pictures_in(settings.path)

    def frames(self) -> Iterator[Captured]:
        while not self._stopped.is_set():
            for jpeg in self._pictures():
                for _ in range(self._settings.frames_each):
                    if not self._pace.wait(self._stopped):
                        return
                    yield Captured(jpeg, timestamps.now())
            if self.replay:
                return

    def _pictures(self) -> Iterator[bytes]:
        """Each file once. Raises SourceError, which then stands for all warnings, when none can be sent."""
        is_any_good = False
        faults: dict[Path, SourceError] = {}
        for file in self._files:
            jpeg = None
            try:
                jpeg = _read(file)
            except SourceError as error:
                faults[file] = error
            is_any_good = is_any_good or jpeg is not None
            if is_any_good:
                self._skip(faults)
                faults.clear()
            if jpeg is not None:
                yield jpeg
        if not is_any_good:
            raise SourceError(f"none of the files can be sent: {faults[self._files[0]]}")

    def _skip(self, faults: Mapping[Path, SourceError]) -> None:
        for file, fault in faults.items():
            log.log(logging.DEBUG if file in self._warned else logging.WARNING, "%s; skipped", fault)
            self._warned.add(file)

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
