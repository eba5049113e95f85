"""Frames of the common sizes with one and four real faces."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

ROOT = Path(__file__).parent.parent
PHOTOS = ROOT / "var/photos"
SIZES = {"640x480": (640, 480), "1280x720": (1280, 720), "1920x1080": (1920, 1080)}
PEOPLE = ("obama2.jpg", "astronaut.png", "grace_hopper.jpg", "obama3.jpg")
ENROLLED = {"Barack Obama": "obama.jpg", "Joe Biden": "biden.jpg"}
JPEG_QUALITY = 85


def read(name: str) -> Image:
    image = cv2.imread(str(PHOTOS / name))
    if image is None:
        raise SystemExit(f"no photo {PHOTOS / name}: run ./scripts/test once, it fetches them")
    return image.astype(np.uint8, copy=False)


def frame(size: str, faces: int) -> bytes:
    """A JPEG with so many people side by side before a blurred background."""
    width, height = SIZES[size]
    picture = cv2.GaussianBlur(cv2.resize(read("coffee.png"), (width, height)), (0, 0), 9)
    column = width // faces
    for index, name in enumerate(PEOPLE[:faces]):
        person = read(name)
        scale = min(column / person.shape[1], height / person.shape[0])
        person = cv2.resize(person, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
        left, top = index * column + (column - person.shape[1]) // 2, height - person.shape[0]
        picture[top:, left : left + person.shape[1]] = person
    encoded, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert encoded
    return jpeg.tobytes()
