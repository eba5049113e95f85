"""How a file of the log gets its closed name while others read it, on disks of several kinds."""

import errno
import json
import os
import threading
import time
from datetime import date
from pathlib import Path

import pytest

from edge_node.log_files import LogFiles
from edge_node.sinks.rotation import Limits, RotatingLines

BIG = Limits(rotate_bytes=1_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def lines(*found: int) -> list[bytes]:
    return [b'{"n":%d}' % number for number in found]


def numbers(path: Path) -> list[int]:
    files = [*(closed for _, closed in LogFiles(path).closed()), path]
    return [json.loads(line)["n"] for file in files for line in file.read_bytes().splitlines()]


def test_the_open_name_always_has_a_file(path: Path) -> None:
    log = RotatingLines(path, Limits(rotate_bytes=16))
    missing, over = [], threading.Event()

    def look() -> None:
        while not over.is_set():
            if not path.exists():
                missing.append(time.monotonic())

    watcher = threading.Thread(target=look)
    watcher.start()
    for number in range(400):
        log.append(lines(number))
    over.set()
    watcher.join()
    assert len(LogFiles(path).closed()) > 100
    assert missing == []


def test_a_rotation_cut_short_between_two_names_is_brought_to_its_end(path: Path) -> None:
    log = RotatingLines(path, BIG)
    log.append(lines(1))
    log.close()
    closed = LogFiles(path).name_for(1, date(2026, 11, 20))
    os.link(path, closed)
    assert len(LogFiles(path).listed()) == 1
    log = RotatingLines(path, BIG)
    log.append(lines(2))
    assert not closed.samefile(path)
    assert numbers(path) == [1, 2]
    assert len(LogFiles(path).closed()) == 1


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
def test_without_hard_links_files_are_renamed(path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", refuse)
    log = RotatingLines(path, Limits(rotate_bytes=16))
    for number in range(9):
        log.append(lines(number))
    assert numbers(path) == list(range(9))
    assert len(LogFiles(path).closed()) == 4


def test_a_folder_with_the_name_of_a_closed_file_is_none(path: Path) -> None:
    folder = LogFiles(path).name_for(1, date(2026, 1, 1))
    folder.mkdir()
    log = RotatingLines(path, Limits(rotate_bytes=8, keep_seconds=60.0))
    for number in range(3):
        log.append(lines(number))
    assert numbers(path) == [0, 1, 2]
    assert [number for number, _ in LogFiles(path).closed()] == [2, 3]
    assert len(LogFiles(path).listed()) == 3
    assert folder.is_dir()


def test_a_link_leads_to_the_folder_where_the_files_are(path: Path, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    path.symlink_to(tmp_path / "usb/faces.jsonl")
    log = RotatingLines(path, Limits(rotate_bytes=8))
    for number in range(3):
        log.append(lines(number))
    assert path.is_symlink()
    assert [file.parent.name for _, file in LogFiles(path).closed()] == ["usb", "usb"]
    read = [LogFiles(path).read(None, 10)[0], [*log.tail(10)]]
    assert read == [[b'{"n":0}\n'], lines(0, 1, 2)]
