from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from edge_node.engine_settings import EngineSettings
from edge_node.evaluation.portrait import Portrait, main_face, portray
from edge_node.evaluation.portraits import PortraitFile, portray_all, stacked
from edge_node.faces import Box, Detection
from tests.edge_node.scripted_engine import MeanColour, ScriptedDetector

PICTURE = np.zeros((100, 200, 3), np.uint8)


def found(*boxes: tuple[float, float, float, float]) -> list[Detection]:
    return [Detection(Box(*box), 0.9, np.zeros((5, 2), np.float32), "made-up") for box in boxes]


def kept(folder: Path, settings: EngineSettings = EngineSettings()) -> PortraitFile:  # noqa: B008
    return PortraitFile(folder, engine="made-up", dimension=3, settings=settings)


class Look:
    """Counts photos that are looked at."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, jpeg: bytes) -> Portrait:
        self.times += 1
        return (
            Portrait(None, "no_face")
            if jpeg == b"nobody"
            else Portrait(np.array([0, 0.6, 0.8], np.float32), None)
        )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    for name in ("ann", "nobody", "copy of ann"):
        (tmp_path / name).write_bytes(name.removeprefix("copy of ").encode())
    return [tmp_path / "ann", tmp_path / "nobody", tmp_path / "copy of ann", tmp_path / "absent"]


def test_the_middle_wins_among_equals_and_the_large_over_the_small() -> None:
    left, middle, small = (10, 30, 40, 40), (80, 30, 40, 40), (95, 45, 10, 10)
    for boxes in ((left, middle, small), (small, middle, left)):
        chosen = main_face(found(*boxes), PICTURE)
        assert chosen is not None
        assert tuple(chosen.box) == middle
    assert main_face([], PICTURE) is None


def test_what_cannot_be_looked_at_is_a_reason(photos: Path) -> None:
    obama = (photos / "obama.jpg").read_bytes()
    assert portray(obama, ScriptedDetector(0), MeanColour()).reason == "no_face"
    assert portray(obama[:5000], ScriptedDetector(), MeanColour()).reason == "truncated"
    assert portray((photos / "32bit.png").read_bytes(), ScriptedDetector(), MeanColour()).reason == "not_jpeg"
    assert portray(obama, ScriptedDetector(3), MeanColour()).vector is not None


def test_each_photo_is_looked_at_once(files: list[Path], tmp_path: Path) -> None:
    look = Look()
    first = portray_all(files, look, kept(tmp_path / "state"))
    assert look.times == 2
    again = portray_all(files, look, kept(tmp_path / "state"))
    assert look.times == 2
    assert (
        [one.reason for one in first]
        == [one.reason for one in again]
        == [None, "no_face", None, "unreadable"]
    )
    assert np.array_equal(stacked(first, 3), stacked(again, 3), equal_nan=True)


def test_another_setting_is_another_engine(files: list[Path], tmp_path: Path) -> None:
    look = Look()
    portray_all(files, look, kept(tmp_path / "state"))
    portray_all(files, look, kept(tmp_path / "state", EngineSettings(detection_size=320)))
    assert look.times == 4


def test_what_was_looked_at_survives_an_interruption(files: list[Path], tmp_path: Path) -> None:
    def interrupted(jpeg: bytes) -> Portrait:
        if jpeg == b"nobody":
            raise KeyboardInterrupt
        return Look()(jpeg)

    with pytest.raises(KeyboardInterrupt):
        portray_all(files, interrupted, kept(tmp_path / "state"))
    assert len(kept(tmp_path / "state").load()) == 1


@pytest.mark.parametrize("damage", [b"", b"no zip", None])
def test_a_damaged_file_is_made_anew(
    files: list[Path], tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    look = Look()
    portray_all(files, look, kept(tmp_path / "state"))
    (path,) = (tmp_path / "state").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] if damage is None else damage)
    portray_all(files, look, kept(tmp_path / "state"))
    assert look.times == 4
    assert "photos are looked at again" in caplog.text
    assert len(kept(tmp_path / "state").load()) == 2


def test_portraits_are_for_their_owner_only(files: list[Path], tmp_path: Path) -> None:
    portray_all(files, Look(), kept(tmp_path / "state"))
    (path,) = (tmp_path / "state").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_costs_only_time(
    files: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(portray_all(files, Look(), kept(tmp_path / "ann" / "state"))) == 4
    assert "portraits are not kept" in caplog.text


def test_a_picture_without_a_face_is_a_missed_face() -> None:
    jpeg = simplejpeg.encode_jpeg(PICTURE, colorspace="BGR")
    assert portray(jpeg, ScriptedDetector(0), MeanColour()).vector is None
