"""From the log to a sink, whatever happens to either."""

import json
import threading
import time
from pathlib import Path

import pytest

from broker import strict_json
from edge_node.log_settings import WebhookSink
from edge_node.sinks.build import deliveries
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.logged import line, record, write
from tests.edge_node.sinks.collector import Collector, delivering
from tests.edge_node.sinks.receiver import Receiver, receiving
from tests.private_broker import eventually, free_port

pytestmark = pytest.mark.usefixtures("short_pauses")


def test_each_event_comes_once_and_in_order_over_restarts_and_rotations(logged: Path) -> None:
    sink, ids = Collector(), []
    log = RotatingLines(logged, Limits(rotate_bytes=3_000))
    for _ in range(3):
        with delivering(sink, logged):
            for _ in range(12):
                one = record()
                ids.append(one["event_id"])
                log.append([line(one)])
            assert eventually(lambda: len(sink.got) >= len(ids))
        for _ in range(7):
            one = record()
            ids.append(one["event_id"])
            log.append([line(one)])
    with delivering(sink, logged):
        assert eventually(lambda: len(sink.got) >= len(ids))
    assert sink.got == ids


def test_while_it_is_away_events_wait(logged: Path) -> None:
    sink = Collector()
    sink.is_away = True
    with delivering(sink, logged):
        ids = write(logged, *(record() for _ in range(20)))
        time.sleep(0.1)
        assert sink.got == []
        sink.is_away = False
        assert eventually(lambda: sink.got == ids)


def test_what_is_refused_for_good_is_put_aside_and_holds_up_nobody(logged: Path) -> None:
    sink = Collector()
    ids = write(logged, *(record() for _ in range(12)))
    sink.refuses = {ids[3], ids[8]}
    with delivering(sink, logged) as delivery:
        assert eventually(lambda: len(sink.got) == 10)
        assert eventually(lambda: delivery.refusals.count == 2)
    assert sink.got == [one for one in ids if one not in (ids[3], ids[8])]
    aside = (logged.parent / "sinks/collector.refused.jsonl").read_text().splitlines()
    assert [json.loads(one)["event"]["event_id"] for one in aside] == [ids[3], ids[8]]
    assert delivery.refusals.count == 2


def test_a_bad_event_in_a_large_batch_costs_few_requests_and_nothing_is_done_twice(logged: Path) -> None:
    sink = Collector()
    sink.batch, sink.tires_after = 500, 7
    ids = write(logged, *(record() for _ in range(300)))
    sink.refuses = {ids[150]}
    with delivering(sink, logged) as delivery:
        assert eventually(lambda: len(sink.got) >= 299)
    assert sink.got == [one for one in ids if one != ids[150]]
    assert sink.asked < 30
    aside = (logged.parent / "sinks/collector.refused.jsonl").read_text().splitlines()
    assert [json.loads(one)["event"]["event_id"] for one in aside] == [ids[150]]
    assert delivery.refusals.count == 1


def test_another_cause_is_said_and_causes_that_alternate_are_not_said_for_ever(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    (delivery,) = deliveries([WebhookSink(url=f"http://127.0.0.1:{port}", backfill=True)], logged)
    write(logged, record())
    delivery.start()
    try:
        assert eventually(lambda: "Connection refused" in caplog.text)
        with receiving(port) as receiver:
            receiver.answers = [404, 404, 401, 500, 401, 500, 401, 500, 401, 500, 204]
            assert eventually(lambda: "goes on" in caplog.text)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(5)
    for cause in ("Connection refused", "answers 404", "answers 401", "answers 500"):
        assert caplog.text.count(cause) == 1


def test_a_bug_of_a_sink_makes_events_wait(logged: Path, caplog: pytest.LogCaptureFixture) -> None:
    sink = Collector()
    ids = write(logged, *(record() for _ in range(3)))
    sink.stumbles_over = {ids[1]}
    with delivering(sink, logged) as delivery:
        assert eventually(lambda: "events wait" in caplog.text)
        sink.stumbles_over = set()
        assert eventually(lambda: sink.got == ids)
    assert delivery.refusals.count == 0
    assert "KeyError" in caplog.text
    assert "goes on" in caplog.text


def test_garbage_in_the_log_is_passed_over_and_said(logged: Path, caplog: pytest.LogCaptureFixture) -> None:
    sink = Collector()
    first = write(logged, record())
    with logged.open("ab") as file:
        file.write(b'\0\0\0\n{"event_id":1}\nnull\n[]\n\xff\n')
    with delivering(sink, logged) as delivery:
        second = write(logged, record())
        assert eventually(lambda: sink.got == first + second)
    assert delivery.lines_passed == 5
    assert caplog.text.count("are no events") == 1


def test_an_event_of_the_largest_size_on_the_wire_is_delivered_with_its_stamp(logged: Path) -> None:
    sink = Collector()
    one = record(note="")
    one["note"] = "x" * (strict_json.MAX_BYTES - len(line(one)))
    one["time_doubtful"] = ["decided_at"]
    ids = write(logged, one, record(latency_ms=2**70), record(similarity=7.5))
    with delivering(sink, logged):
        assert eventually(lambda: sink.got == ids)


def test_without_backfill_it_begins_with_the_next_event(logged: Path) -> None:
    sink = Collector()
    write(logged, *(record() for _ in range(3)))
    with delivering(sink, logged, backfill=False):
        new = write(logged, record())
        assert eventually(lambda: sink.got == new)
    missed = write(logged, record())
    with delivering(sink, logged, backfill=False):
        assert eventually(lambda: sink.got == new + missed)


def test_an_empty_log_at_the_first_start_is_remembered(logged: Path) -> None:
    sink = Collector()
    with delivering(sink, logged, backfill=False):
        pass
    missed = write(logged, record())
    with delivering(sink, logged, backfill=False):
        assert eventually(lambda: sink.got == missed)


def test_a_server_that_comes_back_gets_all(logged: Path) -> None:
    port = free_port()
    (delivery,) = deliveries([WebhookSink(url=f"http://127.0.0.1:{port}", backfill=True)], logged)
    ids = write(logged, *(record() for _ in range(5)))
    delivery.start()
    try:
        time.sleep(0.1)
        with receiving(port) as receiver:
            receiver.answers = [503, 204, 500]
            assert eventually(lambda: delivered(receiver)[-1:] == ids[-1:])
            assert list(dict.fromkeys(delivered(receiver))) == ids
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)


def test_a_server_that_never_answers_delays_neither_the_log_nor_another_sink(
    logged: Path, receiver: Receiver
) -> None:
    with receiving() as other:
        receiver.hang.set()
        sinks = [WebhookSink(url=receiver.url, timeout_seconds=30), WebhookSink(url=other.url, name="other")]
        built = deliveries(sinks, logged)
        for delivery in built:
            delivery.start()
        try:
            log = RotatingLines(logged, Limits(rotate_bytes=1_000_000))
            begun = time.monotonic()
            for _ in range(20):
                log.append([line(record())])
            assert time.monotonic() - begun < 15
            assert eventually(lambda: len(other.posted) == 20)
            assert len(receiver.posted) <= 1
        finally:
            receiver.hang.clear()
            for delivery in built:
                delivery.stop()
                assert delivery.wait_stopped(15)


def test_a_sink_that_no_thread_is_left_for_starts_when_there_is_one(
    logged: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    sink = Collector()
    ids = write(logged, record())
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        with delivering(sink, logged) as delivery:
            delivery.start()
    assert caplog.text.count("can't start new thread; events wait in the log") == 1
    with delivering(sink, logged) as delivery:
        delivery.start()
        assert eventually(lambda: sink.got == ids)


def delivered(receiver: Receiver) -> list[str]:
    return [json.loads(one.body)["event_id"] for one in list(receiver.posted)]
