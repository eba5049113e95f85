from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import timestamps
from broker.errors import MessageError


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_the_wire_to_the_millisecond(time: datetime) -> None:
    text = timestamps.to_text(time)
    assert text.endswith("Z")
    assert len(text) == len("2026-01-31T12:00:00.000Z")
    assert abs(timestamps.from_text(text) - time) < timedelta(milliseconds=1)


def test_another_zone_becomes_utc() -> None:
    paris = timezone(timedelta(hours=1))
    assert timestamps.to_text(datetime(2026, 1, 31, 13, tzinfo=paris)) == "2026-01-31T12:00:00.000Z"
    assert timestamps.from_text("2026-01-31T13:00:00+01:00") == datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-01-31T12:00:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9" * 5000],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(MessageError) as raised:
        timestamps.from_text(text)
    assert raised.value.reason == "bad_time"


@given(st.text())
def test_any_text_is_a_time_or_a_message_error(text: str) -> None:
    try:
        assert timestamps.from_text(text).tzinfo is UTC
    except MessageError as error:
        assert error.reason == "bad_time"  # noqa: PT017  the law is "either, or"


def test_now_is_in_utc() -> None:
    assert timestamps.now().tzinfo is UTC
