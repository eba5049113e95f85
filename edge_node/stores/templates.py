"""What enrolment found, kept in one file: SHA-256 of the rest, then MessagePack. No pickle."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from broker.messages import EventType
from edge_node import durable
from edge_node.faces import Vectors
from edge_node.gallery import Enrolment

log = logging.getLogger(__name__)

_DIGEST_BYTES = 32
_UNIT_TOLERANCE = 1e-3


class _Row(Struct, frozen=True, array_like=True):
    key: str
    group: EventType
    person: str
    fingerprint: str
    digest: str
    reason: str | None


class _Contents(Struct, frozen=True, kw_only=True):
    """vectors: float32, little-endian, one after the other, for the rows without a reason."""

    model: str
    dimension: Annotated[int, Meta(ge=1, le=65_536)]
    rows: list[_Row]
    vectors: bytes


class TemplateFile:
    """Enrolments by one model. Photos without a usable face are kept too, so as not to look again."""

    def __init__(self, path: Path, *, model: str, dimension: int) -> None:
        self._path = path
        self._model = model
        self._dimension = dimension

    def load(self) -> list[Enrolment]:
        """Nothing when the file is absent, of another model, or odd in any way: photos are enrolled anew."""
        try:
            return self._parsed(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s is not used, photos are enrolled anew: %s", self._path, error)
            return []

    def save(self, enrolments: Sequence[Enrolment]) -> None:
        """Atomic, mode 0600. What could not even be read is not kept."""
        kept = [one for one in enrolments if one.digest]
        vectors = [one.template for one in kept if one.template is not None]
        contents = _Contents(
            model=self._model,
            dimension=self._dimension,
            rows=[_Row(o.key, o.group, o.person, o.fingerprint, o.digest, o.reason) for o in kept],
            vectors=np.stack(vectors).astype("<f4").tobytes() if vectors else b"",
        )
        payload = msgspec.msgpack.encode(contents)
        durable.make_folder(self._path.parent)
        durable.write(self._path, [hashlib.sha256(payload).digest(), payload])

    def _parsed(self, data: bytes) -> list[Enrolment]:
        digest, payload = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        if hashlib.sha256(payload).digest() != digest:
            raise ValueError("its checksum is wrong")
        contents = msgspec.msgpack.decode(payload, type=_Contents)
        if (contents.model, contents.dimension) != (self._model, self._dimension):
            raise ValueError(f"it was made by {contents.model}, this is {self._model}")
        useful = sum(row.reason is None for row in contents.rows)
        vectors: Vectors = np.frombuffer(contents.vectors, dtype="<f4").reshape(useful, self._dimension)
        if not np.all(np.abs(np.linalg.norm(vectors, axis=1) - 1) < _UNIT_TOLERANCE):
            raise ValueError("it holds vectors that are not of unit length")
        rest = iter(vectors)
        return [
            Enrolment(
                row.key,
                row.group,
                row.person,
                row.fingerprint,
                row.digest,
                next(rest) if row.reason is None else None,
                row.reason,
            )
            for row in contents.rows
        ]
