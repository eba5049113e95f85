"""A large gallery's float32 templates on disk, where they are looked up a few at a time."""

import logging
import os
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from edge_node import durable
from edge_node.faces import Vectors
from edge_node.search import Flags, Indices, Product, Search, SearchBuilder, Template

log = logging.getLogger(__name__)

COMPACT_FROM = 50_000
"""Templates; below, the plain product takes a few milliseconds and some ten megabytes."""


class VectorFile:
    """Rows of float32 in a file without a name: it is gone when the object or the process is.

    Read with pread rather than mapped: pages of a map would count as resident and stay.
    """

    def __init__(self, descriptor: int, rows: int, dimension: int) -> None:
        self._descriptor = descriptor
        self._rows = rows
        self._dimension = dimension
        weakref.finalize(self, os.close, descriptor)

    @classmethod
    def of(cls, folder: Path, templates: Sequence[Template]) -> Self:
        """Raises OSError when the folder cannot be written or is full."""
        durable.make_folder(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            for template in templates:
                file.write(template.astype("<f4", copy=False).tobytes())
            file.flush()
            return cls(os.dup(file.fileno()), len(templates), len(templates[0]))

    def __len__(self) -> int:
        return self._rows

    def __getitem__(self, rows: slice | Indices, /) -> Vectors:
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(self._rows)
            return self._read(start, stop - start)
        return np.concatenate([self._read(int(row), 1) for row in rows])

    def _read(self, start: int, count: int) -> Vectors:
        width = 4 * self._dimension
        data = os.pread(self._descriptor, count * width, start * width)
        return np.frombuffer(data, dtype="<f4").reshape(count, self._dimension)


def search_in(folder: Path) -> SearchBuilder:
    """What suits the size of a gallery; a large one keeps its templates in a file of `folder`."""

    def build(templates: Sequence[Template], owners: Indices, restricted: Flags) -> Search:
        if len(templates) < COMPACT_FROM:
            return Product.of(templates, owners, restricted)
        from edge_node.compact import Compact  # loading it takes 0.2 s

        try:
            return Compact.of(VectorFile.of(folder, templates), owners, restricted)
        except OSError as error:
            log.warning("templates stay in memory, there is no room for them in %s: %s", folder, error)
            return Product.of(templates, owners, restricted)

    return build
