import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_node.faces import Box
from edge_node.motion import LEAST_CHANGE, Glance

SIZE = (1280, 720)
ROOM = Glance(np.random.default_rng(1).integers(50, 230, (90, 160), np.uint8), SIZE)


def with_change(column: int, row: int, columns: int, rows: int, levels: int = 40) -> Glance:
    blocks = ROOM.blocks.copy()
    area = blocks[row : row + rows, column : column + columns]
    area[:] = np.where(area > 128, area - levels, area + levels)
    return Glance(blocks, SIZE)


def test_the_same_picture_has_not_changed() -> None:
    assert ROOM.changes(Glance(ROOM.blocks.copy(), SIZE)) is None


@given(st.integers(0, 10_000))
def test_the_noise_of_a_sensor_is_no_change(seed: int) -> None:
    """8 grey levels a pixel, in a dark room; a block is the mean of 64."""
    noise = np.random.default_rng(seed).normal(0, 8 / 8, (2, *ROOM.blocks.shape))
    one, other = (ROOM.blocks + noise.round()).astype(np.uint8)
    assert Glance(one, SIZE).changes(Glance(other, SIZE)) is None


@given(st.integers(0, 150), st.integers(0, 80), st.integers(1, 10), st.integers(1, 10))
def test_a_change_is_where_it_is(column: int, row: int, columns: int, rows: int) -> None:
    changed = with_change(column, row, columns, rows).changes(ROOM)
    assert changed == Box(8 * column, 8 * row, 8 * columns, 8 * rows)


def test_a_change_is_one_from_its_least_size_on() -> None:
    assert with_change(3, 4, 5, 5, LEAST_CHANGE - 1).changes(ROOM) is None
    assert with_change(3, 4, 5, 5, LEAST_CHANGE).changes(ROOM) is not None


def test_in_the_dark_less_is_a_change() -> None:
    dark = Glance(np.full((90, 160), 16, np.uint8), SIZE)
    blocks = dark.blocks.copy()
    blocks[10:20, 10:20] += 5
    assert Glance(blocks, SIZE).changes(dark) is not None


def test_a_glance_at_another_size_takes_the_place_of_the_earlier() -> None:
    other = Glance(np.zeros((60, 80), np.uint8), (640, 480))
    assert ROOM.with_part(Box(0, 0, 100, 100), other) is other
    assert other.likeness(Box(0, 0, 80, 80), ROOM, Box(0, 0, 80, 80)) == -1


def test_a_picture_of_another_size_has_changed_everywhere() -> None:
    other = Glance(np.zeros((60, 80), np.uint8), (640, 480))
    assert other.changes(ROOM) == Box(0, 0, 640, 480)


@given(st.integers(0, 1200), st.integers(0, 650), st.integers(1, 400), st.integers(1, 400))
def test_a_part_taken_over_has_not_changed_any_more(x: int, y: int, width: int, height: int) -> None:
    later = with_change(0, 0, 160, 90)
    part = Box(x, y, width, height)
    left = later.changes(ROOM.with_part(part, later))
    middle = part.x + part.width / 2, part.y + part.height / 2
    assert left is None or not part.contains(left.x, left.y) or left.contains(*middle)
    assert ROOM.with_part(Box(0, 0, *SIZE), later).changes(later) is None


def test_frames_of_odd_sizes_have_blocks_too() -> None:
    before = Glance(np.full((43, 57), 100, np.uint8), (450, 338))
    blocks = before.blocks.copy()
    blocks[42, 56] = 200
    changed = Glance(blocks, (450, 338)).changes(before)
    assert changed is not None
    assert changed.x + changed.width == 450
    assert changed.y + changed.height == 338
