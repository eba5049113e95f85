"""A sink gets what is on disk for good, and nothing before."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.logged import line, record
from tests.edge_node.sinks.collector import Collector, delivering
from tests.private_broker import eventually

pytestmark = pytest.mark.usefixtures("short_pauses")

LARGE = Limits(rotate_bytes=1_000_000)


def test_what_could_not_be_synced_is_not_delivered_and_nothing_comes_twice(
    logged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, records = Collector(), [record() for _ in range(4)]
    log = RotatingLines(logged, LARGE)
    is_written, may_fail = threading.Event(), threading.Event()

    def fail_late(descriptor: int) -> None:
        is_written.set()
        assert may_fail.wait(10)
        raise OSError(errno.EIO, "injected")

    def write_in_vain() -> None:
        with pytest.raises(OSError, match="injected"):
            log.append([line(records[2])])

    with delivering(sink, logged, synced=lambda: log.synced):
        log.append([line(one) for one in records[:2]])
        assert eventually(lambda: len(sink.got) == 2)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", fail_late)
            writer = threading.Thread(target=write_in_vain)
            writer.start()
            assert is_written.wait(10)
            assert records[2]["event_id"] in logged.read_text()
            time.sleep(0.3)
            assert len(sink.got) == 2
            may_fail.set()
            writer.join()
        log.append([line(records[3])])
        log.append([line(records[2])])
        assert eventually(lambda: len(sink.got) >= 4)
    assert sink.got == [records[number]["event_id"] for number in (0, 1, 3, 2)]


def test_of_a_file_that_has_just_been_begun_nothing_is_read_before_the_log_says_so(logged: Path) -> None:
    log, files = RotatingLines(logged, Limits(rotate_bytes=1_000)), LogFiles(logged)
    log.append([line(record())])
    before = log.synced
    log.append([line(record())])
    closed, place = files.read(None, 10, before)
    assert len(closed) == 1
    assert files.read(place, 10, before) == ([], place)
    opened, _ = files.read(place, 10, log.synced)
    assert len(opened) == 1


def test_what_was_there_at_the_opening_is_safe(logged: Path) -> None:
    logged.write_bytes(line(record()) + b"\n" + b"half a li")
    log = RotatingLines(logged, LARGE)
    lines, _ = LogFiles(logged).read(None, 10, log.synced)
    assert len(lines) == 1
    assert log.synced.size_bytes == logged.stat().st_size


def test_behind_a_file_whose_end_is_not_known_yet_nothing_is_read(logged: Path) -> None:
    log, files = RotatingLines(logged, Limits(rotate_bytes=1_500)), LogFiles(logged)
    records = [line(record()) for _ in range(6)]
    log.append(records[:1])
    before = log.synced
    _, place = files.read(None, 10, before)
    for one in records[1:]:
        log.append([one])
    assert len(files.closed()) == 2
    assert files.read(place, 10, before)[0] == []
    read = []
    while lines := (answer := files.read(place, 10, log.synced))[0]:
        read += lines
        place = answer[1]
    assert [one.strip() for one in read] == records[1:]
