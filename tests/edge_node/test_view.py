import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edge_node.faces import Box
from edge_node.view import Views, contains
from tests.edge_node.people import view

SQUARE = ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
HORSESHOE = ((0, 0), (1, 0), (1, 1), (0.7, 1), (0.7, 0.3), (0.3, 0.3), (0.3, 1), (0, 1))
FRAME = (1000, 500)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_square_contains_what_lies_between_its_sides(x: float, y: float) -> None:
    if 0.2 not in (x, y) and 0.8 not in (x, y):
        assert contains(SQUARE, x, y) == (0.2 < x < 0.8 and 0.2 < y < 0.8)


@given(st.floats(-2, 2), st.floats(-2, 2), st.integers(3, 40))
def test_a_circle_of_many_corners_contains_what_is_near_its_middle(x: float, y: float, corners: int) -> None:
    angles = [2 * math.pi * number / corners for number in range(corners)]
    polygon = [(math.cos(angle), math.sin(angle)) for angle in angles]
    distance = math.hypot(x, y)
    if distance > 1.001:
        assert not contains(polygon, x, y)
    if distance < math.cos(math.pi / corners) - 0.001:
        assert contains(polygon, x, y)


def test_a_hollow_outline_does_not_contain_its_hollow() -> None:
    assert contains(HORSESHOE, 0.15, 0.9)
    assert contains(HORSESHOE, 0.5, 0.1)
    assert not contains(HORSESHOE, 0.5, 0.9)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8), st.integers(0, 7))
def test_it_does_not_matter_where_an_outline_begins(polygon: list[tuple[float, float]], start: int) -> None:
    turned = polygon[start % len(polygon) :] + polygon[: start % len(polygon)]
    for x, y in ((0.5, 0.5), (0.1, 0.7), (0.93, 0.21)):
        assert contains(polygon, x, y) == contains(turned, x, y)


def test_the_middle_of_a_face_decides() -> None:
    porch = replace(view(), zones={"porch": SQUARE, "all": ((0, 0), (1, 0), (1, 1), (0, 1))}, masks=[SQUARE])
    assert porch.zone_of(Box(480, 240, 40, 40), FRAME) == "porch"
    assert porch.zone_of(Box(160, 200, 60, 60), FRAME) == "all"
    assert porch.hides(Box(190, 200, 60, 60), FRAME)
    assert not porch.hides(Box(160, 200, 60, 60), FRAME)
    assert view().zone_of(Box(480, 240, 40, 40), FRAME) is None


def test_a_camera_without_a_view_of_its_own_has_that_of_the_others() -> None:
    own = view(frames=9)
    views = Views(view(), {"front-door": own})
    assert views.of("front-door") is own
    assert views.of("garage") is views.others
