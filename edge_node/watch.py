"""What is remembered of a camera's last picture, so that less of the next one need be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_node.faces import Box, Face, Seen
from edge_node.gallery import Gallery
from edge_node.motion import Glance

WHOLE_SECONDS = 1.0
"""While something changes, the whole picture is looked at this often."""
STILL_SECONDS = 5.0
"""While nothing does, this often: what creeps in more slowly than a glance can tell is then seen."""
RECENT_SECONDS = 0.1
"""More often than this nothing is looked at while all faces are settled, however many frames there are."""
MARGIN = 0.05
"""Of the picture's longer side: what is looked at around that which has changed."""
AROUND = 0.5
"""Of a face's height: what is looked at around a face, so that the detector sees it whole."""
MOST = 0.7
"""Of the picture; when more has changed all of it is looked at."""


@dataclass(slots=True)
class Watch:
    """glance: the picture as it was when each part of it was last looked at. looked_at: when the last part
    was; whole_at: when all of it was. is_settled: no face of it was still to be decided.
    is_stirred: something had changed when it was looked at."""

    glance: Glance
    faces: Sequence[Face]
    gallery: Gallery
    looked_at: float
    whole_at: float
    is_settled: bool
    is_stirred: bool

    def is_recent(self, now: float) -> bool:
        """Whether it is too early to look again, whatever may have changed."""
        return 0 <= now - self.looked_at < RECENT_SECONDS

    def is_still(self, glance: Glance, now: float) -> bool:
        """Whether nothing has changed since; the same picture again would have the same answers."""
        return 0 <= now - self.whole_at < STILL_SECONDS and glance.changes(self.glance) is None

    def part(self, glance: Glance, now: float) -> tuple[Box | None, list[Seen]]:
        """Where to look, None for everywhere; and the faces that lie beyond, as they were seen."""
        changed = glance.changes(self.glance)
        is_recent = 0 <= now - self.whole_at < WHOLE_SECONDS
        if changed is None or not is_recent or glance.frame_size != self.glance.frame_size:
            return None, []
        width, height = self.glance.frame_size
        part = _around(changed, MARGIN * max(width, height))
        beyond = [face.seen for face in self.faces]
        while touched := [seen for seen in beyond if seen.detection.box.shared(part)]:
            beyond = [seen for seen in beyond if not seen.detection.box.shared(part)]
            for seen in touched:
                part = _union(part, _around(seen.detection.box, AROUND * seen.detection.box.height))
        if part.shared(Box(0, 0, width, height)) > MOST * width * height:
            return None, []
        return part, beyond


def _around(box: Box, pixels: float) -> Box:
    return Box(box.x - pixels, box.y - pixels, box.width + 2 * pixels, box.height + 2 * pixels)


def _union(one: Box, other: Box) -> Box:
    left, top = min(one.x, other.x), min(one.y, other.y)
    right = max(one.x + one.width, other.x + other.width)
    bottom = max(one.y + one.height, other.y + other.height)
    return Box(left, top, right - left, bottom - top)
