"""People with faces of 40 to 120 pixels before a camera of 1280x720: the widespread recipe, and ours.

The recipe looks at every second frame, at a quarter of its size, with HOG, and encodes what it finds. Ours is
what the node does: it follows faces, and looks only where something has changed.
"""

import argparse
import time
from collections.abc import Iterator

import cv2
import numpy as np

from bench.footage import HEIGHT, NOISE, WIDTH, Figure, Place
from bench.naive import Naive
from bench.node import LIMITS, node_pipeline
from bench.scenes import JPEG_QUALITY, read
from edge_node.look import look

FACES = {
    "obama.jpg": Place(378, 103, 235, 322),
    "obama2.jpg": Place(211, 254, 273, 376),
    "obama3.jpg": Place(637, 264, 266, 343),
    "biden.jpg": Place(432, 193, 288, 384),
    "astronaut.png": Place(182, 67, 87, 111),
    "grace_hopper.jpg": Place(172, 124, 184, 216),
}
HEIGHTS = (40, 50, 60, 80, 100, 120)
SHRINK, EVERY = 4, 2
FPS = 15
SWAY = 12
"""Pixels by which people move to and fro."""

Corners = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=8, help="of the clip for each height")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    recipe = Naive(shrink=SHRINK)
    print(f"six people, {FPS} fps{'recipe':>22}{'ours':>22}")
    for height in HEIGHTS:
        pipeline = node_pipeline({})
        found, seconds, faces = {"recipe": 0, "ours": 0}, {"recipe": 0.0, "ours": 0.0}, 0
        theirs: list[Corners] = []
        frames = 0
        for frames, (at, jpeg, places) in enumerate(crowd(height, options.seconds), 1):
            began = time.perf_counter()
            if frames % EVERY == 1:
                theirs = [box for _, box in recipe.find(jpeg)]
            middle = time.perf_counter()
            outcome = look(pipeline, "camera", jpeg, at, **LIMITS)
            seconds["ours"] += time.perf_counter() - middle
            seconds["recipe"] += middle - began
            boxes = [face.seen.detection.box for face in outcome.faces]
            ours = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]
            faces += len(places)
            for name, answers in (("recipe", theirs), ("ours", ours)):
                found[name] += sum(any(_holds(box, place) for box in answers) for place in places)
        row = "".join(
            f"{100 * found[name] / faces:9.1f} % {1000 * seconds[name] / frames:6.1f} ms"
            for name in ("recipe", "ours")
        )
        print(f"faces of {height:3} px     {row}", flush=True)


def crowd(height: int, seconds: float) -> Iterator[tuple[float, bytes, list[Place]]]:
    """Seconds since the start, a JPEG, and six faces of that height, which move to and fro."""
    room = cv2.GaussianBlur(cv2.resize(read("coffee.png"), (WIDTH, HEIGHT)), (0, 0), 5).astype(np.float32)
    people = [Figure.of(photo, photo, face, height) for photo, face in FACES.items()]
    random = np.random.default_rng(height)
    tops = random.uniform(150, HEIGHT - 300, len(people))
    noise = random.normal(0, NOISE, (2 * HEIGHT, 2 * WIDTH, 1)).astype(np.float32)
    for number in range(round(FPS * seconds)):
        at = number / FPS
        picture, places = room.copy(), []
        for column, (person, top) in enumerate(zip(people, tops, strict=True)):
            x = (column + 0.5) * WIDTH / len(people) + SWAY * np.sin(at + column)
            place = person.paint(picture, float(x), float(top))
            assert place is not None
            places.append(place)
        down, across = random.integers(HEIGHT), random.integers(WIDTH)
        picture += noise[down : down + HEIGHT, across : across + WIDTH]
        pixels = np.clip(picture, 0, 255).astype(np.uint8)
        encoded, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        assert encoded
        yield at, jpeg.tobytes(), places


def _holds(box: Corners, face: Place) -> bool:
    x, y = face.x + face.width / 2, face.y + face.height / 2
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


if __name__ == "__main__":
    main()
