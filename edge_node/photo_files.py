"""What a command line names: photos, folders of photos, and patterns that no shell has filled in."""

from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (".jpg", ".jpeg")


def photo_files(named: Iterable[Path]) -> list[Path]:
    """Every photo in the order of the names; of a folder all JPEGs at any depth, by name.

    What names nothing stays as it is, so that whoever opens it can say so.
    """
    return [file for name in named for file in list(_files(name)) or [name]]


def _files(name: Path) -> Iterator[Path]:
    if name.is_dir():
        yield from sorted(file for file in name.rglob("*") if _is_photo(file))
    elif not name.exists() and any(sign in str(name) for sign in "*?["):
        yield from photo_files(sorted(Path(name.anchor).glob(str(name.relative_to(name.anchor)))))


def _is_photo(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and file.is_file()
