import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_node.sinks.json_lines import JsonLines
from edge_node.sinks.pages import PAGE_BYTES
from edge_node.sinks.tail import last_lines
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
        assert [*last_lines([path], 100)] == lines[:kept]
        log.close()
        assert path.read_bytes() == whole[: cut - len(rest)]
        assert not rest.strip() or torn.read_bytes().endswith(rest + b"\n")


@settings(max_examples=60)
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


TORN = """
import sys
from pathlib import Path
from edge_node.sinks.json_lines import JsonLines
from edge_node.sinks.pages import PAGE_BYTES
from edge_node.sinks.tail import last_lines
from tests.edge_node.logged import line, record
log = JsonLines(Path(sys.argv[1]))
lines = [line(record(number)) for number in range(30)]
while True:
    for batch in (50, 1, 7):
        log.append([*lines, *lines][:batch])
"""


def test_a_reader_beside_the_writer_never_sees_half_a_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.touch()
    with subprocess.Popen([sys.executable, "-c", TORN, str(path)]) as writer, path.open("rb") as file:
        reads, half, until = 0, b"", time.monotonic() + 3
        while reads <= 20 or time.monotonic() < until:
            data = file.read()
            reads += bool(data)
            # A tail of spaces belongs to a line that is yet to come, and is nothing to a reader of JSON.
            half = data.rpartition(b"\n")[2].strip(b" ") if data.strip(b" ") else b""
            if half:
                break
        writer.kill()
    assert half == b""


def test_no_line_crosses_a_page_and_each_stays_the_same_json(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = JsonLines(path)
    sizes = [10, 600, 4_000, 90, PAGE_BYTES - 9, PAGE_BYTES - 8, 3 * PAGE_BYTES, 1, 2_000, 2_100, 5] * 3
    texts = [b'{"t":"%s"}' % (b"x" * size) for size in sizes]
    for start in range(0, len(texts), 5):
        log.append(texts[start : start + 5])
    assert [*last_lines([path], 1_000)] == texts
    begin = 0
    for one in path.read_bytes().splitlines(keepends=True):
        first = begin + len(one) - len(one.lstrip(b" "))
        last = begin + len(one.rstrip()) - 1
        assert first // PAGE_BYTES == last // PAGE_BYTES or first % PAGE_BYTES == 0
        begin += len(one)


def test_a_file_cut_by_another_program_ends_with_a_whole_line_before_more_is_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = JsonLines(path)
    log.append([b'{"n":1}', b'{"n":2}'])
    os.truncate(path, 12)
    log.append([b'{"n":3}'])
    os.truncate(path, 0)
    log.append([b'{"n":4}'])
    assert records(path) == [{"n": 4}]
    assert path.with_name("events.jsonl.torn").read_bytes() == b'{"n"\n'


def test_a_torn_line_waits_for_room_to_be_kept_and_the_file_is_of_its_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"n":1}\n{"half')
    os.utime(path, (1e9, 1e9))

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        patch.setattr("edge_node.sinks.json_lines.sync_folder", lambda _folder: None)
        log = JsonLines(path)
        with pytest.raises(OSError, match="No space"):
            log.append([b'{"n":2}'])
        assert path.read_bytes() == b'{"n":1}\n{"half'
    torn = path.with_name("events.jsonl.torn")
    assert torn.read_bytes() == b""
    log.close()
    log = JsonLines(path)
    assert (path.read_bytes(), torn.read_bytes()) == (b'{"n":1}\n', b'{"half\n')
    assert log.modified == 1e9
    log.append([b'{"n":2}'])
    assert records(path) == [{"n": 1}, {"n": 2}]


def test_spaces_at_the_end_are_no_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"n":1}\n' + b" " * 300)
    JsonLines(path).close()
    assert path.read_bytes() == b'{"n":1}\n'
    assert not path.with_name("events.jsonl.torn").exists()


def test_the_last_lines_are_found_from_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / "1", tmp_path / "2", tmp_path / "3"]
    for number, path in enumerate(paths):
        path.write_bytes(b"".join(b"%d  \n" % (100 * number + one) for one in range(100)) + b"torn")
    for block in (5, 64, 1_000_000):
        monkeypatch.setattr("edge_node.sinks.tail._BLOCK_BYTES", block)
        for most in (0, 1, 2, 99, 100, 101, 250, 300, 1_000):
            found = [int(one) for one in last_lines(paths, most)]
            assert found == list(range(300))[300 - min(most, 300) :]


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
