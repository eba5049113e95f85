"""Templates that can be searched, and the plain way to do it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

import numpy as np
import numpy.typing as npt

from edge_node.faces import Vectors

Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
Template = npt.NDArray[np.float32]


class Nearest(NamedTuple):
    """People by index, ascending and each once, and the cosine to the best template of each."""

    people: Indices
    similarities: Vectors


class Search(Protocol):
    """Answers exactly; an implementation may leave out people who cannot matter."""

    def nearest(self, probes: Vectors) -> list[Nearest]:
        """One answer a finite probe: at least the best two people and the best restricted one."""
        ...

    def vectors(self) -> Vectors:
        """All templates; from a large gallery a copy of everything."""
        ...


SearchBuilder = Callable[[Sequence[Template], Indices, Flags], Search]
"""Takes templates, for each the index of its person, ascending, and for each person: restricted or not."""


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One matrix product over float32; the fastest there is for some ten thousand templates."""

    templates: Vectors
    starts: Indices

    @classmethod
    def of(cls, templates: Sequence[Template], owners: Indices, restricted: Flags) -> Self:
        stacked = np.stack(templates) if len(templates) else np.empty((0, 0), dtype=np.float32)
        return cls(stacked, np.searchsorted(owners, np.arange(len(restricted))))

    def nearest(self, probes: Vectors) -> list[Nearest]:
        everybody = np.arange(len(self.starts))
        people = np.maximum.reduceat(self.templates @ probes.T, self.starts, axis=0)
        return [Nearest(everybody, similarities) for similarities in people.T]

    def vectors(self) -> Vectors:
        return self.templates
