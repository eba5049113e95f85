import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from edge_node.history.times import moment

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("12h", timedelta(hours=12)),
        ("1d", timedelta(days=1)),
        ("2w", timedelta(weeks=2)),
    ],
)
def test_ages(text: str, ago: timedelta) -> None:
    assert moment(text, NOW) == NOW - ago


def test_a_day_is_that_of_this_machine_from_its_beginning_to_its_end() -> None:
    assert moment("2026-11-20", NOW) == datetime(2026, 11, 20, 5, tzinfo=UTC)
    assert moment("2026-11-20", NOW, is_end=True) == datetime(2026, 11, 21, 5, tzinfo=UTC)
    assert moment("2026-07-01", NOW) == datetime(2026, 7, 1, 4, tzinfo=UTC)


def test_a_day_without_a_midnight_begins_when_clocks_have_gone_forward(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "EET-2EEST,M4.5.5/0,M10.5.4/24")
    time.tzset()
    assert moment("2026-04-24", NOW) == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert moment("2026-04-23", NOW, is_end=True) == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert moment("2026-04-24", NOW, is_end=True) == datetime(2026, 4, 24, 21, tzinfo=UTC)
    assert moment("2026-10-30", NOW) == datetime(2026, 10, 29, 22, tzinfo=UTC)


def test_times() -> None:
    assert moment("2026-11-20T10:00:00Z", NOW) == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert moment("2026-11-20T10:00:00.5+02:00", NOW) == datetime(2026, 11, 20, 8, 0, 0, 500_000, tzinfo=UTC)
    assert moment("2026-11-20T10:00", NOW) == datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "1y", "-1d", "2026-13-01", "2026-02-30", "999999w", "9999-12-31T00:00Zx"]
)
def test_what_is_no_time_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="expected an age such as"):
        moment(text, NOW)
