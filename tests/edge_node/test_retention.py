"""Which closed files go, by clocks that are right, wrong, and never set."""

import json
import os
import time
from pathlib import Path

import pytest

from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import DAY_SECONDS, TEND_SECONDS, Limits, RotatingLines

HOUR = 3_600.0
YEAR = 365 * DAY_SECONDS
OLD = Limits(rotate_bytes=8, keep_seconds=YEAR)


class Clocks:
    """wall goes with monotonic, unless it is set."""

    def __init__(self) -> None:
        self.wall, self.monotonic = time.time(), 50.0

    def wait(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def log(self, path: Path, limits: Limits = OLD) -> RotatingLines:
        return RotatingLines(path, limits, clock=lambda: self.wall, monotonic=lambda: self.monotonic)

    def run(self, log: RotatingLines, seconds: float) -> None:
        """As the logger does when nothing comes."""
        for _ in range(int(seconds / TEND_SECONDS) + 1):
            self.wait(TEND_SECONDS)
            log.tend()


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def kept(path: Path) -> list[int]:
    files = [*(closed for _, closed in LogFiles(path).closed()), path]
    return [json.loads(line)["n"] for file in files for line in file.read_bytes().splitlines()]


def write(log: RotatingLines, *found: int) -> None:
    for number in found:
        log.append([b'{"n":%d}' % number])


def date_files(path: Path, seconds: float, most: int = 100) -> None:
    for _, closed in LogFiles(path).closed()[:most]:
        os.utime(closed, (seconds, seconds))


def test_one_old_file_goes_in_an_hour_once_the_clock_has_run_for_one(
    path: Path, clocks: Clocks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    log = clocks.log(path)
    write(log, *range(5))
    date_files(path, clocks.wall - YEAR - 1, 2)
    clocks.run(log, HOUR - 60)
    assert kept(path) == [0, 1, 2, 3, 4]
    clocks.run(log, 60)
    assert kept(path) == [1, 2, 3, 4]
    assert [one.message for one in caplog.records if "older than log.keep_days" in one.message]
    clocks.run(log, HOUR - 60)
    assert kept(path) == [1, 2, 3, 4]
    clocks.run(log, 60)
    assert kept(path) == [2, 3, 4]
    clocks.run(log, 3 * HOUR)
    assert kept(path) == [2, 3, 4]


def test_a_clock_that_jumps_ahead_for_a_while_deletes_nothing(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path)
    write(log, *range(5))
    clocks.run(log, 2 * HOUR)
    right = clocks.wall
    clocks.wall += 14 * YEAR
    clocks.run(log, HOUR - 60)
    write(log, 5)
    clocks.wall = right
    clocks.run(log, 2 * HOUR)
    assert kept(path) == [0, 1, 2, 3, 4, 5]


def test_a_start_with_a_clock_far_ahead_deletes_nothing(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path)
    write(log, *range(5))
    log.close()
    clocks.wall += 14 * YEAR
    clocks.log(path).close()
    assert kept(path) == [0, 1, 2, 3, 4]


def test_files_of_a_clock_that_was_never_set_are_kept_their_full_time(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path)
    write(log, *range(3))
    log.close()
    date_files(path, 86_400.0)
    os.utime(path, (86_400.0, 86_400.0))
    log = clocks.log(path)
    clocks.run(log, 2 * HOUR)
    assert kept(path) == [0, 1, 2]
    assert "1970-01-02" in LogFiles(path).closed()[-1][1].name
    clocks.wall += YEAR - 5 * HOUR
    clocks.run(log, 2 * HOUR)
    assert kept(path) == [0, 1, 2]
    clocks.run(log, 3 * HOUR)
    assert len(kept(path)) < 3


def test_a_clock_that_is_not_set_dates_nothing(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path)
    write(log, *range(3))
    date_files(path, 100.0)
    clocks.wall = 86_400.0
    clocks.run(log, 2 * HOUR)
    assert LogFiles(path).closed()[0][1].stat().st_mtime == 100.0


def test_numbers_never_begin_again(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path)
    write(log, *range(3))
    date_files(path, clocks.wall - YEAR - HOUR)
    clocks.run(log, 4 * HOUR)
    assert kept(path) == [2]
    write(log, 3)
    assert kept(path) == [2, 3]
    assert [number for number, _ in LogFiles(path).closed()] == [3]


def test_too_large_is_counted_with_what_the_open_file_has(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path, Limits(rotate_bytes=45, keep_bytes=120))
    write(log, *range(10, 23))
    assert kept(path) == list(range(10, 23))
    write(log, 23)
    assert kept(path) == list(range(15, 24))


def test_when_one_file_may_be_as_large_as_all_half_of_it_is_kept_through_a_rotation(
    path: Path, clocks: Clocks
) -> None:
    log = clocks.log(path, Limits(rotate_bytes=90, keep_bytes=90))
    for number in range(10, 99):
        write(log, number)
        assert kept(path) == list(range(10, number + 1))[-len(kept(path)) :]
        assert min(5, number - 9) <= len(kept(path)) <= 10


def test_a_file_of_a_time_to_come_does_not_keep_those_after_it(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path)
    write(log, *range(5))
    closed = [file for _, file in LogFiles(path).closed()]
    for file, years in zip(closed, (-1.1, 14, -1.1, -1.1), strict=True):
        when = clocks.wall + years * YEAR
        os.utime(file, (when, when))
    clocks.run(log, 6 * HOUR)
    assert kept(path) == [1, 4]
    clocks.run(log, 1)
    clocks.wait(YEAR + HOUR)
    clocks.run(log, 2 * HOUR)
    assert 1 not in kept(path)


def test_files_go_at_the_pace_at_which_they_come(path: Path, clocks: Clocks) -> None:
    log = clocks.log(path, Limits(rotate_bytes=8, keep_seconds=DAY_SECONDS))
    for number in range(480):
        write(log, number)
        os.utime(path, (clocks.wall, clocks.wall))
        clocks.wait(DAY_SECONDS / 240)
        log.tend()
    assert 230 < len(LogFiles(path).closed()) < 290
