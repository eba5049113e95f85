"""Readers of the log know how far it is on disk."""

from pathlib import Path

from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.logged import line, record

LARGE = Limits(rotate_bytes=1_000_000)


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
