"""Exact search in a quarter of the memory: 8-bit codes say who may be nearest, float32 rows decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self

import numkong
import numpy as np
import numpy.typing as npt

from edge_node.faces import Vectors
from edge_node.search import Flags, Indices, Nearest

Codes = npt.NDArray[np.int8]
Scores = npt.NDArray[np.int32]

BLOCK_ROWS = 1 << 18
"""So large that the allocator gives a block pages of its own, which leaves no holes and goes back whole."""
_PIECE_ROWS = 1 << 10
_LANE = 64
_LARGEST_CODE = 127
_ROUNDING = 1e-5
"""Of a float32 dot product, as a share of the lengths; generous."""


class Rows(Protocol):
    """The float32 templates, wherever they are kept; an array will do."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice | Indices, /) -> Vectors: ...


@dataclass(frozen=True, slots=True, eq=False)
class Compact:
    """A template is centre + step * code + remainder, a probe likewise without a centre.

    The product of the codes is then the cosine, but for the part of the centre, within an error that the
    lengths of the remainders bound (Cauchy-Schwarz). The rows that seem best are read, and with them all that
    may be as good within this error, and compared in float32: the answer is that of the plain product.

    blocks: codes packed for numkong, one matrix for each of `parts`, which are columns. longest_code,
    longest_remainder: the greatest lengths, in cosines. restricted: the rows of restricted people.
    """

    rows: Rows
    owners: Indices
    restricted: Indices
    blocks: list[list[numkong.PackedMatrix]]
    parts: list[slice]
    centre: Vectors
    step: float
    longest_code: float
    longest_remainder: float

    @classmethod
    def of(cls, rows: Rows, owners: Indices, restricted: Flags) -> Self:
        """Reads the rows twice, a block at a time, and keeps the codes only."""
        centre, step = _range(rows)
        blocks, code_length, remainder_length = [], 0.0, 0.0
        parts = _parts(len(centre))
        for start in range(0, len(rows), BLOCK_ROWS):
            count = min(BLOCK_ROWS, len(rows) - start)
            block = [np.empty((count, part.stop - part.start), np.int8) for part in parts]
            for at in range(0, count, _PIECE_ROWS):
                piece = slice(at, min(at + _PIECE_ROWS, count))
                offsets = rows[start + piece.start : start + piece.stop] - centre
                codes = np.rint(offsets / step).astype(np.int8)
                known = codes * step
                code_length = max(code_length, _longest(known))
                remainder_length = max(remainder_length, _longest(offsets - known))
                for part, part_codes in zip(parts, block, strict=True):
                    part_codes[piece] = codes[:, part]
            blocks.append([numkong.dots_pack(part_codes) for part_codes in block])
        return cls(
            rows=rows,
            owners=owners,
            restricted=np.flatnonzero(restricted[owners]),
            blocks=blocks,
            parts=parts,
            centre=centre,
            step=float(step),
            longest_code=code_length,
            longest_remainder=remainder_length,
        )

    def nearest(self, probes: Vectors) -> list[Nearest]:
        exact = probes.astype(np.float64)
        steps = np.abs(exact).max(axis=1, keepdims=True) / _LARGEST_CODE
        steps[steps == 0] = 1
        codes = np.rint(exact / steps).astype(np.int8)
        errors = self.longest_code * np.linalg.norm(exact - codes * steps, axis=1)
        errors += (self.longest_remainder + _ROUNDING) * np.linalg.norm(exact, axis=1)
        units = self.step * steps[:, 0]
        bases = exact @ self.centre + errors
        return [
            self._compared(probe, self._in_the_running(probe, scores, float(unit), float(base)))
            for probe, scores, unit, base in zip(probes, self._scores(codes), units, bases, strict=True)
        ]

    def vectors(self) -> Vectors:
        return np.concatenate(list(_pieces(self.rows)))

    def _scores(self, probes: Codes) -> Scores:
        scores = np.empty((len(probes), len(self.rows)), np.int32)
        parts = [np.ascontiguousarray(probes[:, part]) for part in self.parts]
        start = 0
        for block in self.blocks:
            part_scores = scores[:, start : start + block[0].width]
            part_scores[:] = numkong.dots_packed(parts[0], block[0])
            for part, packed in zip(parts[1:], block[1:], strict=True):
                part_scores += np.asarray(numkong.dots_packed(part, packed))
            start += block[0].width
        return scores

    @property
    def nbytes(self) -> int:
        """Of the packed codes."""
        return sum(packed.nbytes for block in self.blocks for packed in block)

    def _in_the_running(
        self, probe: npt.NDArray[np.float32], scores: Scores, unit: float, base: float
    ) -> Indices:
        """Every row that may in truth be the best of one of the best two people, or of the restricted.

        base + unit * score: the greatest similarity that a row of that score can have.
        """
        best = int(np.argmax(scores))
        start, stop = np.searchsorted(self.owners, [self.owners[best], self.owners[best] + 1])
        others = [
            at + int(np.argmax(part))
            for at, part in ((0, scores[:start]), (stop, scores[stop:]))
            if len(part)
        ]
        leaders = np.array([best, *sorted(others, key=lambda row: int(scores[row]))[-1:]])
        running = np.flatnonzero(scores >= self._least(probe, leaders, unit, base))
        if len(self.restricted):
            barred = scores[self.restricted]
            leader = self.restricted[[int(np.argmax(barred))]]
            running = np.union1d(running, self.restricted[barred >= self._least(probe, leader, unit, base)])
        return running

    def _least(self, probe: npt.NDArray[np.float32], leaders: Indices, unit: float, base: float) -> float:
        """The score below which no row comes up to the lesser of the leaders."""
        return float(np.floor((float((self.rows[leaders] @ probe).min()) - base) / unit))

    def _compared(self, probe: npt.NDArray[np.float32], running: Indices) -> Nearest:
        parts = [running[start : start + _PIECE_ROWS] for start in range(0, len(running), _PIECE_ROWS)]
        similarities = np.concatenate([self.rows[part] @ probe for part in parts])
        people, starts = np.unique(self.owners[running], return_index=True)
        return Nearest(people, np.maximum.reduceat(similarities, starts))


def _range(rows: Rows) -> tuple[Vectors, np.float32]:
    """The middle of each column, and the step that the widest column needs."""
    bounds = [(block.min(axis=0), block.max(axis=0)) for block in _pieces(rows)]
    least = np.min([low for low, _ in bounds], axis=0)
    most = np.max([high for _, high in bounds], axis=0)
    half = float((most - least).max()) / 2
    return (least + most) / 2, np.float32(half / _LARGEST_CODE or 1)


def _parts(dimension: int) -> list[slice]:
    """The columns in one piece, or in the two that take less: numkong pads rows of some lengths."""
    cuts = [0, *range(_LANE, dimension, _LANE)]
    cut = min(cuts, key=lambda cut: _packed_size(cut) + _packed_size(dimension - cut))
    return [slice(0, cut), slice(cut, dimension)] if cut else [slice(0, dimension)]


def _packed_size(dimension: int) -> int:
    return numkong.PackedMatrix.packed_size(1_000, dimension, dtype="int8") if dimension else 0


def _pieces(rows: Rows) -> Iterator[Vectors]:
    return (rows[start : start + _PIECE_ROWS] for start in range(0, len(rows), _PIECE_ROWS))


def _longest(vectors: Vectors) -> float:
    return float(np.linalg.norm(vectors, axis=1).max())
