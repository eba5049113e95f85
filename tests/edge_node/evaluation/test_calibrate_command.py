import json
import re
from pathlib import Path

import pytest

from edge_node.__main__ import main


def run(*words: str | Path) -> int:
    return main(["calibrate", *map(str, words)])


@pytest.fixture
def own_gallery(people: Path, photos: Path, tmp_path: Path) -> Path:
    """One photo of Barack Obama lies in the folder of Joe Biden, and one file is damaged."""
    people.rename(tmp_path / "Authorised")
    root = tmp_path / "gallery"
    root.mkdir()
    (tmp_path / "Authorised").rename(root / "Authorised")
    (root / "Authorised/Barack Obama/obama3.jpg").rename(root / "Authorised/Joe Biden/obama3.jpg")
    return root


def test_a_photo_in_the_wrong_folder_is_found(
    own_gallery: Path, settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--config", settings_file) == 0
    said = capsys.readouterr().out
    assert "gallery  5 photos of 3 people" in said
    closest = said.split("closest pairs of different people\n")[1].splitlines()[0]
    assert "Authorised/Joe Biden/obama3.jpg" in closest
    alike = said.split("photos that look more like somebody else\n")[1].split("\n\n")[0]
    assert re.search(r"Authorised/Joe Biden/obama3\.jpg +like Authorised/Barack Obama/", alike)
    assert "Authorised/Joe Biden/biden.jpg" in said.split("agree with no other photo")[1].split("\n\n")[0]
    assert "Grace Hopper" in said.split("people with a single photo\n")[1].split("\n\n")[0]
    assert "truncated  Authorised/Nobody/torn.jpg" in said


def test_for_machines(own_gallery: Path, settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--config", settings_file, "--json", "--false-matches", "0.001") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["people"], found["photos"], found["single_photo"]) == (3, 5, ["Grace Hopper"])
    assert found["assessment"]["wanted"] == 0.001
    assert found["assessment"]["suggested"]["false_matches"] <= 0.001
    assert found["assessment"]["enough_people"] is False


def test_the_gallery_of_the_node_is_left_alone(
    own_gallery: Path, settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--config", settings_file) == 0
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["evaluation", "models"]


def test_without_a_gallery_it_says_what_to_set(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--config", settings_file) == 1
    assert "found neither" in capsys.readouterr().err.splitlines()[-1]
    settings_file.write_text("node: {state_dir: state}\n")
    assert run("--config", settings_file) == 1
    assert "expected gallery.source" in capsys.readouterr().err


@pytest.mark.parametrize("share", ["0", "-1", "2", "nan", "few"])
def test_false_matches_are_a_share(share: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--false-matches", share)
    assert "expected a share above 0 and up to 1" in capsys.readouterr().err
