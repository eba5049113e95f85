"""What the mirror of a bucket holds: one JSON file, `{key: etag, size, reason}`."""

from pathlib import Path

import msgspec
from msgspec import Struct

from edge_node import durable


class Entry(Struct, frozen=True, kw_only=True):
    """One object as it was last fetched. reason: why there is no photo of it.

    to_fetch: the reason lies in the way here and not in the object.
    """

    etag: str
    size: int
    reason: str | None = None
    to_fetch: bool = False


class Index(Struct, frozen=True, kw_only=True):
    """source: the bucket and prefix that this mirrors. missing, polls: photos that the listing lacks, as a
    hash, and how often in a row it was the same, while a mass deletion waits to be believed."""

    source: str
    entries: dict[str, Entry] = {}
    missing: str = ""
    polls: int = 0


def load(path: Path, source: str) -> Index | None:
    """None when it is absent or odd: the mirror is then filled anew. Another source's counts as empty."""
    try:
        index = msgspec.json.decode(path.read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return index if index.source == source else Index(source=source)


def save(path: Path, index: Index) -> None:
    durable.write(path, [msgspec.json.encode(index)])
