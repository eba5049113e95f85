"""Questions to a log that lives: written, rotated, pruned, damaged."""

import json
import os
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node.history.history import History
from edge_node.history.index import Index
from edge_node.history.query import HistoryError, Hour, Known, Query, ReadingError, Sort
from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.logged import NOON, line, record, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def ids(history: History, query: Query | None = None) -> list[str]:
    return [row["event_id"] for row in history.find(query or Query(descending=False)).rows]


def household(path: Path) -> list[str]:
    return write(
        path,
        record(0, event_id="zoe"),
        record(1, event_id="ann", person="Ann Lee", person_id="ann-lee", device="garage", similarity=0.99),
        record(2, event_id="nobody", event_type="unknown", person=None, person_id=None, similarity=None,
               reason="below_threshold", zone="steps"),
        record(3, event_id="bad", event_type="restricted", person="Some Body", person_id="some-body"),
        record(4, event_id="muted", muted="night", device="garage"),
        record(5, event_id="test", test=True),
    )  # fmt: skip


def test_the_newest_come_first(path: Path) -> None:
    household(path)
    page = History(path).find(Query(limit=2))
    assert [row["event_id"] for row in page.rows] == ["test", "muted"]
    assert page.total == 6
    assert page.rows[0] == json.loads(path.read_bytes().splitlines()[-1])


FILTERS = {
    "since, which is inclusive": (Query(since=NOON + timedelta(minutes=4)), {"muted", "test"}),
    "until, which is not": (Query(until=NOON + timedelta(minutes=1)), {"zoe"}),
    "type": (Query(types=[EventType.UNKNOWN, EventType.RESTRICTED]), {"nobody", "bad"}),
    "name": (Query(people=["zoë ødegård"]), {"zoe", "muted", "test"}),
    "id of a person": (Query(people=["ann-lee", "some-body"]), {"ann", "bad"}),
    "device": (Query(devices=["garage"]), {"ann", "muted"}),
    "part of a name": (Query(text="ØDEG"), {"zoe", "muted", "test"}),
    "part of a zone": (Query(text="step"), {"nobody"}),
    "part of a reason": (Query(text="below"), {"nobody"}),
    "a text that nothing has": (Query(text="%"), set()),
    "several": (Query(people=["zoe-odegard"], devices=["garage"], text="zoë"), {"muted"}),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters(path: Path, name: str) -> None:
    household(path)
    query, expected = FILTERS[name]
    history = History(path)
    assert set(ids(history, query)) == expected
    assert history.find(query).total == len(expected) == history.total(query)


def test_order(path: Path) -> None:
    household(path)
    history = History(path)
    assert ids(history, Query(sort=Sort.PERSON, descending=False)) == [
        "ann", "bad", "test", "muted", "zoe", "nobody",
    ]  # fmt: skip
    assert ids(history, Query(sort=Sort.SIMILARITY))[0] == "ann"
    assert ids(history, Query(sort=Sort.SIMILARITY))[-1] == "nobody"
    assert ids(history, Query(sort=Sort.DEVICE, limit=3)) == ["muted", "ann", "test"]
    assert ids(history, Query(sort=Sort.TYPE))[0] == "nobody"


def test_numbers(path: Path) -> None:
    household(path)
    write(path, record(61, event_type="unknown"))
    history = History(path)
    assert history.types(Query()) == {
        EventType.AUTHORISED: 4, EventType.RESTRICTED: 1, EventType.UNKNOWN: 2,
    }  # fmt: skip
    assert history.hours(Query(devices=["front-door"])) == [
        Hour(NOON, {EventType.AUTHORISED: 2, EventType.RESTRICTED: 1, EventType.UNKNOWN: 1}),
        Hour(NOON + timedelta(hours=1), {EventType.UNKNOWN: 1}),
    ]
    assert history.people()[0] == Known("ann-lee", "Ann Lee", 1, NOON + timedelta(minutes=1))
    assert [(one.name, one.events) for one in history.devices()] == [("front-door", 5), ("garage", 2)]


@settings(max_examples=30)
@given(
    steps=st.lists(
        st.sampled_from(["write", "rotate", "ask", "restart", "prune", "forget index"]), max_size=25
    )
)
def test_whatever_happens_to_the_files_the_answer_is_what_they_hold(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    files, history, minute = LogFiles(path), History(path), 0
    for step in [*steps, "ask"]:
        match step:
            case "write":
                minute += 1
                write(path, record(minute), record(minute + 0.5))
            case "rotate" if path.exists():
                path.rename(files.name_for(files.next_number(), NOON.date()))
            case "restart":
                history.close()
                history = History(path)
            case "prune":
                for _, oldest in files.closed()[:1]:
                    oldest.unlink()
            case "forget index":
                history.index_file.unlink(missing_ok=True)
            case "ask":
                there = [*(closed for _, closed in files.closed()), path]
                texts = [file.read_text("utf-8") for file in there if file.exists()]
                held = [json.loads(one) for text in texts for one in text.splitlines()]
                assert ids(history) == [one["event_id"] for one in held]
    history.close()


def test_a_line_is_found_when_it_is_whole_and_duplicates_and_garbage_are_left_out(path: Path) -> None:
    one = record()
    path.write_bytes(line(one) + b"\n" + b"\0\0\n[]\n{}\n\xff\n" + line(one) + b"\n" + line(record(1))[:-5])
    history = History(path)
    assert ids(history) == [one["event_id"]]


def test_odd_events_neither_stop_the_others_nor_the_answer(path: Path) -> None:
    write(
        path,
        record(0, event_id="large", latency_ms=10**20),
        record(1, event_id="odd", time_doubtful=5, logged_at="2026-11-20t12:00:00.000z"),
    )
    with path.open("ab") as file:
        file.write(line(record(2, event_id="broken")).replace(b'"gallery":"g"', b'"gallery":"\xff"') + b"\n")
        file.write(line(record(3, event_id="deep"))[:-1] + b',"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}\n")
    write(path, record(4, event_id="last"))
    history = History(path)
    assert ids(history) == ["large", "odd", "last"]
    assert len([*history.lines(Query(limit=None))]) == 3


def test_words_are_found_without_their_accents_and_however_they_are_composed(path: Path) -> None:
    write(path, record(person="Zoë Åkesson"), record(1, person="İpek", person_id="ipek"))
    history = History(path)
    for text in ("zoe", "ZOË", "zoe\u0308", "akesson", "a\u030akesson"):
        assert history.total(Query(text=text)) == 1, text
    assert history.total(Query(text="ipek")) == 1
    write(path, record(2, person="Żółć Łukasz", person_id="lukasz-2"))
    assert history.total(Query(text="zolc luk")) == 1
    assert history.total(Query(people=["zoe\u0308 a\u030akesson"])) == 1


def test_bytes_that_were_taken_back_are_forgotten(path: Path) -> None:
    kept, gone = record(0), record(1)
    write(path, kept, gone)
    history = History(path)
    assert len(ids(history)) == 2
    path.write_bytes(line(kept) + b"\n")
    assert ids(history) == [kept["event_id"]]
    new = write(path, record(2))
    assert ids(history) == [kept["event_id"], *new]


def test_what_is_changed_by_hand_is_read_anew(path: Path) -> None:
    write(path, record(0), record(6, event_id="six", person="Removed", person_id="removed"))
    write(path, *(record(minute) for minute in range(7, 20)))
    history = History(path)
    assert ids(history, Query(people=["Removed"])) == ["six"]
    path.write_bytes(path.read_bytes().replace(b'"Removed"', b'"Unknown"', 1))
    os.utime(path, (1, 1))
    assert ids(history, Query(people=["unknown"])) == ["six"]
    assert ids(history, Query(text="Removed")) == ["six"]
    path.write_bytes(path.read_bytes().replace(b'"removed"', b'"unknown"', 1))
    os.utime(path, (2, 2))
    assert ids(history, Query(text="Removed")) == []


def test_a_doubtful_time_is_replaced_by_that_of_the_log(path: Path) -> None:
    write(path, record(decided_at="1970-01-01T00:00:00.000Z", time_doubtful=["decided_at"]))
    history = History(path)
    assert history.find(Query(since=NOON)).total == 1
    assert history.devices()[0].last == NOON


@pytest.mark.parametrize("damage", [b"no database at all, but long enough to be looked at" * 50, b"", None])
def test_an_index_that_is_damaged_is_made_anew(path: Path, damage: bytes | None) -> None:
    household(path)
    history = History(path)
    history.find(Query())
    history.close()
    if damage is None:
        with sqlite3.connect(history.index_file) as database:
            database.execute("DROP TABLE events")
        database.close()
    else:
        history.index_file.write_bytes(damage)
    assert History(path).find(Query()).total == 6


def test_an_index_that_is_damaged_inside_is_made_anew_by_each_question(path: Path) -> None:
    write(path, *(record(number) for number in range(500)))
    for ask in (
        lambda history: history.find(Query(limit=500)).total,
        lambda history: len([*history.lines(Query(limit=None))]),
    ):
        history = History(path)
        history.total(Query())
        history.close()
        data = bytearray(history.index_file.read_bytes())
        data[8_192:] = b"\xa5" * (len(data) - 8_192)
        history.index_file.write_bytes(data)
        assert ask(History(path)) == 500


def test_an_index_goes_to_the_cache_folder_where_the_log_has_no_place_for_it(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    household(path)
    path.with_name("events.jsonl.index").mkdir()
    history = History(path)
    assert history.find(Query()).total == 6
    assert history.index_file.is_relative_to(tmp_path / "cache")


def test_a_long_question_does_not_hold_up_another(path: Path) -> None:
    household(path)
    history = History(path)
    is_under_way, is_answered = threading.Event(), threading.Event()

    def long(_index: Index) -> bool:
        is_under_way.set()
        return is_answered.wait(10)

    asker = threading.Thread(target=history._ask, args=[long])
    asker.start()
    assert is_under_way.wait(10)
    write(path, record(9, event_id="new"))
    assert history.total(Query()) == 7
    is_answered.set()
    asker.join()


def test_an_index_of_another_version_is_made_anew(path: Path) -> None:
    household(path)
    History(path).find(Query())
    with sqlite3.connect(History(path).index_file) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute("DELETE FROM events")
    database.close()
    assert History(path).find(Query()).total == 6


def test_an_index_that_cannot_be_kept_is_said(path: Path, tmp_path: Path) -> None:
    household(path)
    with pytest.raises(HistoryError, match="expected"):
        History(path, index=tmp_path / "events.jsonl/index").find(Query())


def test_who_asks_while_much_is_read_is_told_how_far_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.history.reading.MUCH_BYTES", 2_000)
    monkeypatch.setattr("edge_node.history.live_index.PATIENCE_SECONDS", 0.01)
    write(path, *(record(number) for number in range(100)))
    shares: list[float] = []
    is_under_way, go_on = threading.Event(), threading.Event()

    def told(share: float) -> None:
        shares.append(share)
        is_under_way.set()
        go_on.wait(10)

    history = History(path, told=told)
    reader = threading.Thread(target=history.find, args=[Query()])
    reader.start()
    assert is_under_way.wait(10)
    with pytest.raises(ReadingError, match="the log is being read: 0%"):
        history.total(Query())
    go_on.set()
    reader.join()
    assert history.total(Query()) == 100
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_little_that_is_new_is_read_without_a_word(path: Path) -> None:
    shares: list[float] = []
    history = History(path, told=shares.append)
    for _ in range(3):
        household(path)
        history.find(Query())
    assert shares == []


def test_lines_may_be_taken_on_one_thread_after_another(path: Path) -> None:
    household(path)
    lines = History(path).lines(Query(limit=None))
    taken: list[bytes] = []
    for _ in range(6):
        taker = threading.Thread(target=lambda: taken.append(next(lines)))
        taker.start()
        taker.join()
    assert len(taken) == 6


def test_who_left_the_log_leaves_the_index(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=100))
    log.append([line(record(0, person="Gone Soon", person_id="gone-soon"))])
    log.append([line(record(1))])
    history = History(path)
    assert [one.name for one in history.people()] == ["Gone Soon", "Zoë Ødegård"]
    LogFiles(path).closed()[0][1].unlink()
    assert [one.name for one in history.people()] == ["Zoë Ødegård"]
    history.close()
    assert b"soon" not in history.index_file.read_bytes().lower()


def test_a_log_that_grows_is_searched_by_the_index_that_fits(path: Path) -> None:
    history = History(path)
    history.find(Query())
    write(path, *(record(number, device=f"camera-{number % 50}") for number in range(3_000)))
    history.find(Query())
    with closing(sqlite3.connect(history.index_file)) as database:
        asked = "EXPLAIN QUERY PLAN SELECT count(*) FROM events WHERE type IN (0, 1) AND device = 'camera-7'"
        assert "by_device" in database.execute(asked).fetchone()[3]


def test_two_ask_while_one_writes(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=20_000))
    histories = [History(path), History(path)]
    faults: list[BaseException] = []

    def ask(history: History) -> None:
        try:
            before = 0
            while before < 300:
                page = history.find(Query(limit=10_000))
                assert len(page.rows) == page.total >= before
                before = page.total
        except BaseException as error:
            faults.append(error)
            raise

    threads = [threading.Thread(target=ask, args=(one,)) for one in histories for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(300):
        log.append([line(record(number))])
    for thread in threads:
        thread.join(20)
    assert not faults
    assert not any(thread.is_alive() for thread in threads)


def test_lines_are_read_on_while_files_are_rotated(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=5_000))
    written = [record(number) for number in range(40)]
    for one in written[:30]:
        log.append([line(one)])
    lines = History(path).lines(Query(limit=None, descending=False))
    first = next(lines)
    for one in written[30:]:
        log.append([line(one)])
    assert [first, *lines] == [line(one) + b"\n" for one in written[:30]]


def test_an_empty_log_has_no_events(path: Path) -> None:
    history = History(path)
    assert history.find(Query()).total == 0
    assert history.people() == []
    assert history.hours(Query(since=datetime(2026, 1, 1, tzinfo=UTC))) == []
