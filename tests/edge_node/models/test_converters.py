from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge_node.engine_settings import ModelsSettings
from edge_node.models import convert_centerface, convert_dlib, convert_mobilefacenet
from edge_node.models.catalogue import MODELS
from edge_node.models.install import Models
from edge_node.models.sources import UnavailableError, on_this_machine


def session(network: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def dlib_original() -> bytes:
    return on_this_machine(MODELS["dlib_resnet"], [])


def test_dlib_file_holds_29_convolutions_and_one_matrix(dlib_original: bytes) -> None:
    kinds = [layer.kind for layer in convert_dlib.read_layers(dlib_original)]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "con_4": 29,
        "affine_": 29,
        "relu_": 29,
        "max_pool_2": 1,
        "add_prev_": 14,
        "avg_pool_2": 5,
        "fc_2": 1,
    }


def test_dlib_conversion_is_deterministic(dlib_original: bytes, models: Models) -> None:
    converted = convert_dlib.convert(dlib_original)
    assert converted == convert_dlib.convert(dlib_original)
    assert converted == models.require("dlib_resnet").read_bytes()


def test_dlib_network_takes_any_number_of_chips(models: Models) -> None:
    network = session(models.require("dlib_resnet").read_bytes())
    chips = np.random.default_rng(0).integers(0, 256, (3, 3, 150, 150)).astype(np.float32)
    (together,) = network.run(None, {"input": chips})
    alone = [network.run(None, {"input": chip[None]})[0][0] for chip in chips]
    assert together.shape == (3, 128)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_centerface_takes_any_size_once_converted(models: Models) -> None:
    network = session(models.require("centerface").read_bytes())
    for batch, height, width in ((1, 32, 32), (2, 96, 160), (1, 384, 640)):
        picture = np.zeros((batch, 3, height, width), np.float32)
        shapes = [output.shape for output in network.run(["537", "538", "539", "540"], {"input.1": picture})]
        assert shapes == [(batch, channels, height // 4, width // 4) for channels in (1, 2, 2, 10)]


def test_centerface_gives_what_the_published_network_gives(models: Models) -> None:
    original = models.kept_in / MODELS["centerface"].file
    if not original.exists():
        pytest.skip("centerface was not downloaded here but came from a folder")
    picture = np.random.default_rng(0).integers(0, 256, (10, 3, 32, 32)).astype(np.float32)
    published = session(original.read_bytes()).run(None, {"input.1": picture})
    converted = session(convert_centerface.convert(original.read_bytes())).run(None, {"input.1": picture})
    for expected, got in zip(published, converted, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-4)


def test_centerface_conversion_is_deterministic(models: Models) -> None:
    original = models.kept_in / MODELS["centerface"].file
    if not original.exists():
        pytest.skip("centerface was not downloaded here but came from a folder")
    assert convert_centerface.convert(original.read_bytes()) == models.require("centerface").read_bytes()


@pytest.fixture(scope="module")
def mobilefacenet_original() -> bytes:
    folder = ModelsSettings().folder()
    try:
        return on_this_machine(MODELS["mobilefacenet"], [] if folder is None else [folder])
    except UnavailableError:
        pytest.skip("mobilefacenet is in no package registry: name its folder in EDGE_MODELS_DIR")


def test_mobilefacenet_is_the_same_with_and_without_prelu(mobilefacenet_original: bytes) -> None:
    translated = convert_mobilefacenet.translate(mobilefacenet_original)
    assert sum(node.op_type == "PRelu" for node in translated.graph.node) == 33
    chips = np.random.default_rng(0).uniform(-1, 1, (4, 3, 112, 112)).astype(np.float32)
    (plain,) = session(translated.SerializeToString()).run(None, {"input": chips})
    (blocked,) = session(convert_mobilefacenet.convert(mobilefacenet_original)).run(None, {"input": chips})
    assert blocked.shape == (4, 192)
    np.testing.assert_allclose(blocked, plain, atol=1e-5 * np.abs(plain).max())


def test_mobilefacenet_gives_what_tensorflow_lite_gives(mobilefacenet_original: bytes) -> None:
    """Numbers that LiteRT 2.3 gave for a chip of stripes: the first eight of 192."""
    stripes = np.indices((3, 112, 112)).sum(axis=0) % 16 / 8 - 1
    chip = stripes[None].astype(np.float32)
    (vector,) = session(convert_mobilefacenet.convert(mobilefacenet_original)).run(None, {"input": chip})
    expected = [0.03491, 0.66212, 0.20236, -0.04877, -1.13155, -0.25854, 1.6247, 2.9343]
    np.testing.assert_allclose(vector[0, :8], expected, atol=1e-4)


def test_mobilefacenet_conversion_is_deterministic(mobilefacenet_original: bytes, models: Models) -> None:
    converted = convert_mobilefacenet.convert(mobilefacenet_original)
    assert converted == convert_mobilefacenet.convert(mobilefacenet_original)
    assert converted == models.require("mobilefacenet").read_bytes()


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TensorFlow Lite"):
        convert_mobilefacenet.convert(b"something else" * 10)
    with pytest.raises(ValueError, match="version"):
        convert_dlib.convert(b"\x01\x05con_4" + b"\x01\x07" * 20)
