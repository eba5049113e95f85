"""Portraits of many photos; each photo is looked at once, as long as the engine stays the same."""

import hashlib
import io
import logging
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from edge_node import durable
from edge_node.engine_settings import EngineSettings
from edge_node.evaluation.portrait import Portrait
from edge_node.faces import Vectors
from edge_node.progress import track

log = logging.getLogger(__name__)

SAVE_EVERY = 500


class PortraitFile:
    """Portraits by the SHA-256 of their photos. One file for each engine with its settings, mode 0600."""

    def __init__(self, folder: Path, *, engine: str, dimension: int, settings: EngineSettings) -> None:
        made_by = hashlib.sha256(engine.encode() + b"\0" + msgspec.json.encode(settings)).hexdigest()
        self._path = folder / f"portraits-{made_by:.16}.npz"
        self._dimension = dimension

    def load(self) -> dict[str, Portrait]:
        """Nothing when there is no file, or when it is damaged: photos are looked at again."""
        try:
            with np.load(io.BytesIO(self._path.read_bytes()), allow_pickle=False) as arrays:
                digests, reasons = arrays["digests"].tolist(), arrays["reasons"].tolist()
                vectors = arrays["vectors"]
            return {
                digest: Portrait(None if reason else vector, reason or None)
                for digest, reason, vector in zip(digests, reasons, vectors, strict=True)
            }
        except FileNotFoundError:
            return {}
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            log.warning("%s is not used, photos are looked at again: %s", self._path, error)
            return {}

    def save(self, portraits: Mapping[str, Portrait]) -> None:
        """What cannot be kept is only logged."""
        data = io.BytesIO()
        np.savez(
            data,
            digests=np.array(list(portraits), dtype=np.str_),
            reasons=np.array([portrait.reason or "" for portrait in portraits.values()], dtype=np.str_),
            vectors=stacked(portraits.values(), self._dimension),
        )
        try:
            durable.make_folder(self._path.parent)
            durable.write(self._path, [data.getvalue()])
        except OSError as error:
            log.warning("portraits are not kept, the next time will take as long: %s", error)


def portray_all(
    paths: Sequence[Path], portray: Callable[[bytes], Portrait], kept: PortraitFile
) -> list[Portrait]:
    """One portrait a photo, in order. portray: what makes one of a photo's bytes."""
    known = kept.load()
    before = len(known)
    portraits = []
    try:
        for path in track(paths, "looking at photos", len(paths)):
            portraits.append(_portrait(path, portray, known))
            if len(known) - before >= SAVE_EVERY:
                kept.save(known)
                before = len(known)
    finally:
        if len(known) > before:
            kept.save(known)
    return portraits


def stacked(portraits: Iterable[Portrait], dimension: int) -> Vectors:
    """A row a portrait; NaN where there is no face."""
    nothing = np.full(dimension, np.nan, np.float32)
    rows = [nothing if portrait.vector is None else portrait.vector for portrait in portraits]
    return np.stack(rows) if rows else np.empty((0, dimension), np.float32)


def _portrait(path: Path, portray: Callable[[bytes], Portrait], known: dict[str, Portrait]) -> Portrait:
    try:
        jpeg = path.read_bytes()
    except OSError:
        return Portrait(None, "unreadable")
    digest = hashlib.sha256(jpeg).hexdigest()
    if digest not in known:
        known[digest] = portray(jpeg)
    return known[digest]
