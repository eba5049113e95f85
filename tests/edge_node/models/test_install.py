import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from edge_node.models import install
from edge_node.models.catalogue import MODELS
from edge_node.models.install import Models, is_complete
from edge_node.models.sources import UnavailableError

INSTALL = """
import sys
from pathlib import Path
from edge_node.models.install import Models
print(Models(Path(sys.argv[1])).install("dlib_resnet"))
"""


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def installed(tmp_path: Path) -> Models:
    models = Models(tmp_path / "state/models")
    models.install("dlib_resnet")
    return models


def test_two_processes_at_once_make_one_whole_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INSTALL, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {process.communicate(timeout=50)[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    (path,) = said
    assert Models(tmp_path).require("dlib_resnet") == Path(path)
    assert not list(tmp_path.glob("*.part"))


def test_a_torn_file_is_made_anew(installed: Models) -> None:
    path = installed.require("dlib_resnet")
    before = sha256(path)
    path.write_bytes(path.read_bytes()[:-1000])
    assert installed.damaged() == [path]
    assert not installed.is_ready(MODELS["dlib_resnet"])
    assert sha256(installed.require("dlib_resnet")) == before
    assert installed.damaged() == []


@pytest.mark.parametrize("stamp", [None, b"", b"\xff\xfe", b"0" * 64])
def test_a_file_without_its_stamp_does_not_count(installed: Models, stamp: bytes | None) -> None:
    path = installed.require("dlib_resnet")
    stamp_path = path.with_name(path.name + ".sha256")
    if stamp is None:
        stamp_path.unlink()
    else:
        stamp_path.write_bytes(stamp)
    assert not installed.is_ready(MODELS["dlib_resnet"])
    assert installed.require("dlib_resnet") == path
    assert installed.is_ready(MODELS["dlib_resnet"])


def test_stamps_are_what_sha256sum_checks(installed: Models) -> None:
    stamps = [path.name for path in installed.kept_in.glob("*.sha256")]
    assert stamps
    subprocess.run(["sha256sum", "--check", "--strict", *stamps], cwd=installed.kept_in, check=True)


def test_a_changed_converter_makes_a_new_file_in_place_of_the_old(
    installed: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = installed.require("dlib_resnet")
    monkeypatch.setattr(install, "_source", lambda module: module.encode())
    after = installed.require("dlib_resnet")
    assert after != before
    assert not before.exists()
    assert sorted(installed.kept_in.glob("dlib_resnet-*.onnx")) == [after]


def test_what_is_ready_is_not_touched_again(installed: Models) -> None:
    path = installed.require("dlib_resnet")
    written = path.stat().st_mtime_ns
    installed.install("dlib_resnet")
    assert path.stat().st_mtime_ns == written


def test_a_folder_of_models_serves_without_a_network(models: Models, tmp_path: Path) -> None:
    yunet = models.find("yunet")
    if yunet is None:
        pytest.skip("yunet is in no package registry: name its folder in EDGE_MODELS_DIR")
    folder = tmp_path / "by-hand"
    folder.mkdir()
    (folder / MODELS["yunet"].file).write_bytes(yunet.read_bytes())
    ready = Models(tmp_path / "state", folder).require("yunet")
    assert sha256(ready) == MODELS["yunet"].sha256


def test_a_wrong_file_in_the_folder_is_not_used(tmp_path: Path) -> None:
    (tmp_path / MODELS["yunet"].file).write_bytes(b"something else")
    models = Models(tmp_path / "state", tmp_path)
    assert models.find("yunet") is None
    assert not models.is_ready(MODELS["yunet"])


def test_what_cannot_be_had_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(
        UnavailableError, match=r"^not in models.dir, and its home could not be reached \(.+\)$"
    ):
        Models(tmp_path).install("yunet")


def test_complete_takes_a_detector_and_the_embedder(installed: Models, models: Models) -> None:
    assert not is_complete(installed)
    assert is_complete(models)
