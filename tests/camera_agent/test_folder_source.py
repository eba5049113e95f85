import itertools
import logging
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
    assert 0.45 < time.monotonic() - began < 5


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


def test_a_replay_skips_what_is_no_picture(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "a-first.jpg").write_text("notes")
    (folder / "b-folder.jpg").mkdir()
    (folder / "d.jpg").write_text("more notes")
    source = open_source(FolderSource(path=folder, loop=False), Pace(FAST))
    (folder / "b.JPG").unlink()
    sent = [captured.jpeg for captured in source.frames()]
    assert sent == [(folder / name).read_bytes() for name in ("a.jpeg", "c.jpg")]
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 4
    assert caplog.messages == [
        f"{folder}/a-first.jpg is no JPEG; take it away, or convert it; skipped",
        f"{folder}/b-folder.jpg cannot be read: Is a directory; skipped",
        f"{folder}/b.JPG cannot be read: No such file or directory; skipped",
        f"{folder}/d.jpg is no JPEG; take it away, or convert it; skipped",
    ]


def test_a_loop_warns_once_of_a_file_and_sends_it_when_it_is_mended(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (folder / "b.JPG").write_text("half a picture")
    frames = open_source(FolderSource(path=folder), Pace(FAST)).frames()
    sent = [captured.jpeg for captured in itertools.islice(frames, 6)]
    assert sent == [(folder / name).read_bytes() for name in ("a.jpeg", "c.jpg")] * 3
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG", "DEBUG"]
    shutil.copy(folder / "a.jpeg", folder / "b.JPG")
    assert len({captured.jpeg for captured in itertools.islice(frames, 3)}) == 2
    assert len(caplog.records) == 3


def test_a_folder_without_one_good_picture_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\x89PNG")
    (tmp_path / "b.jpg").write_text("notes")
    with pytest.raises(SourceError, match=r"^none of the files can be sent: .*a\.jpg is no JPEG; take it"):
        next(open_source(FolderSource(path=tmp_path), Pace(5)).frames())
    assert caplog.messages == []


def test_a_loop_fails_when_its_last_picture_goes(folder: Path) -> None:
    frames = open_source(FolderSource(files=(folder / "a.jpeg", folder / "c.jpg")), Pace(FAST)).frames()
    next(frames)
    (folder / "a.jpeg").unlink()
    (folder / "c.jpg").unlink()
    with pytest.raises(SourceError, match=r"none of the files can be sent: .*a\.jpeg cannot be read"):
        next(frames)
