"""Files that are whole or absent after a power cut, and readable by nobody else: they hold faces."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

FOLDER_MODE = 0o700
TEMPORARY = ".part"


def make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    folder.chmod(FOLDER_MODE)


def write(path: Path, chunks: Iterable[bytes]) -> None:
    """Replaces the file in one step: temporary, fsync, rename, fsync of the folder. Its mode is 0600.

    What `chunks` raises leaves the old file as it was.
    """
    descriptor, name = tempfile.mkstemp(suffix=TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
