from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config import load
from broker.errors import ConfigError
from broker.messages import Event, EventType
from edge_node.quiet import QuietRule, silenced_by
from edge_node.settings import NodeConfig

GOLDEN = Path(__file__).parents[1] / "broker/golden/event.json"
EVENT = Event.from_json(GOLDEN.read_bytes())
SATURDAY = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)


def rule(**fields: object) -> QuietRule:
    return msgspec.convert({"name": "rule", **fields}, QuietRule)


def is_silent(one: QuietRule, at: datetime = SATURDAY, **changes: object) -> bool:
    return silenced_by([one], msgspec.structs.replace(EVENT, **changes), at) == "rule"


@pytest.mark.parametrize(
    ("fields", "silent"),
    [
        ({}, True),
        ({"people": ["Zoë Müller"]}, True),
        ({"people": ["zoe-muller"]}, True),
        ({"people": ["Ann"]}, False),
        ({"devices": ["front-door"]}, True),
        ({"devices": ["garden"]}, False),
        ({"event_types": ["unknown"]}, False),
        ({"people": ["Zoë Müller"], "devices": ["garden"]}, False),
    ],
)
def test_all_of_a_rule_must_apply(fields: dict[str, object], silent: bool) -> None:
    assert is_silent(rule(**fields)) is silent


def test_restricted_people_are_silenced_by_name_of_their_kind_only() -> None:
    assert not is_silent(rule(), event_type=EventType.RESTRICTED)
    assert is_silent(rule(event_types=["restricted"]), event_type=EventType.RESTRICTED)


@pytest.mark.parametrize(
    ("hours", "clock", "silent"),
    [
        ("22:00-06:30", "21:59", False),
        ("22:00-06:30", "22:00", True),
        ("22:00-06:30", "00:00", True),
        ("22:00-06:30", "06:29", True),
        ("22:00-06:30", "06:30", False),
        ("09:00-17:00", "12:00", True),
        ("09:00-17:00", "17:00", False),
        ("00:00-00:00", "13:00", True),
    ],
)
def test_hours_are_local_and_go_over_midnight(hours: str, clock: str, silent: bool) -> None:
    hour, minute = map(int, clock.split(":"))
    assert is_silent(rule(hours=hours), SATURDAY.replace(hour=hour, minute=minute)) is silent


@pytest.mark.parametrize(
    ("days", "at", "silent"),
    [
        (["sat"], SATURDAY, True),
        (["sun"], SATURDAY, False),
        (["sat"], SATURDAY + timedelta(hours=3), True),
        (["sun"], SATURDAY + timedelta(hours=3), False),
        (["sun"], SATURDAY + timedelta(hours=23), True),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(days: list[str], at: datetime, silent: bool) -> None:
    assert is_silent(rule(hours="22:00-06:30", days=days), at) is silent


@given(st.datetimes(), st.integers(0, 1439), st.integers(0, 1439))
def test_a_rule_and_its_opposite_never_hold_at_once(at: datetime, begin: int, end: int) -> None:
    clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in (begin, end)]
    one, other = (rule(hours="-".join(order)) for order in (clocks, clocks[::-1]))
    assert is_silent(one, at) != is_silent(other, at) or begin == end


def test_the_first_rule_that_applies_gives_its_name() -> None:
    rules = [rule(devices=["garden"]), msgspec.structs.replace(rule(), name="second"), rule()]
    assert silenced_by(rules, EVENT, SATURDAY) == "second"
    assert silenced_by([], EVENT, SATURDAY) is None


@pytest.mark.parametrize("hours", ["22-6", "24:00-06:00", "22:00", "22:00-06:60", "22:00-06:00\n"])
def test_hours_that_are_none_are_named_with_their_line(tmp_path: Path, hours: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"quiet:\n  - name: night\n    hours: {hours!r}\n", "utf-8")
    with pytest.raises(ConfigError) as raised:
        load(file, NodeConfig)
    assert f"{file}:3" in str(raised.value)


def test_rules_are_read_from_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "quiet:\n  - {name: night, people: [Ann], hours: '22:00-06:30', days: [sat, sun]}\n", "utf-8"
    )
    (read,) = load(file, NodeConfig).quiet
    assert (read.people, read.days, read.event_types) == (
        ("Ann",),
        ("sat", "sun"),
        (EventType.AUTHORISED, EventType.UNKNOWN),
    )
