import errno
import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_node.sinks.json_lines import JsonLines
from tests.edge_node.logged import line, record


def records(path: Path) -> list[object]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_lines_are_appended_over_restarts(tmp_path: Path) -> None:
    path = tmp_path / "log" / "events.jsonl"
    for number in range(3):
        log = JsonLines(path)
        log.append([b'{"n":%d}' % number])
        log.close()
    assert records(path) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_every_cut_of_the_last_kilobyte_loses_no_synced_event(tmp_path: Path) -> None:
    path, torn = tmp_path / "events.jsonl", tmp_path / "events.jsonl.torn"
    lines = [line(record(number)) for number in range(40)]
    log = JsonLines(path)
    log.append(lines)
    log.close()
    whole = path.read_bytes()
    for cut in range(len(whole) - 1024, len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = whole[:cut].count(b"\n")
        rest = whole[:cut].rpartition(b"\n")[2]
        log = JsonLines(path)
        assert [*log.tail(1_000_000)] == lines[:kept]
        log.close()
        assert path.read_bytes() == whole[: cut - len(rest)]
        assert not rest or torn.read_bytes().endswith(rest + b"\n")


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 60), junk=st.binary(max_size=20).filter(lambda data: b"\n" not in data))
def test_a_cut_with_junk_after_it_loses_no_whole_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
) -> None:
    path = tmp_path_factory.mktemp("cut") / "events.jsonl"
    found = b"".join(b'{"n":%d}\n' % number for number in range(7))[:cut] + junk
    whole, torn = found[: found.rfind(b"\n") + 1], found[found.rfind(b"\n") + 1 :]
    path.write_bytes(found)
    log = JsonLines(path)
    log.append([b'{"n":99}'])
    log.close()
    assert path.read_bytes() == whole + b'{"n":99}\n'
    kept = path.with_name("events.jsonl.torn")
    assert (kept.read_bytes() if kept.exists() else b"") == (torn + b"\n" if torn else b"")


def test_a_tail_of_zeros_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"n":1}\n' + bytes(200_000))
    JsonLines(path).append([b'{"n":2}'])
    assert records(path) == [{"n": 1}, {"n": 2}]


def test_a_removed_file_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = JsonLines(path)
    log.append([b"{}"])
    path.unlink()
    log.append([b'{"n":2}'])
    assert records(path) == [{"n": 2}]


def test_a_renamed_file_is_left_alone_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = JsonLines(path)
    log.append([b'{"n":1}'])
    path.rename(tmp_path / "events.jsonl.1")
    log.append([b'{"n":2}'])
    assert records(tmp_path / "events.jsonl.1") == [{"n": 1}]
    assert records(path) == [{"n": 2}]


def test_a_file_that_cannot_be_begun_again_is_tried_again_and_nothing_else_is_written_to(
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.jsonl"
    log = JsonLines(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        log.append([b'{"n":1}'])
    bystander = tmp_path / "bystander"
    with bystander.open("wb"):
        with pytest.raises(IsADirectoryError):
            log.append([b'{"n":1}'])
        path.rmdir()
        log.append([b'{"n":1}'])
    assert bystander.read_bytes() == b""
    assert records(path) == [{"n": 1}]


def test_the_tail_starts_with_a_whole_line(tmp_path: Path) -> None:
    log = JsonLines(tmp_path / "events.jsonl")
    log.append([b'{"n":%03d}' % number for number in range(100)])
    assert list(log.tail(25)) == [b'{"n":098}', b'{"n":099}']
    assert len(list(log.tail(10_000))) == 100


@pytest.mark.skipif(os.geteuid() != 0, reason="this machine does not let a user mount a small disk")
def test_a_full_disk_leaves_no_torn_line_and_room_is_used_again(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a small disk")
    try:
        log = JsonLines(disk / "events.jsonl")
        (disk / "ballast").write_bytes(bytes(40_000))
        line = b'{"text":"%s"}' % (b"x" * 3_000)
        written = 0
        for _ in range(100):
            try:
                log.append([line])
            except OSError as error:
                code = error.errno
                break
            written += 1
        assert len(records(disk / "events.jsonl")) == written
        (disk / "ballast").unlink()
        log.append([line])
        assert (code, 0 < written < 100) == (errno.ENOSPC, True)
        assert len(records(disk / "events.jsonl")) == written + 1
        log.close()
    finally:
        subprocess.run(["umount", str(disk)], check=True)
