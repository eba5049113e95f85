"""What a place refuses is put aside when it is about the event, and waits when it may be the address."""

import json
from pathlib import Path

import pytest

from edge_node.log_settings import InfluxSink, WebhookSink
from edge_node.sinks.build import deliveries
from edge_node.sinks.offers import TRUSTED_REFUSALS
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.logged import line, record, write
from tests.edge_node.sinks.collector import Collector, delivering
from tests.edge_node.sinks.receiver import Receiver
from tests.private_broker import eventually

pytestmark = pytest.mark.usefixtures("short_pauses")


class Everything:
    def __contains__(self, event_id: object) -> bool:
        return True


def aside(logged: Path, name: str = "collector") -> list[str]:
    file = logged.parent / f"sinks/{name}.refused.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return [json.loads(one)["event"]["event_id"] for one in lines]


def test_a_place_that_refuses_all_from_the_start_makes_events_wait(
    logged: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.always = 400
    ids = write(logged, *(record() for _ in range(5)), record(muted="night"))
    (delivery,) = deliveries([WebhookSink(url=receiver.url, backfill=True)], logged)
    delivery.start()
    try:
        assert eventually(lambda: len(receiver.posted) > 6)
        assert aside(logged, "webhook") == []
        assert caplog.text.count("may be about the address; events wait") == 1
        receiver.always = 204
        assert eventually(lambda: "goes on" in caplog.text)
        assert eventually(lambda: posted(receiver)[-5:] == ids[:5])
    finally:
        delivery.stop()
        assert delivery.wait_stopped(5)
    assert aside(logged, "webhook") == []


def test_an_event_refused_just_before_the_place_is_mended_is_taken(logged: Path, receiver: Receiver) -> None:
    receiver.answers = [400]
    ids = write(logged, *(record() for _ in range(3)))
    (delivery,) = deliveries([WebhookSink(url=receiver.url, backfill=True)], logged)
    delivery.start()
    try:
        assert eventually(lambda: posted(receiver) == [ids[0], ids[2], *ids])
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
    assert aside(logged, "webhook") == []


def test_a_bad_event_at_the_start_is_put_aside_once_the_newest_is_taken(logged: Path) -> None:
    sink = Collector()
    ids = write(logged, *(record() for _ in range(8)))
    sink.refuses = {ids[0]}
    with delivering(sink, logged):
        assert eventually(lambda: len(sink.got) == 8)
    assert sink.got == [ids[-1], *ids[1:]]
    assert aside(logged) == [ids[0]]


def test_a_bad_event_that_is_the_only_one_waits_for_another(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    bad = write(logged, record())
    sink.refuses = set(bad)
    with delivering(sink, logged):
        assert eventually(lambda: "events wait" in caplog.text)
        assert aside(logged) == []
        good = write(logged, record())
        assert eventually(lambda: good[0] in sink.got)
        assert eventually(lambda: aside(logged) == bad)


def test_a_place_that_begins_to_refuse_all_gets_few_of_them_put_aside(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    first = write(logged, record())
    with delivering(sink, logged):
        assert eventually(lambda: sink.got == first)
        sink.refuses = Everything()
        ids = write(logged, *(record() for _ in range(40)))
        assert eventually(lambda: "events wait" in caplog.text)
        assert aside(logged) == ids[:TRUSTED_REFUSALS]
        sink.refuses = ()
        assert eventually(lambda: sink.got[-30:] == ids[-30:])
    assert aside(logged) == ids[:TRUSTED_REFUSALS]


def test_many_bad_events_in_a_row_hold_up_nobody_for_ever(logged: Path) -> None:
    sink = Collector()
    ids = write(logged, *(record() for _ in range(40)))
    sink.refuses = set(ids[:35])
    with delivering(sink, logged):
        assert eventually(lambda: sink.got[-5:] == ids[-5:])
    assert aside(logged) == ids[:35]
    assert set(sink.got) == set(ids[-5:])


def test_what_has_no_form_is_put_aside_whatever_the_place_says(logged: Path, receiver: Receiver) -> None:
    ids = write(logged, record(frames="many"))
    (delivery,) = deliveries([InfluxSink(url=receiver.url)], logged)
    delivery.start()
    try:
        assert eventually(lambda: aside(logged, "influxdb") == ids)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(5)
    assert not receiver.posted


def test_the_newest_event_is_tried_only_when_it_is_on_disk(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    log = RotatingLines(logged, Limits(rotate_bytes=100_000))
    bad, good = record(), record()
    log.append([line(bad)])
    synced = log.synced
    log.append([line(good)])
    sink.refuses = {bad["event_id"]}
    with delivering(sink, logged, synced=lambda: synced):
        assert eventually(lambda: "events wait" in caplog.text)
        assert sink.got == []
        synced = log.synced
        assert eventually(lambda: aside(logged) == [bad["event_id"]])
        assert eventually(lambda: good["event_id"] in sink.got)


def posted(receiver: Receiver) -> list[str]:
    return [json.loads(one.body)["event_id"] for one in list(receiver.posted)]
