"""JPEGs put into folders: readable by nobody else, and never in the place of another file."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700


class AlbumError(Exception):
    """A picture that cannot be written."""


def keep(jpeg: bytes, folder: Path, stem: str) -> Path:
    """Writes `<stem>.jpg`, or `<stem>-2.jpg` and on if another picture has that name. Raises AlbumError.

    The same picture is kept once, however often it comes.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        return next(path for path in _paths(folder, stem) if _is_written(path, jpeg))
    except OSError as error:
        raise AlbumError(f"{error}; expected a folder that this user may write") from error


def _paths(folder: Path, stem: str) -> Iterator[Path]:
    yield folder / f"{stem}.jpg"
    yield from (folder / f"{stem}-{number}.jpg" for number in count(2))


def _is_written(path: Path, jpeg: bytes) -> bool:
    """Whether the picture is there, now or already; not if the name is another's."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    except FileExistsError:
        return path.is_file() and path.read_bytes() == jpeg
    with os.fdopen(descriptor, "wb") as file:
        file.write(jpeg)
    return True
