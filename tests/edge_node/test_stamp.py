from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from broker import timestamps
from broker.messages import Event
from edge_node.stamp import stamp
from tests.edge_node.logged import NOON, line, record


def event(**times: datetime) -> Event:
    return msgspec.structs.replace(Event.from_json(line(record())), **times)


def test_times_that_can_be_right_are_not_commented_on() -> None:
    late = timestamps.to_text(NOON + timedelta(hours=23))
    assert stamp(event(), NOON) == {"logged_at": "2026-11-20T12:00:00.000Z"}
    assert stamp(event(), NOON + timedelta(days=300)).keys() == {"logged_at"}
    assert stamp(event(captured_at=timestamps.from_text(late)), NOON).keys() == {"logged_at"}


@pytest.mark.parametrize("wrong", [datetime(1970, 1, 1, tzinfo=UTC), NOON + timedelta(days=1, seconds=1)])
def test_a_clock_that_was_never_set_or_is_a_day_ahead_is_named(wrong: datetime) -> None:
    assert stamp(event(captured_at=wrong), NOON)["time_doubtful"] == ["captured_at"]
    assert stamp(event(decided_at=wrong, received_at=wrong), NOON)["time_doubtful"] == [
        "received_at",
        "decided_at",
    ]


def test_the_loggers_own_clock_may_be_the_wrong_one() -> None:
    assert stamp(event(), datetime(1970, 1, 2, tzinfo=UTC))["time_doubtful"] == ["logged_at"]
