"""A clip as the camera at a door sends it: somebody walks in, stays and leaves; a stranger crosses behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from bench.scenes import JPEG_QUALITY, Image, read

WIDTH, HEIGHT = 1280, 720
FPS = 15
SECONDS = 24
NOISE = 2.0
"""Standard deviation of the sensor's noise, in grey levels."""
FEATHER = 10
"""Pixels over which a figure's edge fades into the room."""
STRANGER = "a stranger"


class Place(NamedTuple):
    """Left, top, width and height of a face in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Visible:
    """A face that is wholly on the picture and not hidden, and whose it is."""

    name: str
    face: Place


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody cut out of a photo; face: where on the cut-out."""

    name: str
    pixels: Image
    opacity: npt.NDArray[np.float32]
    face: Place

    @classmethod
    def of(cls, name: str, photo: str, face: Place, face_height: int) -> "Figure":
        """face: where on the photo, as large as face_height pixels on the cut-out, with the shoulders."""
        scale = face_height / face.height
        image = cv2.resize(read(photo), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        x, y, width, height = (side * scale for side in face)
        left, top = max(0, int(x - 0.9 * width)), max(0, int(y - 0.6 * height))
        cut = image[top : int(y + 2.2 * height), left : int(x + 1.9 * width)].astype(np.uint8)
        opacity = np.zeros(cut.shape[:2], np.float32)
        opacity[FEATHER:-FEATHER, FEATHER:-FEATHER] = 1
        opacity = np.asarray(cv2.blur(opacity, (FEATHER, FEATHER)), np.float32)
        return cls(name, cut, opacity, Place(x - left, y - top, width, height))

    def paint(self, room: npt.NDArray[np.float32], x: float, y: float) -> Place | None:
        """With the middle of the face at x, y; the face's place if all of it is on the picture."""
        left, top = (
            round(x - self.face.x - self.face.width / 2),
            round(y - self.face.y - self.face.height / 2),
        )
        rows, columns = self.opacity.shape
        on_room = slice(max(top, 0), min(top + rows, HEIGHT)), slice(max(left, 0), min(left + columns, WIDTH))
        if on_room[0].start >= on_room[0].stop or on_room[1].start >= on_room[1].stop:
            return None
        here = tuple(slice(s.start - at, s.stop - at) for s, at in zip(on_room, (top, left), strict=True))
        opacity = self.opacity[here][:, :, None]
        room[on_room] += opacity * (self.pixels[here] - room[on_room])
        face = Place(left + self.face.x, top + self.face.y, self.face.width, self.face.height)
        whole = (
            face.x >= 0 and face.x + face.width <= WIDTH and face.y >= 0 and face.y + face.height <= HEIGHT
        )
        return face if whole else None


def clip(fps: int = FPS) -> Iterator[tuple[float, bytes, list[Visible]]]:
    """Seconds since the start, a JPEG, and the faces on it."""
    room = cv2.GaussianBlur(cv2.resize(read("coffee.png"), (WIDTH, HEIGHT)), (0, 0), 5).astype(np.float32)
    known = Figure.of("Barack Obama", "obama2.jpg", Place(211, 254, 273, 376), 190)
    stranger = Figure.of(STRANGER, "astronaut.png", Place(182, 67, 87, 111), 111)
    noise = np.random.default_rng(1).normal(0, NOISE, (2 * HEIGHT, 2 * WIDTH, 1)).astype(np.float32)
    random = np.random.default_rng(2)
    for number in range(fps * SECONDS):
        at = number / fps
        picture, places = room.copy(), {}
        if 12 <= at <= 17:
            places[stranger.name] = stranger.paint(picture, 1350 - (at - 12) / 5 * 1450, 230)
        if 2 <= at <= 20:
            places[known.name] = known.paint(picture, *_walk(at))
        top, left = random.integers(HEIGHT), random.integers(WIDTH)
        picture += noise[top : top + HEIGHT, left : left + WIDTH]
        pixels = np.clip(picture, 0, 255).astype(np.uint8)
        encoded, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert encoded
        yield at, jpeg.tobytes(), _visible(places)


def _walk(at: float) -> tuple[float, float]:
    """In from the left until 4.5 s, then in place but never still for long, and out from 17.5 s."""
    if at < 4.5:
        return -200 + (at - 2) / 2.5 * 760, 330
    if at > 17.5:
        return 560 + (at - 17.5) / 2.5 * 950, 330
    sway = 12 * np.sin(2 * np.pi * (at - 4.5) / 4) if int(at) % 4 == 0 else 0.0
    return 560 + float(sway), 330


def _visible(places: dict[str, Place | None]) -> list[Visible]:
    found = [Visible(name, place) for name, place in places.items() if place is not None]
    nearest = found[-1].face if len(found) > 1 else None
    return [one for one in found if nearest in (None, one.face) or not _touch(one.face, nearest)]


def _touch(one: Place, other: Place) -> bool:
    across = abs(one.x + one.width / 2 - other.x - other.width / 2) < one.width + other.width
    return across and abs(one.y - other.y) < one.height + other.height
