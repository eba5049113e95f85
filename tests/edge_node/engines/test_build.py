from dataclasses import replace
from pathlib import Path

import pytest

from edge_node.engines.build import build_detector, build_embedder, build_enrolment_detector, engine_id
from edge_node.engines.onnx_session import OnnxSession
from edge_node.errors import EngineError
from edge_node.models.catalogue import MODELS, Package
from edge_node.models.install import Models
from edge_node.settings import EngineSettings


@pytest.fixture
def only_centerface(tmp_path: Path, models: Models) -> Models:
    few = Models(tmp_path)
    ready = models.require("centerface")
    for source in (ready, ready.with_name(ready.name + ".sha256")):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    return few


def test_auto_takes_centerface_without_yunet(only_centerface: Models) -> None:
    assert build_detector(EngineSettings(), only_centerface).id == "centerface"
    assert build_enrolment_detector(EngineSettings(), only_centerface).id == "centerface"


def test_auto_takes_yunet_for_frames_and_centerface_for_photos(models: Models) -> None:
    if models.find("yunet") is None:
        pytest.skip("yunet is in no package registry: name its folder in EDGE_MODELS_DIR")
    assert build_detector(EngineSettings(), models).id == "yunet"
    assert build_enrolment_detector(EngineSettings(), models).id == "centerface"


def test_a_detector_that_is_named_is_not_replaced(only_centerface: Models) -> None:
    with pytest.raises(EngineError, match=r"expected yunet.*edge-node models install"):
        build_detector(EngineSettings(detector="yunet"), only_centerface)


def test_missing_models_name_the_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, model in MODELS.items():
        absent = Package(name="absent", version="1", member="absent_package/model.dat")
        monkeypatch.setitem(MODELS, name, replace(model, package=absent))
    nothing = Models(tmp_path)
    with pytest.raises(EngineError, match="edge-node models install"):
        build_detector(EngineSettings(), nothing)
    with pytest.raises(EngineError, match="edge-node models install dlib_resnet"):
        build_embedder(EngineSettings(), nothing)


def test_a_file_that_is_no_network_is_an_engine_error(tmp_path: Path) -> None:
    path = tmp_path / "garbage.onnx"
    path.write_bytes(b"\x00garbage" * 100)
    with pytest.raises(EngineError, match="no usable network"):
        OnnxSession(path)
    with pytest.raises(EngineError, match="cannot be read"):
        OnnxSession(tmp_path / "absent.onnx")


def test_the_engine_names_both_of_its_parts(models: Models) -> None:
    detector = build_enrolment_detector(EngineSettings(), models)
    plain = build_embedder(EngineSettings(mirror=False), models)
    mirrored = build_embedder(EngineSettings(mirror=True), models)
    assert engine_id(detector, mirrored) == "centerface+dlib_resnet_v1_mirror"
    assert engine_id(detector, plain) == "centerface+dlib_resnet_v1"
