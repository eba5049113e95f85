"""Past events by way of an index of the log."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from broker import timestamps
from broker.messages import Event, EventType
from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import Limits, RotatingLines
from edge_node.web.history import Filters, Sort, SortKey
from edge_node.web.log_history import LogHistory
from tests.edge_node.web.desk import event

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS: tuple[SortKey, ...] = ("time", "type", "person", "device", "similarity", "zone", "latency")


class Log:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "events.jsonl"
        self.index = LogHistory(self.file, folder / "events.index")

    def write(self, *events: Event) -> None:
        with self.file.open("ab") as file:
            file.writelines(one.to_json() + b"\n" for one in events)

    def people(self, *, limit: int = 50) -> list[str | None]:
        return [row.person for row in self.index.find(Filters(), Sort(), limit=limit).rows]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path)


def test_only_what_is_new_is_taken_in(log: Log) -> None:
    assert log.index.update() == []
    log.write(event("Ann"))
    assert [row.person for row in log.index.update()] == ["Ann"]
    assert log.index.update() == []
    log.write(event("Bob"), event("Cy"))
    assert [row.person for row in log.index.update()] == ["Bob", "Cy"]
    assert log.index.update() == []
    assert log.index.find(Filters(), Sort()).total == 3


def test_a_line_is_taken_in_when_it_is_whole(log: Log) -> None:
    line = event("Ann").to_json()
    assert log.index.update() == []
    log.file.write_bytes(line[:100])
    assert log.index.update() == []
    log.file.write_bytes(line + b"\n")
    assert [row.person for row in log.index.update()] == ["Ann"]


def test_what_is_no_event_is_passed_over(log: Log) -> None:
    assert log.index.update() == []
    later = json.loads(event("Bob").to_json()) | {"schema": 2, "mood": "fine"}
    log.file.write_bytes(b"{}\nnot json\n\xff\n[]\n" + json.dumps(later).encode() + b"\n")
    assert [row.person for row in log.index.update()] == ["Bob"]


def test_what_was_rotated_away_is_still_there(log: Log) -> None:
    records = RotatingLines(log.file, Limits(rotate_bytes=500))
    for name in "ABCDE":
        records.append([event(name).to_json()])
    records.close()
    assert LogFiles(log.file).closed()
    assert sorted(map(str, log.people())) == list("ABCDE")


def test_another_process_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    first = Log(tmp_path)
    first.write(event("Ann"))
    first.index.update()
    first.index.close()
    second = Log(tmp_path)
    assert second.index.update() == []
    assert second.people() == ["Ann"]


def test_hours_and_spans_count_what_the_filters_leave(log: Log) -> None:
    at = [START, START + timedelta(minutes=59), START + timedelta(hours=2)]
    log.write(event("Ann", at=at[0]), event(at=at[1]), event("Ann", device="garden", at=at[2]))
    log.index.update()
    hours = [(one.at, one.authorised, one.unknown) for one in log.index.hours(Filters())]
    assert hours == [("2026-03-01T12:00:00.000Z", 1, 1), ("2026-03-01T14:00:00.000Z", 1, 0)]
    span = log.index.span(Filters(person="ann"))
    assert span.types == {EventType.AUTHORISED: 2}
    assert (span.first, span.last) == tuple(timestamps.to_text(one) for one in (at[0], at[2]))
    assert dict(span.by_device) == {"front-door": 1, "garden": 1}
    assert span.by_person == [("ann", 2)]
    assert log.index.span(Filters(person="nobody")).last is None


def test_all_comes_oldest_first(log: Log) -> None:
    log.write(*(event(name, at=START + timedelta(minutes=n)) for n, name in enumerate("CBA")))
    log.index.update()
    assert [row.person for row in log.index.all(Filters())] == ["C", "B", "A"]


FILTERS = some.builds(
    Filters,
    person=some.sampled_from([None, "ann", "bob"]),
    device=some.sampled_from([None, "front-door", "garden"]),
    type=some.sampled_from([None, *EventType]),
    since=some.sampled_from([None, START + timedelta(minutes=10)]),
    until=some.sampled_from([None, START + timedelta(minutes=25)]),
    text=some.sampled_from([None, "an", "GATE", "garden", "zzz"]),
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[LogHistory, list[Event]]:
    events = [
        event(
            (None, "Ann", "Bob")[n % 3],
            (None, None, None, "restricted")[n % 4] if n % 3 else None,
            device=("front-door", "garden")[n // 3 % 2],
            at=START + timedelta(minutes=n),
            similarity=n * 7 % 11 / 11,
            zone=(None, "gate")[n // 5 % 2],
            latency_ms=n * 13 % 17,
        )
        for n in range(40)
    ]
    log = Log(tmp_path_factory.mktemp("mixed"))
    log.write(*events)
    log.index.update()
    return log.index, events


@settings(max_examples=60)
@given(filters=FILTERS, key=some.sampled_from(KEYS), descending=some.booleans(), limit=some.integers(1, 15))
def test_pages_together_are_what_the_filters_leave_in_order(
    mixed: tuple[LogHistory, list[Event]], filters: Filters, key: SortKey, descending: bool, limit: int
) -> None:
    index, events = mixed
    wanted = {one.event_id for one in events if holds(filters, one)}
    sort, rows = Sort(key=key, descending=descending), []
    for offset in range(0, len(wanted) + 1, limit):
        page = index.find(filters, sort, offset=offset, limit=limit)
        assert page.total == len(wanted)
        rows += page.rows
    assert [row.event_id for row in rows] == list(dict.fromkeys(row.event_id for row in rows))
    assert {row.event_id for row in rows} == wanted
    if key in ("time", "similarity", "latency"):
        field = {"time": "captured_at", "similarity": "similarity", "latency": "latency_ms"}[key]
        values = [getattr(row, field) for row in rows]
        assert values == sorted(values, reverse=descending)


def holds(filters: Filters, one: Event) -> bool:
    words = [one.device, one.zone or "", one.person or ""]
    return (
        filters.person in (None, one.person_id)
        and filters.device in (None, one.device)
        and filters.type in (None, one.event_type)
        and (filters.since is None or one.captured_at >= filters.since)
        and (filters.until is None or one.captured_at < filters.until)
        and (filters.text is None or any(filters.text.lower() in word.lower() for word in words))
    )
