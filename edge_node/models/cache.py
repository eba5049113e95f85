"""Files that are whole or not there: written at once, stamped with their sha256, one writer at a time."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAMP = ".sha256"


@contextmanager
def one_writer(folder: Path, name: str) -> Iterator[None]:
    """Waits until no other process writes the files of that name; made for it, the folder exists."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(path: Path, data: bytes) -> None:
    """The stamp comes last: without it the file does not count. It reads as `sha256sum -c` likes it."""
    _write(path, data)
    _write(_stamp(path), f"{hashlib.sha256(data).hexdigest()}  {path.name}\n".encode())


def is_whole(path: Path) -> bool:
    """Whether the file is there and still what was written."""
    try:
        expected = _stamp(path).read_text("ascii").split(maxsplit=1)
        with path.open("rb") as file:
            return expected[:1] == [hashlib.file_digest(file, "sha256").hexdigest()]
    except (OSError, UnicodeDecodeError):
        return False


def discard(path: Path) -> None:
    _stamp(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _stamp(path: Path) -> Path:
    return path.with_name(path.name + STAMP)


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
