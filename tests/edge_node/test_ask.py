"""`edge-node ask` at a real broker: nodes that answer, and what comes back."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from msgspec.structs import replace

from broker import embedded
from broker.settings import BrokerSettings
from edge_node.__main__ import command_line
from edge_node.node import Node
from edge_node.ports import Detector
from edge_node.settings import NodeConfig
from tests.edge_node.asking import ENVIRONMENT, ROOT, Processes, answers, node_file, pictures
from tests.edge_node.crowd import crowd
from tests.edge_node.live import known, running
from tests.edge_node.scenes import mirrored
from tests.installation import Site
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

HEAVY = ("numpy", "cv2", "onnxruntime", "onnx", "simplejpeg", "boto3", "dlib", "numkong", "tflite", "tqdm")

Ask = Callable[..., int]
Out = pytest.CaptureFixture[str]


@pytest.fixture
def ask_config(tmp_path: Path, broker_settings: BrokerSettings) -> Path:
    file = tmp_path / "ask.yaml"
    file.write_text(f"broker: {{port: {broker_settings.port}, reconnect_max_seconds: 1}}\n")
    return file


@pytest.fixture
def ask(ask_config: Path) -> Ask:
    def ask(*words: str | Path) -> int:
        arguments = command_line().parse_args(["ask", "--config", str(ask_config), *map(str, words)])
        return int(arguments.func(arguments))

    return ask


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    processes.end()


Trio = dict[str, "subprocess.Popen[str]"]


@pytest.fixture
def three(config: NodeConfig, processes: Processes, watcher: Watcher, tmp_path: Path) -> Trio:
    """Nodes at work, each a process."""
    names = ("one", "two", "three")
    nodes = {name: processes.start("run", "--config", node_file(config, name, tmp_path)) for name in names}
    watcher.wait_for_count("edge/gallery/state", 6)  # each says it at birth and after the first poll
    return nodes


def test_a_node_is_killed_and_every_photo_is_answered_once_and_in_order(
    three: Trio, processes: Processes, ask_config: Path, photos: Path, tmp_path: Path
) -> None:
    files = pictures(photos, tmp_path / "pictures", 200)
    asking = processes.start("ask", "--config", ask_config, tmp_path / "pictures", "--timeout", "10")
    assert asking.stdout is not None
    lines = [asking.stdout.readline() for _ in range(40)]
    three["two"].kill()
    said = answers("".join([*lines, *asking.stdout]))
    assert asking.wait(10) == 0
    assert [one["photo"] for one in said] == [str(file) for file in files]
    assert [one["size"][1] for one in said] == [150 + number for number in range(200)]
    assert {one["node"] for one in said} == {"one", "two", "three"}
    named = [one["faces"][0]["person_id"] if one["faces"] else None for one in said]
    assert set(named[0::3]) <= {"barack-obama", None}
    assert set(named[1::3]) <= {"joe-biden", None}
    assert set(named[2::3]) == {None}
    assert len([one for one in named if one]) > 60


def test_a_node_that_hangs_costs_time_and_no_photo(
    three: Trio, processes: Processes, ask_config: Path, photos: Path, tmp_path: Path
) -> None:
    three["two"].send_signal(signal.SIGSTOP)
    files = pictures(photos, tmp_path / "pictures", 12)
    options = ["--config", str(ask_config), "--timeout", "5", "--labelled", str(tmp_path / "out")]
    asking = processes.start("ask", *files, *options)
    said = answers(asking.communicate(timeout=30)[0])
    assert asking.returncode == 0
    assert [one["photo"] for one in said] == [str(file) for file in files]
    assert {one["node"] for one in said} == {"one", "three"}
    labelled = sorted(file.name for file in (tmp_path / "out").iterdir())
    assert labelled == [file.name for file in files]


def test_json_tells_the_good_from_the_bad(
    node: Node, ask: Ask, photos: Path, tmp_path: Path, capsys: Out
) -> None:
    pictures(photos, tmp_path / "album", 3)
    (tmp_path / "album/.hidden.jpg").write_bytes(b"")
    torn, big = tmp_path / "torn.jpg", tmp_path / "big.jpg"
    torn.write_bytes((tmp_path / "album/000.jpg").read_bytes()[:2000])
    big.write_bytes(bytes(10_000_001))
    assert ask(tmp_path / "al*m", torn, photos / "chelsea.png", tmp_path / "nothing.jpg", big) == 1
    said = capsys.readouterr()
    assert [(Path(one["photo"]).name, one["rejected"]) for one in answers(said.out)] == [
        ("000.jpg", None),
        ("001.jpg", None),
        ("002.jpg", None),
        ("torn.jpg", "truncated"),
        ("chelsea.png", "not_jpeg"),
        ("nothing.jpg", "unreadable"),
        ("big.jpg", "too_large"),
    ]
    assert "asking: 7/7" in said.err


def test_labelled_pictures_come_back_under_names_of_their_own(
    node: Node, ask: Ask, photos: Path, tmp_path: Path, capsys: Out
) -> None:
    [first] = pictures(photos, tmp_path / "a", 1)
    (tmp_path / "b").mkdir()
    second = tmp_path / "b/000.jpg"
    second.write_bytes(mirrored(photos, "biden.jpg"))
    assert ask(first, second, "--labelled", tmp_path / "out") == 0
    said = answers(capsys.readouterr().out)
    names = {str(tmp_path / "out" / name) for name in ("000.jpg", "000-2.jpg")}
    assert {one["labelled"] for one in said} == names
    for one, plain in zip(said, (first, second), strict=True):
        labelled, picture = cv2.imread(one["labelled"]), cv2.imread(str(plain))
        assert labelled is not None
        assert picture is not None
        assert cv2.absdiff(labelled, picture).max() > 100


def test_the_same_photo_twice_is_answered_twice(
    node: Node, ask: Ask, photos: Path, tmp_path: Path, capsys: Out
) -> None:
    files = pictures(photos, tmp_path / "a", 1) * 2
    assert ask(*files, "--in-flight", "1") == 0
    assert [one["photo"] for one in answers(capsys.readouterr().out)] == [str(file) for file in files]


def test_many_small_faces_in_a_large_picture_are_found(
    node: Node, ask: Ask, photos: Path, tmp_path: Path, enrolment_detector: Detector, capsys: Out
) -> None:
    group = crowd(photos, enrolment_detector)
    cv2.imwrite(str(tmp_path / "group.jpg"), group.image)
    assert ask(tmp_path / "group.jpg") == 0
    [said] = answers(capsys.readouterr().out)
    assert said["size"] == [6000, 4000]
    assert len(said["faces"]) >= 15


def test_a_table_on_a_terminal(node: Node, ask_config: Path, photos: Path, tmp_path: Path) -> None:
    pictures(photos, tmp_path / "a", 2)
    controller, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "edge_node", "ask", "--config", str(ask_config), "a"],
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        check=True,
        timeout=30,
    )
    os.close(terminal)
    shown = os.read(controller, 65536).decode().splitlines()
    os.close(controller)
    assert shown[0].startswith("a/000.jpg: 78 x 150, 1 face (node-1, ")
    assert shown[1].split() == ["NAME", "KIND", "SIMILARITY", "BOX", "REASON"]
    assert "INFO" not in done.stderr


@pytest.mark.parametrize("command", ["ask --in-flight 1", "recognise --json"])
def test_who_reads_only_the_head_is_left_in_peace(
    command: str, node: Node, config: NodeConfig, photos: Path, tmp_path: Path
) -> None:
    pictures(photos, tmp_path / "a", 9)
    files = " ".join(f"a/{number:03}.jpg" for number in range(9))
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
    _, said = asking.communicate(timeout=15)
    assert asking.returncode == 130
    assert "of 100 photos were answered" in said.splitlines()[-1]
    assert "Traceback" not in said


def test_without_a_broker_it_says_so(
    ask: Ask, tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.exchange.CONNECT_SECONDS", 0.5)
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
    asking.stdout.readline()
    node.kill()
    out, err = asking.communicate(timeout=20)
    numbers = [int(Path(one["photo"]).stem) for one in answers(out)]
    assert asking.returncode == 1
    assert numbers == list(range(1, len(numbers) + 1))
    assert f"no node is online at broker 127.0.0.1:{config.broker.port}" in err
    assert f"{len(numbers) + 1} of 100 photos were answered" in err


def test_a_nodes_own_name_is_not_taken(ask: Ask, tmp_path: Path, capsys: Out) -> None:
    assert ask(tmp_path / "a.jpg", "--username", "node-1") == 1
    assert "node-1 is the name of a node" in capsys.readouterr().err


def test_a_user_of_the_access_list_asks_under_its_own_name(
    config: NodeConfig, site: Site, photos: Path, tmp_path: Path, capsys: Out
) -> None:
    files = pictures(photos, tmp_path / "a", 3)
    settings = tmp_path / "site.yaml"
    settings.write_text(f"broker: {{port: {site.port}}}\n")
    password = ["--password-file", str(site.folder / "credentials/ann")]
    command = ["ask", "--config", str(settings), "--username", "ann", *password, *map(str, files)]
    with running(replace(config, broker=site.settings("node-1"))) as node:
        assert eventually(lambda: node._polled.is_set() and node._session.is_connected, 15)
        arguments = command_line().parse_args(command)
        assert arguments.func(arguments) == 0
        assert node._session.is_connected
    said = answers(capsys.readouterr().out)
    assert [one["rejected"] for one in said] == [None] * 3
    assert said[0]["faces"][0]["person_id"] == "barack-obama"


@pytest.mark.parametrize("word", ["0", "-1", "many", "1001"])
def test_odd_numbers_of_photos_are_refused(word: str, ask: Ask, capsys: Out) -> None:
    with pytest.raises(SystemExit):
        ask("a.jpg", "--in-flight", word)
    assert "expected " in capsys.readouterr().err


def test_asking_needs_nothing_heavy(node: Node, ask_config: Path, photos: Path, tmp_path: Path) -> None:
    [photo] = pictures(photos, tmp_path / "a", 1)
    options = ["ask", str(photo), "--config", str(ask_config), "--labelled", str(tmp_path / "out")]
    code = (
        "import sys\n"
        f"sys.modules |= dict.fromkeys({HEAVY!r})\n"
        "from edge_node.__main__ import main\n"
        f"sys.exit(main({options!r}))"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stderr) == (0, "asking: 1/1\n")
    assert answers(ended.stdout)[0]["faces"]


def test_the_embedded_broker_spreads_questions_too(
    config: NodeConfig,
    mosquitto: PrivateBroker,
    ask: Ask,
    photos: Path,
    tmp_path: Path,
    capsys: Out,
) -> None:
    if not embedded.is_installed():
        pytest.skip("iotcore is not installed: pip install '.[embedded-broker]'")
    mosquitto.stop()
    files = pictures(photos, tmp_path / "a", 6)
    pair = [replace(config, node=replace(config.node, id=name)) for name in ("one", "two")]
    with (
        PrivateBroker(mosquitto.settings, tmp_path / "embedded", kind="embedded"),
        running(pair[0]) as one,
        running(pair[1]) as two,
    ):
        assert eventually(lambda: one._polled.is_set() and two._polled.is_set(), 15)
        assert ask(*files, "--labelled", tmp_path / "out") == 0
    assert {one["node"] for one in answers(capsys.readouterr().out)} == {"one", "two"}
    assert len(list((tmp_path / "out").iterdir())) == 6
