"""What has changed between two pictures of one camera."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_node.faces import Box

CUT = 0.5
"""Of the picture; when more of it has changed, it is another scene."""
LEAST_CHANGE = 10
"""Grey levels, of 255, in the mean of a block; seven times what noise of 8 a pixel makes of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """A picture made an eighth as large, in grey; enough to see that something has changed.

    blocks: height x width. frame_size: width and height of the picture in pixels.
    """

    blocks: npt.NDArray[np.uint8]
    frame_size: tuple[int, int]

    def with_part(self, part: Box, later: "Glance") -> "Glance":
        """This picture with a part of a later one of the same size."""
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

    def is_another_scene(self, earlier: "Glance") -> bool:
        """Whether so much has changed that nothing can be said by its place: a light, a cut, a replay."""
        if self.frame_size != earlier.frame_size:
            return True
        return float(self._differs(earlier).mean()) > CUT

    def changes(self, earlier: "Glance") -> Box | None:
        """The least rectangle of the picture with all that is not as it was, None when everything is."""
        width, height = self.frame_size
        if self.frame_size != earlier.frame_size:
            return Box(0, 0, width, height)
        difference = self._differs(earlier)
        rows, columns = np.flatnonzero(difference.any(axis=1)), np.flatnonzero(difference.any(axis=0))
        if not rows.size:
            return None
        across, down = self._block
        left, top = float(columns[0] * across), float(rows[0] * down)
        return Box(left, top, float((columns[-1] + 1) * across) - left, float((rows[-1] + 1) * down) - top)

    def _differs(self, earlier: "Glance") -> npt.NDArray[np.bool_]:
        differs: npt.NDArray[np.bool_] = np.abs(self.blocks.astype(np.int16) - earlier.blocks) >= LEAST_CHANGE
        return differs
