"""Where on a picture to look, for what, and how hard."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_node.faces import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What is asked of a detector; it may find more than that.

    within: the part of the picture, None for all of it. min_face: height in pixels of the least face that
    matters, 0 for whatever can be found. known: boxes of faces that need no second look. max_pixels: how many
    may be looked at in tiles for faces that are too small on the whole picture, 0 for none.
    """

    within: Box | None = None
    min_face: int = 0
    known: Sequence[Box] = ()
    max_pixels: int = 0

    def covers(self, box: Box) -> bool:
        """Whether the middle of the box lies where one is to look."""
        return self.within is None or self.within.contains(box.x + box.width / 2, box.y + box.height / 2)

    def knows(self, box: Box, least_overlap: float) -> bool:
        return any(box.overlap(known) >= least_overlap for known in self.known)


EVERYTHING = Attention()
