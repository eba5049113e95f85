"""`edge-node ask` at a real broker: nodes that answer, and what comes back."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from msgspec.structs import replace

from broker import embedded
from edge_node.__main__ import command_line
from edge_node.models.install import Models
from edge_node.node import Node
from edge_node.ports import Detector
from edge_node.settings import NodeConfig
from tests.edge_node.asking import ENVIRONMENT, ROOT, answers, pictures
from tests.edge_node.crowd import crowd
from tests.edge_node.live import running
from tests.edge_node.scenes import mirrored
from tests.installation import Site
from tests.private_broker import PrivateBroker, eventually

HEAVY = ("numpy", "cv2", "onnxruntime", "onnx", "simplejpeg", "boto3", "dlib", "numkong", "tflite", "tqdm")

Ask = Callable[..., int]
Out = pytest.CaptureFixture[str]


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
        assert eventually(lambda: node._follower.polled.is_set() and node._session.is_connected)
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
    models: Models,
    tmp_path: Path,
    capsys: Out,
) -> None:
    if not embedded.is_installed():
        pytest.skip("iotcore is not installed: pip install '.[embedded-broker]'")
    mosquitto.stop()
    files = pictures(photos, tmp_path / "a", 6)
    pair = []
    for name in ("one", "two"):
        state = tmp_path / name
        state.mkdir()
        (state / "models").symlink_to(models.kept_in)
        pair.append(replace(config, node=replace(config.node, id=name, state_dir=state)))
    with (
        PrivateBroker(mosquitto.settings, tmp_path / "embedded", kind="embedded"),
        running(pair[0]) as one,
        running(pair[1]) as two,
    ):
        assert eventually(lambda: one._follower.polled.is_set() and two._follower.polled.is_set())
        assert eventually(lambda: one._session.is_connected and two._session.is_connected)
        assert ask(*files, "--labelled", tmp_path / "out") == 0
    assert {one["node"] for one in answers(capsys.readouterr().out)} == {"one", "two"}
    assert len(list((tmp_path / "out").iterdir())) == 6
