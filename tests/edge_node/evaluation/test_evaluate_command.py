import json
from pathlib import Path

import cv2
import pytest

from edge_node.__main__ import main


def run(*words: str | Path) -> int:
    return main([str(word) for word in words])


def test_a_folder_of_people_from_photo_to_figure(
    people: Path, settings_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture = tmp_path / "plot.png"
    assert run("evaluate", people, "--config", settings_file, "--json", "--plot", picture) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["engine"] == "centerface+dlib_resnet_v1_mirror"
    assert (found["photos"], found["people"]) == (6, 4)
    assert found["missed"] == [{"photo": "Nobody/torn.jpg", "reason": "truncated"}]
    assert found["accuracy"] is None, "one person with two photos makes one fold"
    assert (found["all_pairs"]["genuine"], found["all_pairs"]["impostor"]) == (3, 7)
    assert (found["all_pairs"]["fmr_in_use"], found["all_pairs"]["fnmr_in_use"]) == (0, 0)
    assert [rate["fnmr"] for rate in found["all_pairs"]["rates"]] == [None] * 4
    assert (found["identification"]["gallery_size"], found["identification"]["fnir_in_use"]) == (1, 0)
    assert min(found["milliseconds"][stage] for stage in ("decode", "detect", "embed", "match")) > 0
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    assert drawn.shape[1] > drawn.shape[0] > 500
    assert drawn.std() > 10, "there is something on the picture"


def test_a_table_for_people(people: Path, settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", people, "--config", settings_file, "--verbose") == 0
    said = capsys.readouterr().out
    assert "people, 6 photos of 4 people" in said
    assert "missed    1 face (truncated 1)" in said
    assert "Nobody/torn.jpg  truncated" in said
    assert "accuracy  too few pairs" in said
    assert "FMR 1e-2  too few pairs" in said
    assert "FPIR 1e-1  too few strangers" in said
    assert "gallery    1 person, one photo each" in said


def test_a_second_run_does_not_look_again(
    people: Path, settings_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run("evaluate", people, "--config", settings_file, "--json")
    first = json.loads(capsys.readouterr().out)
    (kept,) = (tmp_path / "state/evaluation").iterdir()
    written_at = kept.stat().st_mtime_ns
    run("evaluate", people, "--config", settings_file, "--json")
    second = json.loads(capsys.readouterr().out)
    assert kept.stat().st_mtime_ns == written_at
    for found in (first, second):
        del found["milliseconds"]
    assert first == second


def test_a_file_of_pairs(
    people: Path, settings_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    obama, others = "Barack Obama/obama", ("Joe Biden/biden.jpg", "Grace Hopper/grace_hopper.jpg")
    rows = [f"{obama}.jpg,{obama}2.jpg,1,1", f"{obama}2.jpg,{obama}3.jpg,1,2"]
    rows += [f"{obama}.jpg,{other},0,{fold}" for fold, other in enumerate(others, start=1)]
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("\n".join(["image_a,image_b,same_person,fold", *rows]))
    assert run("evaluate", pairs, "--images", people, "--config", settings_file) == 0
    said = capsys.readouterr().out
    assert "accuracy  100.00 % ± 0.00 over 2 folds" in said
    assert "2 genuine, 2 impostor" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["absent.csv"], "No such file"),
        (["wrong.csv"], "wrong.csv:1: expected the columns"),
    ],
)
def test_a_dataset_that_is_none_fails_with_one_line(
    words: list[str], said: str, settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "wrong.csv").write_text("this,is,no dataset")
    assert run("evaluate", *(tmp_path / word for word in words), "--config", settings_file) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_plot_that_cannot_be_written_is_said_after_the_figures(
    people: Path, settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", people, "--config", settings_file, "--plot", tmp_path / "absent/plot.png") == 1
    said = capsys.readouterr()
    assert "dataset   people" in said.out
    assert "--plot: " in said.err


def test_a_gallery_size_is_a_number(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("evaluate", people, "--gallery-size", "0")
    assert "expected a number of people, got '0'" in capsys.readouterr().err
