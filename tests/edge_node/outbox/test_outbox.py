"""What is kept, what is given up, and what a broken disk does."""

import logging
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node.moment import Moment
from edge_node.outbox import waiting
from edge_node.outbox.outbox import MEMORY_ROWS, Outbox
from edge_node.outbox.row import Row
from edge_node.outbox.settings import OutboxSettings
from edge_node.outbox.table import MEMORY, Table
from tests.edge_node.outbox.made_up import event

ALL = 10_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "outbox.db"


def news(outbox: Outbox) -> list[str]:
    return [row.event_id for row in outbox.news((), ALL)]


def level(outbox: Outbox) -> str:
    return outbox.filling.level


def others(outbox: Outbox) -> list[str]:
    return [row.event_id for row in outbox.others(0, (), ALL)]


def test_what_was_put_in_is_there_after_a_kill_in_the_same_order(file: Path) -> None:
    events = [event() for _ in range(20)]
    first = Outbox(file, OutboxSettings())
    for one in events:
        first.put(one)
    again = Outbox(file, OutboxSettings())  # the first was not closed
    assert news(again) == [one.event_id for one in events]
    assert [row.payload for row in again.news((), 3)] == [one.to_json() for one in events[:3]]


def test_what_was_told_is_for_the_logger_alone_and_what_is_safe_is_forgotten(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings())
    one, other, third = event(), event(), event()
    for each in (one, other, third):
        outbox.put(each)
    outbox.settle([one.event_id], [other.event_id, "nobody knows this"])
    assert (news(outbox), others(outbox)) == ([third.event_id], [one.event_id])
    assert outbox.filling.waiting == 2
    assert outbox.filling.bytes == len(one.to_json()) + len(third.to_json())
    assert news(Outbox(file, OutboxSettings())) == [third.event_id]


def test_what_is_late_is_no_news(file: Path) -> None:
    now = 100.0
    outbox = Outbox(file, OutboxSettings(news_seconds=60), clock=lambda: now)
    late, fresh = event(), event()
    outbox.put(late)
    now = 130.0
    outbox.put(fresh)
    outbox.tend()
    assert others(outbox) == []
    now = 161.0
    outbox.tend()
    assert (news(outbox), others(outbox)) == ([fresh.event_id], [late.event_id])


def test_what_is_of_an_earlier_start_of_the_machine_is_no_news(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings(), clock=lambda: 100.0)
    outbox.put(event())
    outbox.close()
    with sqlite3.connect(file) as run:
        run.execute("UPDATE events SET boot_id = 'another'")
    run.close()
    after = Outbox(file, OutboxSettings(), clock=lambda: 100.0)
    after.tend()
    assert news(after) == []
    assert len(others(after)) == 1


TYPES = st.sampled_from(list(EventType))


@given(st.lists(TYPES, max_size=40), st.integers(1, 15))
def test_restricted_is_given_up_last_and_the_oldest_first(types: list[EventType], most: int) -> None:
    table, rows = Table(MEMORY, most, 1_000_000), []
    moment = Moment("boot", 1.0, datetime(2026, 11, 21, tzinfo=UTC))
    turned_away = 0
    for number, event_type in enumerate(types):
        row = Row.of(event(event_type), number, moment)
        rows.append(row)
        turned_away += not table.put(row)
    kept = table.news(ALL)
    restricted = [row for row in rows if row.is_restricted]
    assert [row for row in kept if row.is_restricted] == restricted[-most:]
    assert len(kept) == min(most, len(types))
    assert table.rows == len(kept)
    assert table.bytes == sum(len(row.payload) for row in kept)
    assert table.dropped + turned_away + len(kept) == len(types)
    table.close()


def test_bytes_are_bounded_too(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings(max_bytes=10_000))
    events = [event() for _ in range(40)]
    for one in events:
        outbox.put(one)
    filling = outbox.filling
    assert filling.bytes <= 10_000
    assert filling.dropped == 40 - filling.waiting > 0
    assert news(outbox) == [one.event_id for one in events[-filling.waiting :]]


def test_how_many_were_given_up_outlives_a_restart(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings(max_events=5))
    for _ in range(12):
        outbox.put(event())
    outbox.close()
    assert Outbox(file, OutboxSettings(max_events=5)).filling.dropped == 7
    assert waiting.read(file, 5, 10_000).dropped == 7


def test_levels(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings(max_events=10))
    levels = []
    for _ in range(11):
        levels.append(outbox.filling.level)
        outbox.put(event())
    assert levels == ["ok"] * 5 + ["filling"] * 5 + ["full"]


@pytest.mark.parametrize("damage", [b"no database at all", b""], ids=["garbage", "empty"])
def test_a_damaged_file_is_set_aside(file: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    file.write_bytes(damage * 1000)
    outbox = Outbox(file, OutboxSettings())
    one = event()
    outbox.put(one)
    assert news(outbox) == [one.event_id]
    outbox.tend()
    assert news(Outbox(file, OutboxSettings())) == [one.event_id]
    assert file.with_name("outbox.db.damaged").exists() == bool(damage)


def test_damage_on_the_way_is_survived(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings())
    for _ in range(200):
        outbox.put(event())
    outbox.close()
    pages = bytearray(file.read_bytes())
    pages[4096 * 2 : 4096 * 8] = b"\xff" * (4096 * 6)
    file.write_bytes(pages)
    outbox = Outbox(file, OutboxSettings())
    one = event()
    outbox.put(one)
    outbox.tend()
    assert news(outbox) == [one.event_id]
    assert outbox.filling.level == "ok"
    assert file.with_name("outbox.db.damaged").exists()


def test_without_a_place_to_write_events_are_kept_in_memory_and_brought_home_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    now = 0.0
    place = tmp_path / "state"
    place.write_text("a file where a folder should be")
    outbox = Outbox(place / "outbox.db", OutboxSettings(), clock=lambda: now)
    one, other = event(), event()
    outbox.put(one)
    outbox.put(other)
    assert (outbox.filling.level, outbox.filling.unsaved, outbox.filling.waiting) == ("broken", 2, 2)
    assert news(outbox) == [one.event_id, other.event_id]
    outbox.settle([one.event_id], [other.event_id])
    assert (news(outbox), others(outbox)) == ([], [one.event_id])
    place.unlink()
    now = 10.0
    outbox.tend()
    assert outbox.filling.level == "ok"
    assert waiting.read(place / "outbox.db", 1, 1).waiting == 1
    assert others(outbox) == [one.event_id]
    assert len([record for record in caplog.records if "kept in memory" in record.message]) == 1


def test_memory_is_bounded_and_what_it_gives_up_is_counted(tmp_path: Path) -> None:
    place = tmp_path / "state"
    place.write_text("a file where a folder should be")
    outbox = Outbox(place / "outbox.db", OutboxSettings())
    for _ in range(MEMORY_ROWS + 7):
        outbox.put(event())
    assert (outbox.filling.waiting, outbox.filling.dropped) == (MEMORY_ROWS, 7)


def test_nobody_else_may_read_it(file: Path) -> None:
    Outbox(file, OutboxSettings()).put(event(person="Ann"))
    assert {path.stat().st_mode & 0o777 for path in file.parent.glob("outbox.db*")} == {0o600}


def test_what_came_while_the_file_could_not_be_opened_goes_behind_what_was_there(file: Path) -> None:
    now = 0.0
    before, during = [event() for _ in range(5)], [event() for _ in range(3)]
    earlier = Outbox(file, OutboxSettings())
    for one in before:
        earlier.put(one)
    earlier.close()
    elsewhere = file.rename(file.with_name("elsewhere"))
    file.mkdir()
    outbox = Outbox(file, OutboxSettings(), clock=lambda: now)
    for one in during:
        outbox.put(one)
    assert level(outbox) == "broken"
    file.rmdir()
    elsewhere.rename(file)
    now = 10.0
    outbox.tend()
    assert level(outbox) == "ok"
    expected = [one.event_id for one in (*before, *during)]
    assert news(outbox) == expected
    assert news(Outbox(file, OutboxSettings())) == expected


def test_an_event_that_is_on_disk_already_holds_up_none_behind_it(file: Path) -> None:
    outbox = Outbox(file, OutboxSettings())
    one, other = event(), event()
    outbox.put(one)
    for row in (Row.of(one, 8, outbox._now()), Row.of(other, 9, outbox._now())):
        outbox._memory.put(row)
    outbox.tend()
    assert news(Outbox(file, OutboxSettings())) == [one.event_id, other.event_id]
