"""`edge-node ask` when nodes die or hang, when nobody is there, and when nobody reads."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge_node.node import Node
from edge_node.settings import NodeConfig
from tests.edge_node.asking import ENVIRONMENT, Processes, answers, node_file, pictures
from tests.edge_node.live import known, running
from tests.private_broker import PrivateBroker
from tests.watcher import Watcher

Ask = Callable[..., int]
Out = pytest.CaptureFixture[str]


Trio = dict[str, "subprocess.Popen[str]"]


@pytest.fixture
def three(config: NodeConfig, processes: Processes, watcher: Watcher, tmp_path: Path) -> Trio:
    """Nodes at work, each a process."""
    names = ("one", "two", "three")
    nodes = {name: processes.start("run", "--config", node_file(config, name, tmp_path)) for name in names}
    watcher.wait_for_count("edge/gallery/state", 6)  # each says it at birth and after the first poll
    return nodes


@pytest.mark.timeout(180)
def test_a_node_is_killed_and_every_photo_is_answered_once_and_in_order(
    three: Trio, processes: Processes, ask_config: Path, photos: Path, tmp_path: Path
) -> None:
    files = pictures(photos, tmp_path / "pictures", 200)
    asking = processes.start("ask", "--config", ask_config, tmp_path / "pictures", "--timeout", "10")
    assert asking.stdout is not None
    lines = [asking.stdout.readline() for _ in range(40)]
    three["two"].kill()
    said = answers("".join([*lines, *asking.stdout]))
    assert asking.wait(30) == 0
    assert [one["photo"] for one in said] == [str(file) for file in files]
    assert [one["size"][1] for one in said] == [150 + number for number in range(200)]
    assert {one["node"] for one in said} == {"one", "two", "three"}
    named = [one["faces"][0]["person_id"] if one["faces"] else None for one in said]
    assert set(named[0::3]) <= {"barack-obama", None}
    assert set(named[1::3]) <= {"joe-biden", None}
    assert set(named[2::3]) == {None}
    assert len([one for one in named if one]) > 60


@pytest.mark.timeout(180)
def test_a_node_that_hangs_costs_time_and_no_photo(
    three: Trio, processes: Processes, ask_config: Path, photos: Path, tmp_path: Path
) -> None:
    three["two"].send_signal(signal.SIGSTOP)
    files = pictures(photos, tmp_path / "pictures", 12)
    options = ["--config", str(ask_config), "--timeout", "5", "--labelled", str(tmp_path / "out")]
    asking = processes.start("ask", *files, *options)
    said = answers(asking.communicate(timeout=60)[0])
    assert asking.returncode == 0
    assert [one["photo"] for one in said] == [str(file) for file in files]
    assert {one["node"] for one in said} == {"one", "three"}
    labelled = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert labelled == [file.name for file in files]


@pytest.mark.parametrize("command", ["ask --in-flight 1", "recognise --json"])
def test_who_reads_only_the_head_is_left_in_peace(
    command: str, node: Node, config: NodeConfig, photos: Path, tmp_path: Path
) -> None:
    pictures(photos, tmp_path / "a", 40)
    files = " ".join(f"a/{number:03}.jpg" for number in range(40))
    file = node_file(config, "another", tmp_path)
    line = f"{sys.executable} -m edge_node {command} {files} --config {file} | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        timeout=30,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    progress = ("asking", "enrolling")
    assert [line for line in done.stderr.splitlines() if not line.startswith(progress)] == []
    assert done.returncode == 141


def test_who_reads_nothing_is_no_error_of_any_command(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    line = f"{sys.executable} -m edge_node check-config --config config.yaml | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupt_says_how_far_it_got(
    node: Node, processes: Processes, ask_config: Path, photos: Path, tmp_path: Path
) -> None:
    pictures(photos, tmp_path / "a", 100)
    asking = processes.start("ask", "--config", ask_config, "a", "--in-flight", "1", stderr=subprocess.PIPE)
    assert asking.stdout is not None
    asking.stdout.readline()
    asking.send_signal(signal.SIGINT)
    _, said = asking.communicate(timeout=30)
    assert asking.returncode == 130
    assert "of 100 photos were answered" in said.splitlines()[-1]
    assert "Traceback" not in said


def test_without_a_broker_it_says_so(
    ask: Ask, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.exchange.CONNECT_SECONDS", 2)
    assert ask(tmp_path / "a.jpg") == 1
    assert "cannot be reached: " in capsys.readouterr().err


def test_without_a_node_it_says_so(mosquitto: PrivateBroker, ask: Ask, tmp_path: Path, capsys: Out) -> None:
    assert ask(tmp_path / "a.jpg") == 1
    assert "no node is online at broker 127.0.0.1" in capsys.readouterr().err


def test_nodes_that_do_not_answer_are_named(
    config: NodeConfig, ask: Ask, photos: Path, tmp_path: Path, capsys: Out
) -> None:
    files = pictures(photos, tmp_path / "a", 3)
    with running(replace(config, requests=replace(config.requests, enabled=False))):
        assert ask(*files, "--timeout", "0.5") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "no answer from node-1" in said.err
    assert "0 of 3 photos were answered" in said.err


def test_what_was_answered_is_printed_when_the_last_node_goes(
    config: NodeConfig,
    processes: Processes,
    ask_config: Path,
    watcher: Watcher,
    photos: Path,
    tmp_path: Path,
) -> None:
    node = processes.start("run", "--config", node_file(config, "one", tmp_path))
    watcher.wait_for(known(2))
    pictures(photos, tmp_path / "a", 100)
    asking = processes.start("ask", "--config", ask_config, "a", "--timeout", "2", stderr=subprocess.PIPE)
    assert asking.stdout is not None
    assert asking.stderr is not None
    asking.stdout.readline()
    node.kill()
    # Not `communicate`: it would pass over what `readline` has read ahead.
    out, err = asking.stdout.read(), asking.stderr.read()
    asking.wait(20)
    numbers = [int(Path(one["photo"]).stem) for one in answers(out)]
    assert asking.returncode == 1
    assert numbers == list(range(1, len(numbers) + 1))
    assert f"no node is online at broker 127.0.0.1:{config.broker.port}" in err
    assert f"{len(numbers) + 1} of 100 photos were answered" in err
