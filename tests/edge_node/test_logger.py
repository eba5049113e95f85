"""The logger on a real Mosquitto."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from broker import timestamps
from broker.publication import Publication
from edge_node.log_files import LogFiles
from edge_node.logger import EventLogger
from edge_node.sinks.json_lines import JsonLines
from tests.edge_node.logger_at_work import TOPICS, acknowledged, event, ids, logged, logging_to, publish
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log/events.jsonl"


@pytest.fixture
def node(mosquitto: PrivateBroker) -> Iterator[Watcher]:
    """Whoever publishes events."""
    with Watcher(mosquitto.settings, "edge/acks/#", client_id="node-1") as node:
        yield node


def test_every_event_is_one_line(mosquitto: PrivateBroker, node: Watcher, file: Path) -> None:
    events = [event(reason=f"number {number}") for number in range(120)]
    with logging_to(file, mosquitto):
        publish(node, *events)
        assert eventually(lambda: len(logged(file)) == 120)
    records = logged(file)
    assert all(timestamps.from_text(record.pop("logged_at")) for record in records)
    assert records == [json.loads(one.to_json()) for one in events]
    assert "Zoë Ødegård" in file.read_text("utf-8")


def test_what_happens_while_the_logger_is_away_is_logged_when_it_is_back(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    first, second, third = event(), event(), event()
    with logging_to(file, mosquitto):
        publish(node, first)
        assert eventually(lambda: len(logged(file)) == 1)
    publish(node, second, third)
    with logging_to(file, mosquitto):
        assert eventually(lambda: len(logged(file)) == 3)
    assert ids(file) == [first.event_id, second.event_id, third.event_id]


def test_it_outlives_a_restart_of_the_broker(mosquitto: PrivateBroker, node: Watcher, file: Path) -> None:
    with logging_to(file, mosquitto) as logger:
        publish(node, event())
        mosquitto.stop()
        assert eventually(lambda: not logger.session.is_connected)
        node.session.publish(event().to_publication(TOPICS))
        mosquitto.start()
        assert eventually(lambda: len(logged(file)) == 2)


def test_a_duplicate_is_written_once_also_after_a_restart(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    one, other = event(), event()
    with logging_to(file, mosquitto):
        publish(node, one, one, one)
        assert eventually(lambda: len(logged(file)) == 1)
    with logging_to(file, mosquitto):
        publish(node, one, other)
        assert eventually(lambda: len(logged(file)) == 2)
    assert ids(file) == [one.event_id, other.event_id]


def test_of_several_with_one_id_the_first_counts(mosquitto: PrivateBroker, file: Path) -> None:
    with logging_to(file, mosquitto) as logger:
        same = [event(event_id="one", reason=f"number {number}") for number in range(3)]
        logger._write([one.to_publication(TOPICS) for one in same])
    assert [one["reason"] for one in logged(file)] == ["number 0"]


def is_last(file: Path, reason: str) -> bool:
    return any(record["reason"] == reason for record in logged(file)[-1:])


def test_a_duplicate_in_a_file_that_was_closed_is_known_too(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    events = [event() for _ in range(12)]
    for number in range(2):
        with logging_to(file, mosquitto, rotate_bytes=500):
            for one in events:
                publish(node, one)
            publish(node, event(reason=f"last of round {number}"))
            assert eventually(partial(is_last, file, f"last of round {number}"))
    closed = [closed for _, closed in LogFiles(file).closed()]
    assert closed
    found = [one for part in [*closed, file] for one in ids(part)]
    assert found[:12] == [one.event_id for one in events]
    assert len(found) == len(set(found)) == 14


def test_a_clock_that_was_never_set_is_flagged_and_nothing_dropped(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    with logging_to(file, mosquitto):
        publish(node, event(captured_at=datetime(1970, 1, 1, tzinfo=UTC)), event())
        assert eventually(lambda: len(logged(file)) == 2)
    assert [one.get("time_doubtful") for one in logged(file)] == [["captured_at"], None]


def test_what_is_on_disk_is_acknowledged_to_its_node(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    events = [event() for _ in range(70)]
    with logging_to(file, mosquitto):
        publish(node, *events, event(node="node-2"))
        assert eventually(lambda: len(acknowledged(node)) == 70)
        assert eventually(lambda: len(node.on("edge/acks/node-2")) == 1)
    assert acknowledged(node) == [one.event_id for one in events] == ids(file)[:70]


def test_what_is_sent_again_is_acknowledged_again_and_not_written(
    mosquitto: PrivateBroker, node: Watcher, file: Path
) -> None:
    one = event()
    resent = replace(one.to_publication(TOPICS), topic=TOPICS.again(one.device, one.event_type.value))
    with logging_to(file, mosquitto):
        publish(node, one)
        assert eventually(lambda: acknowledged(node) == [one.event_id])
        assert node.session.publish(resent).wait(15)
        assert eventually(lambda: acknowledged(node) == [one.event_id] * 2)
    assert ids(file) == [one.event_id]


def test_killed_between_the_disk_and_the_acknowledgement_it_writes_nothing_twice(
    mosquitto: PrivateBroker, node: Watcher, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = event()
    with monkeypatch.context() as patch:
        patch.setattr(EventLogger, "_acknowledge", lambda *_: None)
        with logging_to(file, mosquitto):
            publish(node, one)
            assert eventually(lambda: ids(file) == [one.event_id])
    assert acknowledged(node) == []
    with logging_to(file, mosquitto):
        assert eventually(lambda: acknowledged(node) == [one.event_id])
    assert ids(file) == [one.event_id]


def test_a_second_logger_may_not_write_the_same_file(file: Path) -> None:
    first = JsonLines(file)
    with pytest.raises(OSError, match="another program writes it"):
        JsonLines(file)
    first.close()
    JsonLines(file).close()


def test_unknown_keys_of_later_versions_are_kept(mosquitto: PrivateBroker, node: Watcher, file: Path) -> None:
    later = json.loads(event().to_json()) | {"mood": "none of our business", "schema": 2}
    with logging_to(file, mosquitto):
        publication = Publication(
            topic="edge/events/front-door/authorised", payload=json.dumps(later).encode(), qos=1
        )
        assert node.session.publish(publication).wait(15)
        assert eventually(lambda: len(logged(file)) == 1)
    assert logged(file)[0] | later == logged(file)[0]


def test_while_the_disk_refuses_events_wait_and_nothing_is_lost(
    mosquitto: PrivateBroker, node: Watcher, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [event() for _ in range(80)]
    refusing = True
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[: len(data) // 2]) if refusing else write(descriptor, data)

    with logging_to(file, mosquitto):
        monkeypatch.setattr("edge_node.sinks.json_lines.os.write", full)
        publish(node, *events)
        time.sleep(1.5)
        assert eventually(lambda: logged(file) == [])
        refusing = False
        assert eventually(lambda: len(logged(file)) == 80)
    assert ids(file) == [one.event_id for one in events]


def test_a_full_disk_is_relieved_by_what_may_go(
    tmp_path: Path, mosquitto: PrivateBroker, node: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    tended: list[float] = []
    with logging_to(tmp_path / "events.jsonl", mosquitto) as logger:
        monkeypatch.setattr(logger._records, "append", refuse)
        monkeypatch.setattr(logger._records, "tend", lambda: tended.append(time.monotonic()))
        node.session.publish(event().to_publication(TOPICS))
        assert eventually(lambda: logger._failing)
        before = len(tended)
        assert eventually(lambda: len(tended) > before + 1)


def refuse(_lines: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_killed_at_random_it_writes_each_event_once(
    mosquitto: PrivateBroker, node: Watcher, file: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"broker: {{port: {mosquitto.settings.port}}}\nlog: {{file: {file}}}\n")
    command = [sys.executable, "-m", "edge_node", "log", "--config", str(config)]
    events = [event() for _ in range(160)]
    with logging_to(file, mosquitto):
        pass  # from here on the broker knows the logger
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for number, one in enumerate(events):
            publish(node, one)
            if number % 40 == 20:
                process.send_signal(signal.SIGKILL)
                process.wait()
                process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        assert eventually(lambda: len(logged(file)) >= 160)
        time.sleep(0.5)
    finally:
        process.kill()
        process.wait()
    assert ids(file) == [one.event_id for one in events]
