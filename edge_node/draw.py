"""Pictures with a box around each face and a name at it: green authorised, red restricted, amber unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from broker.messages import EventType
from edge_node.faces import Box, Face, Image
from edge_node.lettering import legible, shortened, width_of, write

Colour = tuple[int, int, int]

UNKNOWN = "unknown"
BLACK: Colour = (0, 0, 0)
WHITE: Colour = (255, 255, 255)
COLOURS: dict[EventType, tuple[Colour, Colour]] = {
    EventType.AUTHORISED: ((80, 160, 30), WHITE),
    EventType.RESTRICTED: ((45, 40, 205), WHITE),
    EventType.UNKNOWN: ((0, 180, 255), BLACK),
}
"""BGR of the box, and of the letters on it. Amber is too light for white ones."""

LINE_SHARE, LETTER_SHARE, SMALL_LETTER_SHARE = 1 / 320, 1 / 30, 1 / 90
"""Of the picture's shorter side: width of lines, and size of letters at most and at least."""
FACE_LINE_SHARE, FACE_LETTER_SHARE = 1 / 16, 1 / 4
"""Of a face's height: lines and letters no larger than that, as far as they can still be seen."""
MIN_LINE, MIN_LETTER = 2, 12
"""Pixels; what is smaller cannot be read."""
STRIP, BASELINE = 1.35, 1.02
"""Height of the strip that a name stands on, and where in it its letters stand; in sizes of the letters."""


@dataclass(frozen=True, slots=True)
class Label:
    """otherwise: ASCII, instead of a name in letters that cannot be drawn. note: ASCII, after the name."""

    box: Box
    event_type: EventType
    name: str
    otherwise: str
    note: str = ""


def label(face: Face) -> Label:
    """The name and the similarity of who was recognised, or why a face is too poor for it."""
    match, box = face.match, face.seen.detection.box
    if match.person is None or match.similarity is None:
        note = f"({face.seen.fault.replace('_', ' ')})" if face.seen.fault else ""
        return Label(box, match.event_type, UNKNOWN, UNKNOWN, note)
    return Label(box, match.event_type, match.person.name, match.person.id, f"{match.similarity:.2f}")


def draw(image: Image, labels: Sequence[Label]) -> Image:
    """A new picture of the same size. Lines and letters scale with it, and names stay inside it.

    For one thread at a time: OpenCV keeps drawn letters.
    """
    drawn = image.copy()
    for one in labels:
        _outline(drawn, one.box, COLOURS[one.event_type][0])
    taken = [one.box for one in labels]
    for one in labels:
        taken.append(_write(drawn, one, taken))
    return drawn


def _outline(image: Image, box: Box, colour: Colour) -> None:
    """Around the box, not on it. A thin dark edge keeps it visible on a background of its own colour."""
    x, y, width, height = box.rounded()
    line = _line_width(box, image)
    out = line // 2
    corners = (x - out, y - out), (x + width + out, y + height + out)
    cv2.rectangle(image, *corners, BLACK, line + 2)
    cv2.rectangle(image, *corners, colour, line)


def _line_width(box: Box, image: Image) -> int:
    shorter: int = min(image.shape[:2])
    return max(MIN_LINE, round(min(shorter * LINE_SHARE, box.height * FACE_LINE_SHARE)))


def _write(image: Image, one: Label, taken: Sequence[Box]) -> Box:
    size = _letter_size(one.box, min(image.shape[:2]))
    padding = max(2, size // 4)
    text = " ".join(filter(None, (legible(one.name, one.otherwise), one.note)))
    text = shortened(text, size, image.shape[1] - 2 * padding)
    strip = _place(one.box, width_of(text, size) + 2 * padding, round(size * STRIP), image, taken)
    colour, letters = COLOURS[one.event_type]
    x, y, width, height = strip.rounded()
    cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), colour, cv2.FILLED)
    write(image, text, x + padding, y + round(size * BASELINE), size, letters)
    return strip


def _letter_size(box: Box, shorter: int) -> int:
    most = max(MIN_LETTER, round(shorter * LETTER_SHARE))
    least = max(MIN_LETTER, round(shorter * SMALL_LETTER_SHARE))
    return min(most, max(least, round(box.height * FACE_LETTER_SHARE)))


def _place(box: Box, width: int, height: int, image: Image, taken: Sequence[Box]) -> Box:
    """Above the box if there is room, else where the strip covers least of other names and of faces."""
    x, y, box_width, box_height = box.rounded()
    edge = _line_width(box, image) + 1
    right, above, below = x + box_width + edge, y - edge - height, y + box_height + edge
    left, middle = x - edge, y + (box_height - height) // 2
    places = (
        (left, above),
        (left, below),
        (right - width, above),
        (right - width, below),
        (right, middle),
        (left - width, middle),
    )
    rows, columns = image.shape[:2]
    strips = [
        Box(max(0, min(x, columns - width)), max(0, min(y, rows - height)), width, height) for x, y in places
    ]
    free = (strip for strip in strips if not _covered(strip, taken))
    return next(free, None) or min(strips, key=lambda strip: _covered(strip, taken))


def _covered(strip: Box, taken: Sequence[Box]) -> float:
    return sum(strip.shared(other) for other in taken)
