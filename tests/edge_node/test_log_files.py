"""Readers of a log that is written, rotated and pruned meanwhile."""

import threading
from pathlib import Path

import pytest

from edge_node.log_files import LogFiles, Place
from edge_node.sinks.rotation import Limits, RotatingLines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def line(number: int) -> bytes:
    return b'{"n":%04d}' % number


def read_all(files: LogFiles, place: Place | None, most: int = 7) -> tuple[list[int], Place | None]:
    found: list[int] = []
    while True:
        lines, place = files.read(place, most)
        if not lines:
            return found, place
        found += [int(one[5:9]) for one in lines]


def test_lines_are_read_once_and_in_order_through_rotations(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=50))
    files, place = LogFiles(path), None
    found: list[int] = []
    for number in range(60):
        log.append([line(number)])
        if number % 7 == 0:
            new, place = read_all(files, place)
            found += new
    new, place = read_all(LogFiles(path), place)
    assert found + new == list(range(60))
    assert read_all(files, place) == ([], place)


def test_the_newest_lines_are_those_of_the_newest_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = LogFiles(path)
    assert files.newest() == []
    log = RotatingLines(path, Limits(rotate_bytes=50))
    for number in range(6):
        log.append([line(number)])
    assert files.newest(log.synced) == files.newest() == [line(5) + b"\n", line(4) + b"\n"]
    before = log.synced
    log.append([line(6)])
    assert files.newest(before) == [line(5) + b"\n", line(4) + b"\n"]
    monkeypatch.setattr("edge_node.log_files.NEWEST_BYTES", 15)
    assert files.newest(log.synced) == [line(6) + b"\n"]


def test_a_reader_and_a_writer_at_once(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=200))

    def write() -> None:
        for number in range(1_000):
            log.append([line(number)])

    writer = threading.Thread(target=write)
    writer.start()
    files, place = LogFiles(path), None
    found: list[int] = []
    while writer.is_alive() or len(found) < 1_000:
        new, place = read_all(files, place)
        found += new
        assert len(found) <= 1_000
        listed = [file.number for file in files.listed()]
        assert listed == sorted(set(listed))
    assert found == list(range(1_000))


def test_a_torn_line_is_not_read_until_it_is_whole(path: Path) -> None:
    path.write_bytes(line(1) + b"\n" + line(2)[:4])
    files = LogFiles(path)
    found, place = read_all(files, None)
    assert found == [1]
    path.write_bytes(line(1) + b"\n" + line(2) + b"\n")
    assert read_all(files, place)[0] == [2]


def test_a_place_in_a_deleted_file_goes_on_at_the_next_one(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=20))
    for number in range(10):
        log.append([line(number)])
    _, place = LogFiles(path).read(None, 1)
    for _, closed in LogFiles(path).closed()[:2]:
        closed.unlink()
    assert read_all(LogFiles(path), place)[0] == [2, 3, 4, 5, 6, 7, 8, 9]


def test_a_log_that_was_wiped_is_read_from_its_new_beginning(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=20))
    for number in range(10):
        log.append([line(number)])
    _, place = read_all(LogFiles(path), None)
    log.close()
    for file in path.parent.iterdir():
        file.unlink()
    RotatingLines(path, Limits(rotate_bytes=1_000)).append([line(77)])
    assert read_all(LogFiles(path), place)[0] == [77]


def test_lines_taken_back_by_a_failed_write_are_noticed(path: Path) -> None:
    path.write_bytes(line(1) + b"\n" + line(2) + b"\n")
    _, place = read_all(LogFiles(path), None)
    path.write_bytes(line(1) + b"\n" + line(3) + b"\n" + line(4) + b"\n")
    assert read_all(LogFiles(path), place)[0] == [1, 3, 4]


def test_a_first_line_that_was_taken_back_does_not_bring_older_files_again(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=20))
    for number in range(5):
        log.append([line(number)])
    _, place = read_all(LogFiles(path), None)
    path.write_bytes(b"")
    assert read_all(LogFiles(path), place)[0] == []
    path.write_bytes(line(9) + b"\n")
    assert read_all(LogFiles(path), place)[0] == [9]


def test_the_end_is_behind_everything(path: Path) -> None:
    files = LogFiles(path)
    assert files.end() is None
    path.write_bytes(line(1) + b"\n" + line(2) + b"\n" + b"torn")
    end = files.end()
    path.write_bytes(line(1) + b"\n" + line(2) + b"\n" + line(3) + b"\n")
    assert read_all(files, end)[0] == [3]


def test_no_folder_is_an_empty_log(tmp_path: Path) -> None:
    files = LogFiles(tmp_path / "nowhere/events.jsonl")
    assert files.listed() == []
    assert files.read(None, 10) == ([], None)


def test_garbage_is_passed_on_as_lines_and_stops_nobody(path: Path) -> None:
    path.write_bytes(b"\0" * 300_000 + b"\n" + b"\xff\xfe\n" + line(3) + b"\n")
    lines, _ = LogFiles(path).read(None, 10)
    assert len(lines) == 3
    assert lines[2] == line(3) + b"\n"
