import json
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from broker.messages import EventType
from edge_node import album
from edge_node.__main__ import command_line
from edge_node.answer_text import columns_of
from edge_node.encode import encode
from edge_node.faces import Box, Detection, Face, Image, Match, Quality, Seen, Vector
from edge_node.models.install import Models
from edge_node.photo import cut_out
from edge_node.ports import Detector
from edge_node.still import distinct
from tests.edge_node.crowd import crowd
from tests.edge_node.people import ANN, BOB
from tests.edge_node.scenes import mirrored, read

Run = Callable[..., int]

ENROLLED = {"obama.jpg": "barack-obama", "obama2.jpg": "barack-obama", "biden.jpg": "joe-biden"}


@pytest.fixture
def run(gallery: Path, models: Models, tmp_path: Path) -> Run:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/models").symlink_to(models.kept_in)
    config = tmp_path / "config.yaml"
    config.write_text(
        f"node: {{state_dir: state}}\ngallery: {{source: {{type: folder, path: {gallery.name}}}}}\n"
    )

    def run(*words: str | Path) -> int:
        arguments = command_line().parse_args(["recognise", "--config", str(config), *map(str, words)])
        return int(arguments.func(arguments))

    return run


@pytest.fixture
def pair(photos: Path, tmp_path: Path) -> Path:
    """A photo of somebody authorised, a stranger and somebody restricted, side by side."""
    heads = [read(photos, name) for name in ("obama.jpg", "astronaut.png", "biden.jpg")]
    heads = [np.asarray(cv2.resize(head[: head.shape[1]], (500, 500)), np.uint8) for head in heads]
    file = tmp_path / "party.jpg"
    cv2.imwrite(str(file), np.hstack(heads))
    return file


@pytest.fixture
def alone(photos: Path, tmp_path: Path) -> Path:
    file = tmp_path / "alone.jpg"
    file.write_bytes(mirrored(photos, "obama.jpg"))
    return file


def answers(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_names_everybody_on_a_photo(run: Run, pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(pair) == 0
    head, headings, *rows = capsys.readouterr().out.splitlines()
    assert head == f"{pair}: 1500 x 500, 3 faces"
    assert headings.split() == ["NAME", "KIND", "SIMILARITY", "BOX", "REASON"]
    assert rows[0].split()[:3] == ["Barack", "Obama", "authorised"]
    assert rows[1].split()[:2] == ["-", "unknown"]
    assert rows[1].endswith("below_threshold")
    assert rows[2].split()[:3] == ["Joe", "Biden", "restricted"]
    assert rows[2].endswith("recognised")


def test_a_photo_is_a_line_of_json(
    run: Run, pair: Path, alone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(pair, alone, "--json") == 0
    first, second = answers(capsys)
    assert first["size"] == [1500, 500]
    faces = first["faces"]
    assert isinstance(faces, list)
    assert [face["person_id"] for face in faces] == ["barack-obama", None, "joe-biden"]
    assert [face["event_type"] for face in faces] == ["authorised", "unknown", "restricted"]
    assert second["photo"] == str(alone)


def test_a_photo_that_is_none_is_said_and_the_others_go_on(
    run: Run, alone: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(alone.read_bytes()[:5000])
    assert run(torn, photos / "32bit.png", tmp_path / "nothing.jpg", tmp_path, alone) == 1
    said = capsys.readouterr()
    assert said.out.startswith(f"{alone}: ")
    lines = [line for line in said.err.splitlines() if not line.startswith("enrolling")]
    assert [line.split(": ")[:2] for line in lines] == [
        [str(torn), "truncated"],
        [str(photos / "32bit.png"), "not_jpeg"],
        [str(tmp_path / "nothing.jpg"), "unreadable"],
        [str(tmp_path), "unreadable"],
    ]


def test_json_says_what_could_not_be_looked_at(
    run: Run, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nothing.jpg", alone, "--json") == 1
    missing, there = answers(capsys)
    assert (missing["rejected"], missing["size"], missing["faces"]) == ("unreadable", None, [])
    assert there["rejected"] is None


def test_writes_the_labelled_photo(run: Run, pair: Path, tmp_path: Path) -> None:
    assert run(pair, "--labelled", tmp_path / "out") == 0
    file = tmp_path / "out/party.jpg"
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700
    labelled, plain = read(tmp_path, "out/party.jpg"), read(tmp_path, "party.jpg")
    assert labelled.shape == plain.shape
    for column, channel in ((0, 1), (2, 2)):  # green for the one, red for the other
        part = slice(500 * column, 500 * (column + 1))
        change = labelled[:, part].astype(int) - plain[:, part]
        assert np.argmax(change.clip(min=60).sum(axis=(0, 1))) == channel


def test_writes_each_face(run: Run, pair: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(pair, "--faces", tmp_path / "faces", "--json") == 0
    names = ["party-1-barack-obama.jpg", "party-2-unknown.jpg", "party-3-joe-biden.jpg"]
    assert sorted(file.name for file in (tmp_path / "faces").iterdir()) == names
    faces = answers(capsys)[0]["faces"]
    assert isinstance(faces, list)
    for name, face in zip(names, faces, strict=True):
        assert face["cut_out"] == str(tmp_path / "faces" / name)
        assert mode(tmp_path / "faces" / name) == 0o600
        _, _, width, height = face["box"]
        assert read(tmp_path / "faces", name).shape[0] > height
        assert read(tmp_path / "faces", name).shape[1] > width


def test_photos_of_one_name_do_not_overwrite_each_other(
    run: Run, pair: Path, alone: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere/party.jpg"
    other.parent.mkdir()
    shutil.copy(alone, other)
    assert run(pair, other, "--labelled", tmp_path / "out", "--faces", tmp_path / "out") == 0
    files = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert set(files) == {
        "party.jpg",
        "party-2.jpg",
        "party-1-barack-obama.jpg",
        "party-1-barack-obama-2.jpg",
        "party-2-unknown.jpg",
        "party-3-joe-biden.jpg",
    }
    assert run(pair, other, "--labelled", tmp_path / "out", "--faces", tmp_path / "out") == 0
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == files


def test_the_photos_themselves_are_never_overwritten(run: Run, pair: Path) -> None:
    before = pair.read_bytes()
    assert run(pair, "--labelled", pair.parent) == 0
    assert pair.read_bytes() == before
    assert pair.with_name("party-2.jpg").exists()


def test_a_folder_that_cannot_be_written_is_said(
    run: Run, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(alone, "--labelled", alone) == 1
    assert "expected a folder that this user may write" in capsys.readouterr().err


def test_offline_takes_the_gallery_as_it_was(
    run: Run, alone: Path, gallery: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def reason(*words: str) -> str:
        assert run(alone, *words) == 0
        return capsys.readouterr().out.split()[-1]

    assert reason("--offline") == "empty_gallery"
    assert reason() == "recognised"
    shutil.rmtree(gallery)
    assert reason("--offline") == "recognised"
    assert reason() == "recognised"


def test_finds_everybody_in_a_large_group_and_gives_no_wrong_name(
    run: Run, photos: Path, enrolment_detector: Detector, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    group = crowd(photos, enrolment_detector)
    cv2.imwrite(str(tmp_path / "group.jpg"), group.image)
    assert run(tmp_path / "group.jpg", "--json") == 0
    faces = answers(capsys)[0]["faces"]
    assert isinstance(faces, list)
    assert len(faces) == 20
    named = 0
    for box, photo in zip(group.boxes, group.photos, strict=True):
        (face,) = (face for face in faces if Box(*face["box"]).overlap(box) > 0.4)
        assert face["person_id"] in (None, ENROLLED.get(photo))
        named += face["person_id"] is not None
    assert named >= 8


def seen(vector: Vector | None, x: float, score: float) -> Face:
    detection = Detection(Box(x, 0, 50, 60), score, np.zeros((5, 2), np.float32), "made-up")
    quality = Quality(60, 1, 0, 0.5, score)
    return Face(
        Seen(detection, quality, vector, None, None),
        Match(EventType.UNKNOWN, None, None, None, "below_threshold"),
    )


@pytest.mark.parametrize(
    ("faces", "left"),
    [
        pytest.param([seen(ANN, 0, 0.8), seen(ANN, 40, 0.9)], [1], id="one face, boxes that hardly overlap"),
        pytest.param([seen(ANN, 0, 0.8), seen(BOB, 40, 0.9)], [1, 0], id="two faces that touch"),
        pytest.param([seen(ANN, 0, 0.9), seen(ANN, 60, 0.8)], [0, 1], id="twins side by side"),
        pytest.param([seen(None, 0, 0.9), seen(ANN, 40, 0.8)], [0, 1], id="too poor to compare"),
    ],
)
def test_one_face_is_told_by_its_vector_too(faces: Sequence[Face], left: Sequence[int]) -> None:
    assert distinct(faces, 0.8) == [faces[index] for index in left]


def picture(level: int) -> Image:
    return np.full((40, 40, 3), level, np.uint8)


def test_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    def kept(level: int) -> str:
        return album.keep(encode(picture(level)), tmp_path, "a").name

    assert [kept(10), kept(10), kept(200), kept(90), kept(200)] == [
        "a.jpg",
        "a.jpg",
        "a-2.jpg",
        "a-3.jpg",
        "a-2.jpg",
    ]


@pytest.mark.parametrize(
    "box", [Box(0, 0, 20, 20), Box(30, 30, 10, 10), Box(39.8, 39.8, 0.1, 0.1), Box(0, 0, 40, 40)]
)
def test_a_cutting_is_inside_the_picture_and_not_empty(box: Box) -> None:
    cut = cut_out(picture(0), box)
    assert 0 < cut.shape[0] <= 40
    assert 0 < cut.shape[1] <= 40


@pytest.mark.parametrize(
    ("text", "columns"), [("Ann", 3), ("Zoë", 3), ("Zoe\u0308", 3), ("李小龙", 6), ("", 0)]
)
def test_a_table_knows_how_wide_letters_are(text: str, columns: int) -> None:
    assert columns_of(text) == columns
