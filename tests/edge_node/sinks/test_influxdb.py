"""On a real InfluxDB."""

from pathlib import Path
from typing import Any

import pytest

from edge_node.log_settings import InfluxSink
from edge_node.sinks.build import deliveries
from edge_node.sinks.influxdb import InfluxDb, nanoseconds
from edge_node.sinks.sink import SinkError
from tests.edge_node.logged import record, write
from tests.edge_node.sinks.influxd import Influxd
from tests.edge_node.sinks.receiver import Receiver
from tests.private_broker import eventually

NAMES = ["Zoë Ødegård", "a, b=c d", "back\\slash\\", '"quoted"', "two\nlines", "x=1i,y 5", "😀", "\\", ","]
JOINED = ["می\u200cشود", "क\u094d\u200dष", "👨\u200d👩\u200d👧", "Jean\u00a0Dupont", "❤\ufe0f"]


@pytest.fixture
def settings(influxd: Influxd, tmp_path: Path) -> InfluxSink:
    file = tmp_path / "password"
    file.write_text("secret\n")
    return InfluxSink(url=influxd.url, username="edge", password_file=file)


def stored(influxd: Influxd) -> list[dict[str, Any]]:
    return influxd.points("edge", "edge_events")


def test_an_event_is_a_point_with_tags_and_fields(influxd: Influxd, settings: InfluxSink) -> None:
    one = record(similarity=1, zone="steps", margin=None)
    InfluxDb(settings).deliver([one])
    (found,) = stored(influxd)
    assert found.pop("time") // 1_000_000 == 1_795_176_000_000
    assert found == {
        "device": "front-door", "node": "node-1", "event_type": "authorised", "person": "Zoë Ødegård",
        "person_id": "zoe-odegard", "zone": "steps", "event_id": one["event_id"],
        "sighting_id": one["sighting_id"], "similarity": 1, "threshold": 0.94, "frames": 2, "latency_ms": 20,
        "reason": "recognised", "model": "m", "test": False,
    }  # fmt: skip
    tags = influxd.query("SHOW TAG KEYS FROM edge_events", db="edge")["results"][0]["series"][0]["values"]
    assert [name for (name,) in tags] == ["device", "event_type", "node", "person", "person_id", "zone"]


def test_names_come_back_as_they_were(influxd: Influxd, settings: InfluxSink) -> None:
    InfluxDb(settings).deliver(
        [record(number, person=name, reason=name) for number, name in enumerate(NAMES)]
    )
    found = stored(influxd)
    one_line = [name.replace("\n", " ") for name in NAMES]
    assert [one["reason"] for one in found] == one_line
    assert [one["person"] or "" for one in found] == [name.rstrip("\\") for name in one_line]


def test_names_are_spelled_with_their_joiners_and_marks(influxd: Influxd, settings: InfluxSink) -> None:
    InfluxDb(settings).deliver(
        [record(number, person=name, reason=name) for number, name in enumerate(JOINED)]
    )
    assert [one["reason"] for one in stored(influxd)] == JOINED
    assert [one["person"] for one in stored(influxd)] == JOINED


def test_what_ends_a_line_or_is_no_letter_is_a_space(influxd: Influxd, settings: InfluxSink) -> None:
    InfluxDb(settings).deliver([record(person="a\0b\u2028c\u2029d\ud800e\x85f\x1bg\rh", reason="\n")])
    (found,) = stored(influxd)
    assert (found["person"], found["reason"]) == ("a b c d e f g h", " ")


def test_two_events_of_one_millisecond_are_two_points_and_a_repeated_one_is_one(
    influxd: Influxd, settings: InfluxSink
) -> None:
    one, other = record(), record()
    sink = InfluxDb(settings)
    sink.deliver([one, other])
    sink.deliver([one])
    assert {found["event_id"] for found in stored(influxd)} == {one["event_id"], other["event_id"]}
    assert len(stored(influxd)) == 2


def test_a_doubtful_time_is_replaced_by_that_of_the_log() -> None:
    right, wrong = record(event_id="a"), record(event_id="a", decided_at="1970-01-01T00:00:07.000Z")
    assert nanoseconds(wrong) < 8_000_000_000
    assert nanoseconds(wrong | {"time_doubtful": ["decided_at"]}) == nanoseconds(right)


def test_a_point_it_refuses_is_put_aside_and_the_others_are_stored(
    influxd: Influxd, settings: InfluxSink, logged: Path
) -> None:
    (delivery,) = deliveries([settings], logged)
    first = write(logged, record(0), record(1))
    bad = write(logged, record(2, decided_at="9999-12-31T00:00:00.000Z"))
    last = write(logged, record(3), record(4))
    delivery.start()
    try:
        assert eventually(lambda: len(stored(influxd)) == 4)
        assert eventually(lambda: delivery.refusals.count == 1)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
    assert [one["event_id"] for one in stored(influxd)] == first + last
    assert bad[0] in (logged.parent / "sinks/influxdb.refused.jsonl").read_text()


def test_events_wait_for_an_influxdb_that_was_killed(
    influxd: Influxd, settings: InfluxSink, logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.sinks.outage.PAUSE_AT_MOST_SECONDS", 0.2)
    ids = write(logged, *(record(number) for number in range(700)))
    (delivery,) = deliveries([settings], logged)
    delivery.start()
    try:
        assert eventually(lambda: len(stored(influxd)) == 700)
        influxd.kill()
        ids += write(logged, *(record(number) for number in range(700, 720)))
        delivery.stop()
        assert delivery.wait_stopped(15)
        (delivery,) = deliveries([settings], logged)
        delivery.start()
        influxd.start()
        assert eventually(lambda: len(stored(influxd)) == 720)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
    assert [one["event_id"] for one in stored(influxd)] == ids


def test_a_wrong_password_or_database_waits_for_its_correction(
    influxd: Influxd, settings: InfluxSink, tmp_path: Path
) -> None:
    with pytest.raises(SinkError, match="404") as raised:
        InfluxDb(InfluxSink(
            url=influxd.url, username="edge", password_file=tmp_path / "password", database="nowhere"
        )).deliver([record()])  # fmt: skip
    assert not raised.value.is_final
    (tmp_path / "password").write_text("wrong")
    with pytest.raises(SinkError, match="401") as raised:
        InfluxDb(settings).deliver([record()])
    assert not raised.value.is_final


def test_a_password_that_is_corrected_is_taken_without_a_restart(
    influxd: Influxd, settings: InfluxSink, logged: Path, short_pauses: None, caplog: pytest.LogCaptureFixture
) -> None:
    assert settings.password_file is not None
    settings.password_file.write_text("wrong")
    ids = write(logged, record(0), record(1))
    (delivery,) = deliveries([settings], logged)
    delivery.start()
    try:
        assert eventually(lambda: "401" in caplog.text)
        settings.password_file.write_text("secret")
        assert eventually(lambda: len(stored(influxd)) == 2)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
    assert [one["event_id"] for one in stored(influxd)] == ids
    assert delivery.refusals.count == 0


def test_a_token_is_sent_as_influxdb_2_and_3_want_it(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0ken==\n")
    sink = InfluxDb(InfluxSink(url=receiver.url + "/", token_file=tmp_path / "token", database="a b"))
    sink.deliver([record()])
    (posted,) = receiver.posted
    assert posted.headers["Authorization"] == "Token t0ken=="
    assert posted.path == "/write?db=a+b&precision=ns"


@pytest.mark.parametrize("content", ["tökenЖ", "a b", "a\tb", "a\0b", " ", "abc\x7f"])
def test_a_token_that_no_header_can_carry_is_said(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content, "utf-8")
    with pytest.raises(SinkError, match=f"^token_file: {file}.*expected") as raised:
        InfluxDb(InfluxSink(token_file=file))
    assert not raised.value.is_final


def test_a_byte_order_mark_and_blanks_are_no_part_of_a_token(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xef\xbb\xbft0ken== \t\r\n")
    InfluxDb(InfluxSink(url=receiver.url, token_file=tmp_path / "token")).deliver([record()])
    assert receiver.posted[0].headers["Authorization"] == "Token t0ken=="


def test_every_event_that_the_logger_takes_is_a_point(influxd: Influxd, settings: InfluxSink) -> None:
    odd = [
        record(0, time_doubtful=5),
        record(1, time_doubtful=None),
        record(2, time_doubtful="decided_at"),
        record(decided_at="2026-11-20t12:03:00.000z"),
        record(decided_at="2026-11-20T14:04:00+02:00"),
    ]
    InfluxDb(settings).deliver(odd)
    assert [one["event_id"] for one in stored(influxd)] == [one["event_id"] for one in odd]


def test_what_is_no_point_is_refused_and_holds_up_nobody(receiver: Receiver) -> None:
    with pytest.raises(SinkError, match="no form") as raised:
        InfluxDb(InfluxSink(url=receiver.url)).deliver([record(), record(frames="many")])
    assert raised.value.is_final
    assert not receiver.posted
