import numpy as np
import pytest

from edge_node.engines.canvas import Canvas


@pytest.mark.parametrize(
    ("size", "seen"),
    [
        ((480, 640), (480, 640)),
        ((1080, 1920), (384, 640)),
        ((250, 250), (256, 256)),
        ((1, 1), (32, 32)),
        ((9000, 1), (640, 32)),
    ],
)
def test_sides_are_multiples_of_32_and_at_most_the_longest(
    size: tuple[int, int], seen: tuple[int, int]
) -> None:
    canvas = Canvas.of(np.full((*size, 3), 255, np.uint8), 640)
    assert canvas.tensor.shape == (1, 3, *seen)


def test_a_point_goes_back_to_where_it_was() -> None:
    image = np.zeros((700, 1000, 3), np.uint8)
    image[420:424, 620:624] = 255
    canvas = Canvas.of(image, 500)
    row, column = np.argwhere(canvas.tensor[0, 0] == 255)[0]
    box = np.array([[column, row, column + 2, row + 2]], np.float32)
    points = np.full((1, 5, 2), (column, row), np.float32)
    (detection,) = canvas.detections(box, np.ones(1, np.float32), points, "test")
    assert detection.box == (620, 420, 4, 4)
    assert detection.landmarks.tolist() == [[620, 420]] * 5


def test_what_lies_beyond_the_picture_is_no_detection() -> None:
    canvas = Canvas.of(np.zeros((100, 100, 3), np.uint8), 640)
    boxes = np.array([[110, 10, 120, 20], [90, 90, 120, 120]], np.float32)
    found = canvas.detections(boxes, np.ones(2, np.float32), np.zeros((2, 5, 2), np.float32), "test")
    assert [detection.box for detection in found] == [(90, 90, 10, 10)]
