import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge_node.engines.alignment import chip, similarity_transform

Points = npt.NDArray[np.float64]

COORDINATE = st.floats(-1000, 1000, width=32)
POINTS = arrays(np.float64, (5, 2), elements=COORDINATE)
ANGLE = st.floats(-np.pi, np.pi)
SCALE = st.floats(0.01, 100)


def turned(points: Points, angle: float, scale: float, shift: Points) -> Points:
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ (scale * rotation).T + shift


def apply(transform: Points, points: Points) -> Points:
    return points @ transform[:, :2].T + transform[:, 2]


@given(POINTS, ANGLE, SCALE, arrays(np.float64, 2, elements=COORDINATE))
def test_recovers_any_similarity(points: Points, angle: float, scale: float, shift: Points) -> None:
    assume(points.std(axis=0).max() > 1)
    goal = turned(points, angle, scale, shift)
    transform = similarity_transform(points, goal)
    np.testing.assert_allclose(apply(transform, points), goal, atol=1e-6 * scale, rtol=1e-6)


@given(POINTS, POINTS, ANGLE, st.floats(0.5, 2), arrays(np.float64, 2, elements=COORDINATE))
def test_no_other_similarity_comes_nearer(
    points: Points, goal: Points, angle: float, scale: float, shift: Points
) -> None:
    assume(points.std(axis=0).max() > 1)
    best = np.square(apply(similarity_transform(points, goal), points) - goal).sum()
    other = np.square(turned(points, angle, scale, shift) - goal).sum()
    assert best <= other * (1 + 1e-9) + 1e-6


@given(POINTS, POINTS)
def test_never_mirrors(points: Points, goal: Points) -> None:
    assume(points.std(axis=0).max() > 1)
    assert np.linalg.det(similarity_transform(points, goal)[:, :2]) >= 0


def test_refuses_points_that_coincide() -> None:
    with pytest.raises(ValueError, match="apart"):
        similarity_transform(np.full((5, 2), 7.0), np.eye(5, 2))


@pytest.mark.parametrize("scale", [0.3, 1.0, 3.0, 7.0])
def test_chip_shows_the_landmarks_at_the_reference(scale: float) -> None:
    reference = np.array([(40.0, 40.0), (110.0, 40.0), (75.0, 80.0), (50.0, 110.0), (100.0, 110.0)])
    landmarks = reference * scale + 20
    side = round(150 * scale + 60)
    image = np.zeros((side, side, 3), np.uint8)
    rows, columns = np.mgrid[:side, :side]
    for x, y in landmarks:
        image[np.hypot(columns - x, rows - y) < 3 * max(scale, 1)] = 255
    cut = chip(image, landmarks, reference, 150)
    assert cut.shape == (150, 150, 3)
    for x, y in reference:
        spot = cut[int(y) - 14 : int(y) + 15, int(x) - 14 : int(x) + 15, 0].astype(float)
        offsets = np.arange(-14, 15)
        centre = spot.sum(axis=0) @ offsets / spot.sum(), spot.sum(axis=1) @ offsets / spot.sum()
        assert np.abs(centre).max() < 0.3


def test_fine_texture_of_a_large_face_is_averaged() -> None:
    board = (np.indices((1200, 1200)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image = np.repeat(board[:, :, None], 3, axis=2)
    reference = np.array([(40.0, 40.0), (110.0, 40.0), (75.0, 80.0), (50.0, 110.0), (100.0, 110.0)])
    cut = chip(image, reference * 6 + 50, reference, 150)
    assert cut.std() < 10
    assert abs(cut.mean() - 127.5) < 2
