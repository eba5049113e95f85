import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broker import timestamps
from edge_node.__main__ import main
from tests.edge_node.logged import record, write


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log with three events, one of them of just now."""
    monkeypatch.setenv("TZ", "UTC")
    path = tmp_path / "events.jsonl"
    now = timestamps.to_text(datetime.now(UTC))
    write(
        path,
        record(0, event_id="ann", person="Ann Lee", person_id="ann-lee"),
        record(1, event_id="stranger", event_type="unknown", person=None, person_id=None, similarity=None),
        record(
            2, event_id="now", person="=HYPERLINK()\x1b[2J", decided_at=now, device="garage", muted="night"
        ),
    )
    return path


def run(log: Path, *arguments: str) -> int:
    return main(["events", "--log", str(log), *arguments])


@pytest.mark.parametrize("shape", [[], ["--table"]])
def test_a_table(log: Path, capsys: pytest.CaptureFixture[str], shape: list[str]) -> None:
    assert run(log, *shape) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "Ann Lee" in lines[2]
    assert lines[1].split()[2:] == ["unknown", "-", "front-door", "-", "recognised"]
    assert "(muted: night)" in lines[0]
    assert "\x1b" not in lines[0]


def test_json_is_the_log(log: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(log, "--json", "--ascending") == 0
    assert capsysbinary.readouterr().out == log.read_bytes()


def test_a_text_of_several_lines_is_one_cell(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(log, record(3, event_id="odd", person="Ann\n=1+1", zone="\n=2"))
    assert run(log, "--csv", "--text", "1+1") == 0
    [row] = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert (row["person"], row["zone"], row["event_id"]) == ("Ann\n=1+1", "'\n=2", "odd")


def test_a_log_that_is_not_there_is_said(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(log.with_name("event.jsonl")) == 1
    assert "event.jsonl: nothing has been logged there" in capsys.readouterr().err
    assert [one.name for one in log.parent.iterdir()] == [log.name]


def test_csv_is_safe_in_a_spreadsheet(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(log, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["event_id"] for row in rows] == ["now", "stranger", "ann"]
    assert rows[0]["person"].startswith("'=HYPERLINK")
    assert rows[1]["similarity"] == ""
    assert rows[2]["test"] == "false"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--since", "1h"], ["now"]),
        (["--until", "2026-11-20"], ["stranger", "ann"]),
        (["--since", "2026-11-20T12:01:00Z", "--until", "2026-11-20T12:02:00Z"], ["stranger"]),
        (["--person", "ann lee", "--person", "nobody"], ["ann"]),
        (["--type", "Unknown"], ["stranger"]),
        (["--person", "ANN-LEE"], ["ann"]),
        (["--device", "Garage"], ["now"]),
        (["--text", "LEE"], ["ann"]),
        (["--limit", "1", "--offset", "1"], ["stranger"]),
        (["--sort", "type", "--ascending", "--limit", "0"], ["now", "ann", "stranger"]),
    ],
)
def test_filters(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: list[str]
) -> None:
    assert run(log, "--json", *arguments) == 0
    assert [json.loads(one)["event_id"] for one in capsys.readouterr().out.splitlines()] == expected


def test_the_settings_say_where_the_log_is(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = log.with_name("config.yaml")
    config.write_text("log: {file: events.jsonl}\n")
    assert main(["events", "--config", str(config), "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said"), [(["--since", "soon"], "expected an age"), (["--log", "/nowhere/x"], "no folder")]
)
def test_faults_are_said(
    log: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(log, *arguments) == 1
    assert said in capsys.readouterr().err


def test_who_reads_only_the_head_ends_it_quietly(log: Path) -> None:
    write(log, *(record(number) for number in range(5_000)))
    command = f"{sys.executable} -m edge_node events --log {log} --limit 0 --json | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, text=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1
