import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import DAY_SECONDS, Limits, RotatingLines

BIG = Limits(rotate_bytes=1_000_000)


def numbers(path: Path) -> list[int]:
    """Of all files, in order; every line of every file is JSON."""
    files = [*(closed for _, closed in LogFiles(path).closed()), path]
    return [json.loads(line)["n"] for file in files for line in file.read_bytes().splitlines()]


def lines(*found: int) -> list[bytes]:
    return [b'{"n":%d}' % number for number in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_a_file_that_would_be_too_large_is_closed(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=40))
    for number in range(100, 110):
        log.append(lines(number))
    assert numbers(path) == list(range(100, 110))
    closed = LogFiles(path).closed()
    assert [number for number, _ in closed] == [1, 2]
    assert all(file.stat().st_size <= 40 for _, file in closed)
    assert closed[0][1].name == time.strftime("events-000001-%Y-%m-%d.jsonl", time.gmtime())


def test_a_batch_is_never_divided(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=40))
    log.append(lines(*range(100)))
    log.append(lines(*range(100, 200)))
    assert [file.read_bytes().count(b"\n") for _, file in LogFiles(path).closed()] == [100]


def test_yesterdays_file_is_closed_by_the_next_event_and_also_without_one(path: Path) -> None:
    yesterday = time.time() - DAY_SECONDS
    for number in (1, 2):
        log = RotatingLines(path, BIG)
        log.append(lines(number))
        os.utime(path, (yesterday, yesterday))
        if number == 1:
            log.append(lines(11))
        log.close()
    os.utime(path, (yesterday, yesterday))
    RotatingLines(path, BIG).close()
    assert numbers(path) == [1, 11, 2]
    day = time.strftime("%Y-%m-%d", time.gmtime(yesterday))
    assert [file.name for _, file in LogFiles(path).closed()] == [
        f"events-000001-{day}.jsonl",
        f"events-000002-{day}.jsonl",
    ]
    assert path.read_bytes() == b""


def test_a_clock_that_jumps_loses_and_confuses_nothing(path: Path) -> None:
    now = time.time()
    clocks = [0.0, now + DAY_SECONDS, now, 0.0, now - DAY_SECONDS]
    number = 0
    log = RotatingLines(path, BIG, clock=lambda: clocks[number])
    for number in range(5):
        log.append(lines(number))
    assert numbers(path) == [0, 1, 2, 3, 4]


def test_files_go_when_all_are_too_large(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=16, keep_bytes=48))
    for number in range(100):
        log.append(lines(number))
        kept = [*(closed for _, closed in LogFiles(path).closed()), path]
        assert sum(file.stat().st_size for file in kept) <= 48
    assert numbers(path)[-4:] == [96, 97, 98, 99]


def test_other_files_of_the_folder_are_left_alone(path: Path) -> None:
    others = ["events-000001-2026-01-31.jsonl.gz", "events-1-2026-01-31.jsonl", "quarantine.jsonl", "x.jsonl"]
    for name in others:
        path.with_name(name).write_text("mine")
        os.utime(path.with_name(name), (1.0, 1.0))
    log = RotatingLines(path, Limits(rotate_bytes=8, keep_seconds=1.0, keep_bytes=8))
    log.append(lines(1))
    log.append(lines(2))
    assert all(path.with_name(name).read_text() == "mine" for name in others)


def test_the_tail_takes_as_many_files_as_it_needs(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=32))
    for number in range(100, 150):
        log.append(lines(number))
    for most in (0, 1, 2, 10, 50, 1_000):
        found = [json.loads(line)["n"] for line in log.tail(most)]
        assert found == list(range(100, 150))[50 - min(most, 50) :]


def test_a_rotation_that_fails_between_two_names_deletes_nothing_and_ends_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=16, keep_bytes=32))
    log.append(lines(1, 2))
    Disk(monkeypatch, "replace", 1, errno.EIO)
    log.append(lines(3))
    assert LogFiles(path).closed()[0][1].samefile(path)
    assert path.read_bytes().count(b"\n") == 3
    log.append(lines(4))
    assert numbers(path)[-1] == 4
    assert not LogFiles(path).closed()[0][1].samefile(path)


class Disk:
    """The operating system's calls on files, of which one fails once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, call: str, at: int, code: int) -> None:
        self.calls = 0
        self.real: Callable[..., object] = getattr(os, call)

        def fail(*arguments: object) -> object:
            self.calls += 1
            if self.calls == at:
                if call == "write":  # half of it gets there
                    descriptor, data = arguments
                    assert isinstance(data, bytes)
                    return self.real(descriptor, data[: len(data) // 2])
                raise OSError(code, os.strerror(code))
            return self.real(*arguments)

        monkeypatch.setattr(os, call, fail)


@pytest.mark.parametrize("call", ["write", "fdatasync", "fsync", "open", "ftruncate", "link", "replace"])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("at", range(1, 12))
def test_whichever_call_fails_no_line_is_torn_and_none_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int, at: int
) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=16))
    Disk(monkeypatch, call, at, code)
    for number in range(10):
        while True:
            try:
                log.append(lines(number))
            except OSError:
                continue
            break
    log.close()
    assert numbers(path) == list(range(10))


def test_a_write_that_cannot_be_taken_back_at_once_is_taken_back_later(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RotatingLines(path, BIG)
    log.append(lines(1))
    Disk(monkeypatch, "write", 1, 0)
    Disk(monkeypatch, "ftruncate", 1, errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        log.append(lines(2))
    assert path.read_bytes() == b'{"n":1}\n{"n"'
    log.append(lines(3))
    assert numbers(path) == [1, 3]


@settings(max_examples=40)
@given(cut=st.integers(0, 1_024))
def test_every_cut_of_the_last_kilobyte_loses_no_line_before_it(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "events.jsonl"
    log = RotatingLines(path, Limits(rotate_bytes=600))
    for number in range(100, 300):
        log.append(lines(number))
    log.close()
    data = path.read_bytes()
    left = data[: max(0, len(data) - cut)]
    path.write_bytes(left)
    survivors = numbers_of_whole_lines(path)
    log = RotatingLines(path, Limits(rotate_bytes=600))
    log.append(lines(999))
    log.close()
    assert numbers(path) == [*survivors, 999]


def numbers_of_whole_lines(path: Path) -> list[int]:
    closed = [line for _, file in LogFiles(path).closed() for line in file.read_bytes().splitlines()]
    return [json.loads(line)["n"] for line in [*closed, *path.read_bytes().split(b"\n")[:-1]]]


WRITER = """
import sys
from pathlib import Path
from edge_node.sinks.rotation import Limits, RotatingLines
log = RotatingLines(Path(sys.argv[1]), Limits(rotate_bytes=100))
for number in range(int(sys.argv[2]), 1_000_000):
    log.append([b'{"n":%d}' % number])
    print(number, flush=True)
"""


def test_killed_at_random_while_it_rotates_it_keeps_every_line_that_was_written(path: Path) -> None:
    """What was written and not reported may be there as well: it is the last of its process."""
    known: list[int] = []
    for turn in range(8):
        begin = turn * 100_000
        command = [sys.executable, "-c", WRITER, str(path), str(begin)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            known += [int(writer.stdout.readline()) for _ in range(5 + 7 * turn)]
            writer.kill()
            known += [int(line) for line in writer.stdout if line.endswith("\n")]
    RotatingLines(path, BIG).close()
    found = numbers(path)
    assert found == sorted(set(found))
    assert set(known) <= set(found)
    assert len(found) - len(known) <= 8
    assert len(LogFiles(path).closed()) > 10
