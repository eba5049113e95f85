"""The demo's gallery and its camera frames, made from the photos that set-up fetched."""

import shutil
from pathlib import Path

import cv2
from cv2.typing import MatLike

WIDTH, HEIGHT = 1280, 720
JPEG_QUALITY = 88

GALLERY = {
    "Authorised/Barack Obama/portrait.jpg": "obama.jpg",
    "Authorised/Barack Obama/smiling.jpg": "obama3.jpg",
    "Restricted/Joe Biden.jpg": "biden.jpg",
}


def make_gallery(photos: Path, gallery: Path) -> None:
    """Photos as people keep them: a file or a folder for each person, in two groups."""
    for key, photo in GALLERY.items():
        target = gallery / key
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copyfile(photos / photo, target)


def make_frames(photos: Path, frames: Path) -> list[Path]:
    """What a door camera might see, a picture each; none of them is a photo of the gallery."""
    frames.mkdir(parents=True, exist_ok=True)
    made = []
    for number, (name, scene) in enumerate(_scenes(photos).items(), start=1):
        target = frames / f"{number:02}-{name}.jpg"
        encoded, jpeg = cv2.imencode(".jpg", scene, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert encoded
        target.write_bytes(jpeg.tobytes())
        made.append(target)
    for stale in set(frames.glob("*.jpg")) - set(made):
        stale.unlink()
    return made


def _scenes(photos: Path) -> dict[str, MatLike]:
    def read(name: str) -> MatLike:
        image = cv2.imread(str(photos / name))
        assert image is not None, name
        return image

    obama, hopper, collins = read("obama2.jpg"), read("grace_hopper.jpg"), read("astronaut.png")
    biden = _darker(cv2.flip(read("biden.jpg"), 1))
    return {
        "nobody": _frame(read("coffee.png")),
        "obama": _frame(obama),
        "hopper": _frame(hopper),
        "cat": _frame(read("chelsea.png")),
        "biden": _frame(biden),
        "collins": _frame(collins),
        "obama-and-biden": _frame(obama, biden),
    }


def _darker(image: MatLike) -> MatLike:
    return cv2.convertScaleAbs(image, alpha=0.75, beta=5)


def _frame(*pictures: MatLike) -> MatLike:
    """Side by side before a blurred background of the first."""
    frame = cv2.GaussianBlur(cv2.resize(pictures[0], (WIDTH, HEIGHT)), (0, 0), 40)
    column = WIDTH // len(pictures)
    for index, picture in enumerate(pictures):
        scale = min(column / picture.shape[1], HEIGHT / picture.shape[0])
        fitted = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left = index * column + (column - fitted.shape[1]) // 2
        top = (HEIGHT - fitted.shape[0]) // 2
        frame[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted
    return frame
