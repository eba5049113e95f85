import subprocess
import sys
from pathlib import Path

import pytest

from camera_agent.__main__ import main
from camera_agent.tally import REPORT_SECONDS, Tally

GOOD = "cameras:\n  front-door: {source: {type: folder, path: pictures}}\n"


def config(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "config.yaml").write_text(text)
    return ["--config", str(tmp_path / "config.yaml")]


def test_check_finds_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*config(tmp_path, GOOD), "--check"]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/config.yaml: no fault found; cameras: front-door\n"


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_every_fault_on_a_line_and_exit_78(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    text = "broker: {port: 0}\ncameras:\n  Door: {source: {type: folder, path: a}}\n  b: {fps: 99}\n"
    assert main([*config(tmp_path, text), *options]) == 78
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in lines] == ["1", "3", "4", "4"]
    assert lines[3].endswith("cameras.b.source: missing") or lines[2].endswith("cameras.b.source: missing")


@pytest.mark.parametrize("text", ["broker: {}\n", "cameras: {}\n", ""])
def test_without_cameras_it_says_what_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert main(config(tmp_path, text)) == 78
    error = capsys.readouterr().err
    assert error.startswith("cameras: expected at least one camera, such as")
    assert error.count("\n") == 1


def test_an_unknown_device_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*config(tmp_path, GOOD), "--device", "back"]) == 78
    assert capsys.readouterr().err == "--device back: no such camera; there are front-door\n"


def test_an_unreadable_password_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "cameras:\n  a: {source: {type: picamera}, password_file: secret}\n"
    assert main([*config(tmp_path, text), "--check"]) == 78
    error = capsys.readouterr().err
    assert error.startswith("cameras.a: a password or certificate file cannot be read: ")
    assert "secret" in error


def test_a_missing_file_exits_78(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "camera_agent", "--config", str(tmp_path / "none.yaml")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 78
    assert "none.yaml:1: cannot be read: No such file or directory" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_drops_are_told_at_once_and_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    now = 0.0
    tally = Tally("front-door", clock=lambda: now)
    for _ in range(3):
        tally.drop("a cause")
    tally.publish()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    now += REPORT_SECONDS
    tally.publish()
    assert caplog.messages[1:] == ["front-door: 2 frames published, 3 dropped in the last minute"]
    now += REPORT_SECONDS
    tally.publish()
    assert len(caplog.records) == 2
