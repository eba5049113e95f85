"""A sink's own files, and the log's retention: what goes wrong with them is said and ends nothing."""

import errno
import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from edge_node import durable
from edge_node.log_files import LogFiles
from edge_node.log_settings import WebhookSink
from edge_node.sinks.build import deliveries
from edge_node.sinks.place_file import PlaceFile
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.logged import line, record, write
from tests.edge_node.sinks.collector import Collector, delivering, is_idle
from tests.edge_node.sinks.receiver import Receiver
from tests.private_broker import eventually

pytestmark = pytest.mark.usefixtures("short_pauses")


damaged = pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0",
        b'{"number":1,"mark":"\xff\xfe","offset":1,"check":"x"}',
        b'{"number":1,"mark":"x","offset":99999999999999999999999999,"check":"x"}',
        b'{"number":1,"mark":"x","offset":-1,"check":"x"}',
        b"",
    ],
)


@damaged
@pytest.mark.parametrize("backfill", [True, False])
def test_a_damaged_place_goes_back_to_the_oldest_event(
    logged: Path, content: bytes, backfill: bool, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    ids = write(logged, record(), record())
    (logged.parent / "sinks").mkdir()
    (logged.parent / "sinks/collector.place").write_bytes(content)
    with delivering(sink, logged, backfill=backfill):
        assert eventually(lambda: sink.got == ids)
    assert "collector.place is damaged" in caplog.text
    assert "from the oldest event" in caplog.text


@damaged
def test_a_damaged_place_loses_no_event_that_waits_and_repeats_few(
    logged: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    log = RotatingLines(logged, Limits(rotate_bytes=3_000))
    log.append([line(record()) for _ in range(12)])
    with delivering(sink, logged):
        assert eventually(lambda: len(sink.got) == 12)
    with delivering(sink, logged, backfill=False):
        log.append([line(record())])
        assert eventually(lambda: len(sink.got) == 13)
        sink.is_away = True
        waiting = [record() for _ in range(7)]
        log.append([line(one) for one in waiting])
        assert eventually(lambda: "away" in caplog.text)
    (logged.parent / "sinks/collector.place").write_bytes(content)
    sink.is_away = False
    with delivering(sink, logged, backfill=False):
        assert eventually(lambda: sink.got[-1:] == [waiting[-1]["event_id"]])
    assert sink.got[-7:] == [one["event_id"] for one in waiting]
    assert 20 <= len(sink.got) <= 21
    assert "from collector.place.before" in caplog.text


def test_a_place_that_cannot_be_read_makes_events_wait(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    ids = write(logged, record(), record())
    place = logged.parent / "sinks/collector.place"
    place.mkdir(parents=True)
    with delivering(sink, logged):
        assert eventually(lambda: "collector.place" in caplog.text)
        assert sink.got == []
        place.rmdir()
        assert eventually(lambda: sink.got == ids)
    assert caplog.text.count("events wait") == 1


def test_a_folder_that_is_taken_away_is_made_again(logged: Path) -> None:
    sink = Collector()
    with delivering(sink, logged) as delivery:
        ids = write(logged, record())
        assert eventually(lambda: sink.got == ids and is_idle(delivery))
        shutil.rmtree(logged.parent / "sinks")
        ids += write(logged, *(record() for _ in range(20)))
        assert eventually(lambda: sink.got == ids)
    with delivering(sink, logged):
        ids += write(logged, record())
        assert eventually(lambda: sink.got == ids)


def test_while_the_place_cannot_be_written_events_go_on(
    logged: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Collector()

    def full(path: Path, chunks: Iterable[bytes]) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(durable, "write", full)
        with delivering(sink, logged):
            ids = write(logged, *(record() for _ in range(30)))
            assert eventually(lambda: sink.got == ids)
            ids += write(logged, record())
            assert eventually(lambda: sink.got == ids)
            assert caplog.text.count("cannot be written") == 1
            patched.undo()
            assert eventually(lambda: "can be written again" in caplog.text)
    with delivering(sink, logged):
        ids += write(logged, record())
        assert eventually(lambda: sink.got == ids)


def test_a_secret_that_is_put_in_place_later_is_taken(
    logged: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    file = logged.parent / "secret"
    file.write_bytes("open sesame\n".encode("utf-16"))
    (delivery,) = deliveries([WebhookSink(url=receiver.url, secret_file=file)], logged)
    ids = write(logged, record(), record())
    delivery.start()
    try:
        assert eventually(lambda: "sinks[0].secret_file" in caplog.text)
        assert not receiver.posted
        file.chmod(0o600)
        file.write_text("open sesame\n")
        assert eventually(lambda: len(receiver.posted) == 2)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
    assert [json.loads(one.body)["event_id"] for one in receiver.posted] == ids
    assert caplog.text.count("events wait") == 1
    assert "everybody" not in caplog.text


def test_a_secret_that_everybody_may_read_is_said_once(
    logged: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    file = logged.parent / "secret"
    file.write_text("open sesame")
    file.chmod(0o644)
    receiver.answers = [503, 503]
    (delivery,) = deliveries([WebhookSink(url=receiver.url, secret_file=file)], logged)
    write(logged, record())
    delivery.start()
    try:
        assert eventually(lambda: len(receiver.posted) == 3)
    finally:
        delivery.stop()
        assert delivery.wait_stopped(15)
    assert caplog.text.count(f"{file} may be read or written by everybody") == 1


def test_what_a_kill_left_behind_is_removed_at_the_next_start(logged: Path, receiver: Receiver) -> None:
    folder = logged.parent / "sinks"
    folder.mkdir()
    (folder / "tmpck80hyi_.part").write_bytes(b"{")
    (folder / "webhook.refused.jsonl").write_bytes(b"{}\n")
    deliveries([WebhookSink(url=receiver.url)], logged)
    left = ["webhook.place", "webhook.place.before", "webhook.refused.jsonl"]
    assert sorted(one.name for one in folder.iterdir()) == left


def test_what_retention_takes_from_a_sink_that_is_away_is_said_and_counted(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink, ids = Collector(), []
    sink.is_away = True
    log = RotatingLines(logged, Limits(rotate_bytes=3_000, keep_bytes=9_000))
    with delivering(sink, logged, synced=lambda: log.synced) as delivery:
        for _ in range(60):
            one = record()
            ids.append(one["event_id"])
            log.append([line(one)])
            log._forget()
        sink.is_away = False
        assert eventually(lambda: sink.got[-1:] == ids[-1:])
    kept = sink.got
    assert kept == ids[-len(kept) :]
    assert len(kept) < 60
    per_file = 3_000 // (len(line(record())) + 1)
    assert delivery.files_missed == (60 - len(kept)) // per_file
    assert "log files 1 to" in caplog.text


def test_a_sink_that_had_all_misses_nothing_when_files_go(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink, ids = Collector(), []
    log = RotatingLines(logged, Limits(rotate_bytes=3_000, keep_bytes=6_000))
    with delivering(sink, logged, synced=lambda: log.synced) as delivery:
        for _ in range(60):
            one = record()
            ids.append(one["event_id"])
            log.append([line(one)])
            assert eventually(lambda: sink.got == ids and is_idle(delivery))
    assert delivery.files_missed == 0
    assert "deleted" not in caplog.text


def test_a_file_that_it_had_before_it_was_away_is_not_missed(
    logged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Collector()
    log = RotatingLines(logged, Limits(rotate_bytes=3_000))
    with delivering(sink, logged, synced=lambda: log.synced) as delivery:
        for number in range(4):
            log.append([line(record()) for _ in range(4)])
            assert sink.is_away or eventually(lambda: len(sink.got) == 4 and is_idle(delivery))
            sink.is_away = True
            if number == 2:
                assert eventually(lambda: "away" in caplog.text)
                dict(LogFiles(logged).closed())[1].write_bytes(b"")
        time.sleep(0.2)
        assert delivery.files_missed == 0
        dict(LogFiles(logged).closed())[2].write_bytes(b"")
        sink.is_away = False
        assert eventually(lambda: len(sink.got) == 12)
    assert "log files 2 to 2 are gone" in caplog.text
    assert delivery.files_missed == 1


def test_refusals_are_bounded_and_said_now_and_then(
    logged: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.sinks.refusals.FILE_BYTES", 5_000)
    monkeypatch.setattr("edge_node.sinks.refusals.REPORT_SECONDS", 1.0)
    sink = Collector()
    sink.batch = 1
    ids = write(logged, *(record() for _ in range(100)))[1::2]
    sink.refuses = set(ids)
    begun = time.monotonic()
    with delivering(sink, logged) as delivery:
        assert eventually(lambda: delivery.refusals.count == 50)
        assert eventually(lambda: "has refused 50 events" in caplog.text)
    assert caplog.text.count("has refused") <= 2 + time.monotonic() - begun
    aside = logged.parent / "sinks/collector.refused.jsonl"
    kept = [aside.with_name(aside.name + ".1"), aside]
    assert sum(file.stat().st_size for file in kept) < 12_000
    lines = [json.loads(one) for file in kept for one in file.read_bytes().splitlines()]
    assert [one["event"]["event_id"] for one in lines] == ids[-len(lines) :]


def test_an_old_place_of_an_empty_log_is_its_beginning(logged: Path) -> None:
    sink = Collector()
    (logged.parent / "sinks").mkdir()
    (logged.parent / "sinks/collector.place").write_bytes(b"null")
    ids = write(logged, record())
    with delivering(sink, logged, backfill=False) as delivery:
        assert eventually(lambda: sink.got == ids)
    assert delivery.files_missed == 0
    assert PlaceFile(logged.parent / "sinks/collector.place").read() is not None


def test_a_place_survives_an_unusable_sink(logged: Path, receiver: Receiver, tmp_path: Path) -> None:
    """The first start begins where the log was at that time, not where it is when the secret is there."""
    file = tmp_path / "secret"
    settings = WebhookSink(url=receiver.url, secret_file=file)
    write(logged, record())
    (first,) = deliveries([settings], logged)
    ids = write(logged, record())
    first.start()
    first.stop()
    assert first.wait_stopped(15)
    file.write_text("secret")
    (second,) = deliveries([settings], logged)
    second.start()
    try:
        assert eventually(lambda: len(receiver.posted) == 1)
    finally:
        second.stop()
        assert second.wait_stopped(15)
    assert json.loads(receiver.posted[0].body)["event_id"] == ids[0]
