"""What has changed between two pictures of one camera."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.faces import Box

SAMPLES = 8
"""Across a face, and down; enough to tell two faces apart that are in one place."""
LEAST_CHANGE = 10
LEAST_CHANGE_IN_THE_DARK = 4
"""Grey levels, of 255, in the mean of a block; seven times what noise of 8 a pixel makes of it. Where a block
has less than four times as many, a quarter of what it has."""


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """A picture made an eighth as large, in grey; enough to see that something has changed.

    blocks: height x width. frame_size: width and height of the picture in pixels.
    """

    blocks: npt.NDArray[np.uint8]
    frame_size: tuple[int, int]

    def with_part(self, part: Box, later: "Glance") -> "Glance":
        """This picture with a part of a later one of the same size."""
        if later.frame_size != self.frame_size:
            return later
        across, down = self._block
        rows = slice(max(0, int(part.y / down)), max(0, math.ceil((part.y + part.height) / down)))
        columns = slice(max(0, int(part.x / across)), max(0, math.ceil((part.x + part.width) / across)))
        blocks = self.blocks.copy()
        blocks[rows, columns] = later.blocks[rows, columns]
        return Glance(blocks, self.frame_size)

    @property
    def _block(self) -> tuple[float, float]:
        """Width and height in pixels of the picture."""
        rows, columns = self.blocks.shape
        return self.frame_size[0] / columns, self.frame_size[1] / rows

    def likeness(self, box: Box, earlier: "Glance", earlier_box: Box) -> float:
        """Correlation, -1..1, of what is in a box now with what was in one earlier.

        A face that moves on has 0.9 and more; another one in its place 0.75 at most (six people).
        """
        if self.frame_size != earlier.frame_size:
            return -1.0
        now, then = self.sampled(box), earlier.sampled(earlier_box)
        spread = float(np.sqrt((now**2).sum() * (then**2).sum()))
        return float((now * then).sum()) / spread if spread else -1.0

    def changes(self, earlier: "Glance") -> Box | None:
        """The least rectangle of the picture with all that is not as it was, None when everything is."""
        width, height = self.frame_size
        if self.frame_size != earlier.frame_size:
            return Box(0, 0, width, height)
        least = np.clip(earlier.blocks // 4, LEAST_CHANGE_IN_THE_DARK, LEAST_CHANGE)
        difference = np.abs(self.blocks.astype(np.int16) - earlier.blocks) >= least
        rows, columns = np.flatnonzero(difference.any(axis=1)), np.flatnonzero(difference.any(axis=0))
        if not rows.size:
            return None
        across, down = self._block
        left, top = float(columns[0] * across), float(rows[0] * down)
        return Box(left, top, float((columns[-1] + 1) * across) - left, float((rows[-1] + 1) * down) - top)

    def sampled(self, box: Box) -> npt.NDArray[np.float32]:
        """SAMPLES x SAMPLES grey levels of a box, bilinear, less their mean."""
        width, height = self._block
        places = (np.arange(SAMPLES, dtype=np.float32) + 0.5) / SAMPLES
        rows, columns = self.blocks.shape
        y = np.clip((box.y + places * box.height) / height - 0.5, 0, rows - 1)
        x = np.clip((box.x + places * box.width) / width - 0.5, 0, columns - 1)
        top, left = np.minimum(y.astype(int), rows - 2), np.minimum(x.astype(int), columns - 2)
        down, across = (y - top)[:, None], x - left
        upper = self.blocks[top[:, None], left] * (1 - across) + self.blocks[top[:, None], left + 1] * across
        lower = self.blocks[top[:, None] + 1, left] * (1 - across)
        lower = lower + self.blocks[top[:, None] + 1, left + 1] * across
        levels = upper * (1 - down) + lower * down
        levels -= levels.mean()
        return np.asarray(levels, np.float32)
