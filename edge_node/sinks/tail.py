"""The last lines of a log, without reading the rest."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

_BLOCK_BYTES = 1_000_000


def last_lines(paths: Sequence[Path], most: int) -> Iterator[bytes]:
    """The last whole lines of files that follow each other, oldest first, without spaces and newline."""
    places: list[tuple[Path, int]] = []
    for path in reversed(paths):
        with path.open("rb") as file:
            offset, found = _place_of(file, most)
        places.append((path, offset))
        most -= found
        if not most:
            break
    for path, offset in reversed(places):
        with path.open("rb") as file:
            file.seek(offset)
            yield from (line.strip() for line in file if line.endswith(b"\n"))


def _place_of(file: BinaryIO, most: int) -> tuple[int, int]:
    """Where the last lines begin, and how many there are."""
    end, found = file.seek(0, os.SEEK_END), 0
    while end:
        start = max(0, end - _BLOCK_BYTES)
        file.seek(start)
        block = file.read(end - start)
        in_block = block.count(b"\n")
        if found + in_block > most:
            newline = -1
            for _ in range(found + in_block - most):
                newline = block.index(b"\n", newline + 1)
            return start + newline + 1, most
        found, end = found + in_block, start
    return 0, found
