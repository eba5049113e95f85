from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.freshness import DEVICES_AT_MOST, Freshness

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LIMIT = 2.0


def ages(freshness: Freshness, behind: float, seconds: float, start: float = 0.0) -> list[float | None]:
    """What a live camera at 5 fps gets whose clock is behind by so many seconds."""
    found = []
    for number in range(int(seconds * 5)):
        at = NOON + timedelta(seconds=start + number / 5)
        captured = at - timedelta(seconds=behind)
        found.append(freshness.age("door", captured, at, start + number / 5))
    return found


def test_a_fresh_frame_has_its_age() -> None:
    assert Freshness(LIMIT).age("door", NOON - timedelta(seconds=0.3), NOON, 0.0) == pytest.approx(0.3)


def test_a_bare_jpeg_is_as_old_as_its_receipt() -> None:
    assert Freshness(LIMIT).age("door", None, NOON, 0.0) == 0.0


def test_a_camera_clock_slightly_ahead_is_no_negative_age() -> None:
    assert Freshness(LIMIT).age("door", NOON + timedelta(seconds=0.5), NOON, 0.0) == 0.0


@pytest.mark.parametrize("hours", [0.01, 1, 24, 500_000 / 24])
def test_an_old_frame_is_stale_however_often_it_is_sent(hours: float) -> None:
    freshness, captured = Freshness(LIMIT), NOON - timedelta(hours=hours)
    for second in range(60):
        assert freshness.age("door", captured, NOON + timedelta(seconds=second), float(second)) is None


@pytest.mark.parametrize("behind", [86_400.0, -86_400.0, 56 * 365 * 86_400.0, 3.0])
def test_a_live_camera_with_a_wrong_clock_is_looked_at_after_five_seconds(behind: float) -> None:
    found = ages(Freshness(LIMIT), behind, 8)
    assert found[:25] == [None] * 25
    assert all(age is not None and age < 0.001 for age in found[26:])


def test_frames_held_up_on_the_way_are_stale_and_the_next_live_one_is_not() -> None:
    freshness = Freshness(LIMIT)
    assert None not in ages(freshness, 0, 2)
    held = [freshness.age("door", NOON + timedelta(seconds=2), NOON + timedelta(seconds=40), 40.0)]
    assert held == [None]
    assert (
        freshness.age("door", NOON + timedelta(seconds=41), NOON + timedelta(seconds=41.1), 41.1) is not None
    )


def test_a_clock_that_was_put_right_is_believed_at_once() -> None:
    freshness = Freshness(LIMIT)
    ages(freshness, 3_600, 10)
    assert None not in ages(freshness, 0, 2, start=20)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 10)), max_size=40))
def test_an_age_is_never_negative_nor_above_the_limit(steps: list[tuple[float, float]]) -> None:
    freshness, now = Freshness(LIMIT), 0.0
    for behind, pause in steps:
        now += pause
        at = NOON + timedelta(seconds=now)
        age = freshness.age("door", at - timedelta(seconds=behind), at, now)
        assert age is None or 0 <= age <= LIMIT


def test_memory_is_bounded() -> None:
    freshness = Freshness(LIMIT)
    for number in range(DEVICES_AT_MOST + 100):
        freshness.age(f"camera-{number}", NOON, NOON, 0.0)
    assert len(freshness._clocks) == DEVICES_AT_MOST
