import itertools
import shutil
import time
from pathlib import Path

import pytest

from camera_agent.pace import Pace
from camera_agent.settings import FolderSource
from camera_agent.sources import SourceError, open_source

FAST = 60.0


@pytest.fixture
def folder(photos: Path, tmp_path: Path) -> Path:
    for source, name in [("biden.jpg", "b.JPG"), ("obama.jpg", "a.jpeg"), ("grace_hopper.jpg", "c.jpg")]:
        shutil.copy(photos / source, tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


def test_sends_the_pictures_in_order_byte_for_byte(folder: Path) -> None:
    source = open_source(FolderSource(path=folder, loop=False, frames_each=2), Pace(FAST))
    sent = [captured.jpeg for captured in source.frames()]
    names = ["a.jpeg", "a.jpeg", "b.JPG", "b.JPG", "c.jpg", "c.jpg"]
    assert sent == [(folder / name).read_bytes() for name in names]
    assert source.replay


def test_a_list_of_files_keeps_its_order_and_loops(folder: Path) -> None:
    files = (folder / "c.jpg", folder / "a.jpeg")
    source = open_source(FolderSource(files=files), Pace(FAST))
    sent = [captured.jpeg for captured in itertools.islice(source.frames(), 5)]
    assert sent == [files[i].read_bytes() for i in (0, 1, 0, 1, 0)]
    assert not source.replay


def test_keeps_the_pace(folder: Path) -> None:
    source = open_source(FolderSource(path=folder), Pace(20))
    began = time.monotonic()
    assert len(list(itertools.islice(source.frames(), 11))) == 11
    assert 0.45 < time.monotonic() - began < 2


def test_stop_ends_the_frames(folder: Path) -> None:
    source = open_source(FolderSource(path=folder), Pace(0.01))
    frames = source.frames()
    next(frames)
    source.stop()
    assert list(frames) == []


def test_a_missing_or_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere cannot be read: No such file or directory; make it, or"):
        open_source(FolderSource(path=tmp_path / "nowhere"), Pace(5))
    with pytest.raises(SourceError, match=r"no \*\.jpg or \*\.jpeg in folder .*; put some there, or correct"):
        open_source(FolderSource(path=tmp_path), Pace(5))


def test_a_file_that_is_no_jpeg_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\x89PNG")
    with pytest.raises(SourceError, match=r"a\.jpg is no JPEG"):
        next(open_source(FolderSource(path=tmp_path), Pace(5)).frames())
