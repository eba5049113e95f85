import os
import pty
import subprocess
import sys

import pytest

from edge_node.progress import track

WORK = "from edge_node.progress import track; print(sum(track(range(50), 'enrolling photos', 50)))"


def test_lines_now_and_then_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(range(1000), "enrolling photos", 1000)) == list(range(1000))
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"enrolling photos: {done}/1000" for done in range(100, 1001, 100)]


def test_short_work_gets_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track(["a", "b", "c"], "installing models", 3)) == ["a", "b", "c"]
    assert capsys.readouterr().err.splitlines() == [f"installing models: {done}/3" for done in (1, 2, 3)]


def test_nothing_to_do_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(track([], "installing models", 0)) == []
    assert capsys.readouterr().err == ""


def test_a_bar_on_a_terminal() -> None:
    terminal, stderr = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", WORK], stdout=subprocess.PIPE, stderr=stderr) as process:
        os.close(stderr)
        assert process.stdout is not None
        assert process.stdout.read() == b"1225\n"
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # Linux says EIO when the last writer has gone
            break
    os.close(terminal)
    assert b"\renrolling photos: 100%|" in shown
    assert b"50/50" in shown
    assert b"enrolling photos: 50/50\n" not in shown
