"""The files of a log, in the order they were written: closed ones with a number and a day, then the open one.

`events.jsonl` is open; `events-000017-2026-01-31.jsonl` is the seventeenth that was closed, with what was
written on that day (UTC). The number is the order, the day is for people: clocks go wrong.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from edge_node.synced import Synced

MARK_BYTES = 131_072
"""A first line longer than this is no event; the mark is of its beginning."""
CHECK_BYTES = 4_096
NEWEST_BYTES = 1_000_000

_Version = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file, as it was when it was listed. The mark stays when the file is renamed; bytes are of whole
    and of torn lines."""

    path: Path
    number: int
    mark: str
    size_bytes: int
    modified: float


class Place(Struct, frozen=True, kw_only=True):
    """How far somebody has read: a number of bytes of the file with this mark. `check` tells whether what was
    read is still there."""

    number: int
    mark: str
    offset: int
    check: str


class LogFiles:
    """The files of one log, for readers; writing them is `edge_node.sinks.rotation`.

    A link is followed once: closed files stand beside the file that it leads to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path = path.resolve()
        self._closed_name = re.compile(
            re.escape(path.stem) + r"-(\d{6,18})-\d{4}-\d\d-\d\d" + re.escape(path.suffix)
        )
        self._marks: dict[_Version, str] = {}

    def closed(self) -> list[tuple[int, Path]]:
        """Numbers and paths, oldest first."""
        return [(number, path) for number, path in self._numbered() if path.is_file()]

    def _numbered(self) -> list[tuple[int, Path]]:
        """What has the name of a closed file, folders too."""
        try:
            paths = list(self.path.parent.iterdir())
        except FileNotFoundError:
            return []
        matches = ((self._closed_name.fullmatch(path.name), path) for path in paths)
        return sorted((int(match[1]), path) for match, path in matches if match)

    def name_for(self, number: int, day: date) -> Path:
        return self.path.with_name(f"{self.path.stem}-{number:06}-{day.isoformat()}{self.path.suffix}")

    def next_number(self) -> int:
        """The one that the open file will have when it is closed."""
        numbered = self._numbered()
        return numbered[-1][0] + 1 if numbered else 1

    def listed(self) -> list[LogFile]:
        """The files that hold a line, oldest first. A rotation meanwhile neither hides nor doubles one."""
        found: list[LogFile] = []
        marks: dict[_Version, str] = {}
        with _opened(self.path) as current:
            seen = set()
            number = 0
            for number, path in self.closed():
                with _opened(path) as file:
                    if file is not None:
                        seen.add(os.fstat(file.fileno()).st_ino)
                        found += self._look(file, path, number, marks)
            if current is not None and os.fstat(current.fileno()).st_ino not in seen:
                found += self._look(current, self.path, number + 1, marks)
        self._marks = marks
        return found

    def read(
        self, place: Place | None, most_lines: int, synced: Synced | None = None
    ) -> tuple[list[bytes], Place | None]:
        """Whole lines after a place, None for the beginning, with the place behind them; never of two files.
        The spaces that the writer puts between them are left out.

        synced: what the writer had on disk before this reads; the lines end there.

        A place in a file that is gone goes on at the oldest one written later; a place whose bytes have
        changed, as after a write that failed, at the beginning of its file. So a line may come twice.
        """
        for file in self._after(place):
            try:
                with file.path.open("rb") as opened:
                    if mark_of(opened) != file.mark:
                        break
                    start = place.offset if place is not None and holds(opened, file, place) else 0
                    closed = file.path != self.path
                    end = None if synced is None else synced.end(opened, is_closed=closed)
                    found = _lines(opened, start, most_lines)
                    lines = [line for at, line in found if end is None or at + len(line) <= end]
                    if lines:
                        behind = place_at(opened, file, start + sum(map(len, lines)))
                        return [*map(unpadded, lines)], behind
                    if end is not None and end < file.size_bytes:
                        break
            except FileNotFoundError:
                break
        return [], place

    def _after(self, place: Place | None) -> list[LogFile]:
        files = self.listed()
        if place is None:
            return files
        for index, file in enumerate(files):
            if file.mark == place.mark:
                return files[index:]
        if self.next_number() < place.number:
            return files
        return [file for file in files if file.number >= place.number]

    def newest(self, synced: Synced | None = None) -> list[bytes]:
        """The last lines of the newest file, the newest first, as `read` gives them; a megabyte at most.
        Raises OSError."""
        files = self.listed()
        if not files:
            return []
        file = files[-1]
        with file.path.open("rb") as opened:
            if mark_of(opened) != file.mark:
                return []
            end = None if synced is None else synced.end(opened, is_closed=file.path != self.path)
            end = file.size_bytes if end is None else end
            start = max(0, end - NEWEST_BYTES)
            found = [line for at, line in _lines(opened, start, None) if at + len(line) <= end]
            return [unpadded(line) for line in reversed(found[1:] if start else found)]

    def end(self) -> Place | None:
        """The place behind all that there is; None while there is nothing."""
        files = self.listed()
        if not files:
            return None
        with files[-1].path.open("rb") as opened:
            size = sum(len(line) for _, line in _lines(opened, 0, None))
            return place_at(opened, files[-1], size)

    def _look(self, file: BinaryIO, path: Path, number: int, marks: dict[_Version, str]) -> list[LogFile]:
        found = os.fstat(file.fileno())
        version = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
        mark = self._marks.get(version) or mark_of(file)
        if mark is None:
            return []
        marks[version] = mark
        return [LogFile(path, number, mark, found.st_size, found.st_mtime)]


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO | None]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file


def lines_of(file: LogFile, start: int) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes of each whole line from there on. Raises FileNotFoundError if it is gone or moved."""
    with file.path.open("rb") as opened:
        if mark_of(opened) != file.mark:
            raise FileNotFoundError(file.path)
        yield from _lines(opened, start, None)


def unpadded(line: bytes) -> bytes:
    """Without the spaces that the writer puts between lines."""
    return line.strip(b" \n") + b"\n"


def holds(opened: BinaryIO, file: LogFile, place: Place) -> bool:
    """Whether what was read up to this place is still in the file."""
    return place.mark == file.mark and _check(opened, place.offset) == place.check


def place_at(opened: BinaryIO, file: LogFile, offset: int) -> Place:
    return Place(number=file.number, mark=file.mark, offset=offset, check=_check(opened, offset))


def _lines(opened: BinaryIO, start: int, most: int | None) -> Iterator[tuple[int, bytes]]:
    opened.seek(start)
    for number, line in enumerate(opened):
        if number == most or not line.endswith(b"\n"):
            return
        yield start, line
        start += len(line)


def mark_of(file: BinaryIO) -> str | None:
    """Made of the first line; None while there is no whole one."""
    file.seek(0)
    line = file.readline(MARK_BYTES)
    if not line.endswith(b"\n") and len(line) < MARK_BYTES:
        return None
    return blake2b(line, digest_size=16).hexdigest()


def _check(opened: BinaryIO, offset: int) -> str:
    start = max(0, offset - CHECK_BYTES)
    opened.seek(start)
    return blake2b(opened.read(offset - start), digest_size=16).hexdigest()
