from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import convert

from broker.messages import EventType
from edge_node.engine_settings import EngineSettings
from edge_node.engines.build import (
    build_detector,
    build_embedder,
    build_enrolment_detector,
    build_enrolment_embedder,
    engine_id,
)
from edge_node.engines.onnx_session import OnnxSession
from edge_node.enrol import enrol
from edge_node.errors import EngineError
from edge_node.gallery import Gallery
from edge_node.models.catalogue import MODELS, Package
from edge_node.models.install import Models
from edge_node.ports import Embedder, Photo
from edge_node.stores.templates import TemplateFile
from tests.edge_node.engines.needs import require


def few(folder: Path, models: Models, *names: str) -> Models:
    """A machine that has only these models."""
    require(models, *names)
    for name in names:
        ready = models.require(name)
        for source in (ready, ready.with_name(ready.name + ".sha256")):
            (folder / source.name).write_bytes(source.read_bytes())
    return Models(folder)


@pytest.fixture
def only_centerface(tmp_path: Path, models: Models) -> Models:
    return few(tmp_path, models, "centerface")


def test_auto_takes_centerface_without_yunet(only_centerface: Models) -> None:
    assert build_detector(EngineSettings(), only_centerface).id == "centerface"
    assert build_enrolment_detector(EngineSettings(), only_centerface).id == "centerface"


def test_auto_refines_yunet_for_frames_and_takes_centerface_for_photos(models: Models) -> None:
    require(models, "yunet")
    assert build_detector(EngineSettings(), models).id == "yunet_centerface"
    assert build_detector(EngineSettings(detector="yunet"), models).id == "yunet_centerface"
    assert build_detector(EngineSettings(refine=False), models).id == "yunet"
    assert build_enrolment_detector(EngineSettings(), models).id == "centerface"


def test_without_centerface_yunet_is_alone_unless_refinement_is_asked_for(
    tmp_path: Path, models: Models
) -> None:
    only_yunet = few(tmp_path, models, "yunet")
    assert build_detector(EngineSettings(), only_yunet).id == "yunet"
    with pytest.raises(EngineError, match="edge-node models install centerface"):
        build_detector(EngineSettings(refine=True), only_yunet)


def test_refinement_that_is_asked_for_needs_yunet(only_centerface: Models) -> None:
    with pytest.raises(EngineError, match="edge-node models install yunet"):
        build_detector(EngineSettings(refine=True), only_centerface)


def test_auto_takes_mobilefacenet_when_it_is_there(tmp_path: Path, models: Models) -> None:
    both = few(tmp_path, models, "mobilefacenet")
    assert build_embedder(EngineSettings(), both).id == "mobilefacenet"
    assert build_enrolment_embedder(EngineSettings(), both).id == "mobilefacenet_mirror"
    assert build_embedder(EngineSettings(embedder="dlib_resnet"), models).id == "dlib_resnet_v1_mirror"


def test_auto_takes_dlib_resnet_without_mobilefacenet(tmp_path: Path, models: Models) -> None:
    assert (
        build_embedder(EngineSettings(), few(tmp_path, models, "dlib_resnet")).id == "dlib_resnet_v1_mirror"
    )


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
    plain = build_embedder(EngineSettings(embedder="dlib_resnet", mirror=False), models)
    mirrored = build_embedder(EngineSettings(embedder="dlib_resnet", mirror=True), models)
    assert engine_id(detector, mirrored) == "centerface+dlib_resnet_v1_mirror"
    assert engine_id(detector, plain) == "centerface+dlib_resnet_v1"


def test_a_gallery_of_another_engine_is_made_anew_and_never_mixed(
    tmp_path: Path, models: Models, photos: Path
) -> None:
    """For each change of engine; the templates of one never reach another."""
    detector = build_enrolment_detector(EngineSettings(), models)
    photo = Photo("Authorised/Ann/1.jpg", EventType.AUTHORISED, "Ann", "1", photos / "obama.jpg")
    galleries = {}
    for embedder in each_engine(models):
        model = engine_id(detector, embedder)
        file = TemplateFile(tmp_path / "templates.bin", model=model, dimension=embedder.dimension)
        assert file.load() == []
        file.save(list(enrol([photo], detector, embedder, file.load())))
        (kept,) = file.load()
        assert kept.template is not None
        assert kept.template.shape == (embedder.dimension,)
        galleries[model] = Gallery.of([kept], model)
    assert len({gallery.version for gallery in galleries.values()}) == len(galleries)
    assert {model for model, gallery in galleries.items() if gallery.model == model} == galleries.keys()


def each_engine(models: Models) -> list[Embedder]:
    names = ["dlib_resnet"] + ["mobilefacenet"] * (models.find("mobilefacenet") is not None)
    choices = [{"embedder": name, "mirror": mirror} for name in names for mirror in (True, False)]
    return [build_embedder(convert(choice, EngineSettings), models) for choice in choices]
