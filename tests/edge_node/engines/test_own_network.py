"""A network of the user's own: believed only as far as it can be checked."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from broker.config import load
from broker.errors import ConfigError
from edge_node.engine_settings import EngineSettings, OnnxSettings
from edge_node.engines.build import build_embedder
from edge_node.engines.own_network import own_network
from edge_node.errors import EngineError
from edge_node.faces import Image
from edge_node.models.install import Models
from edge_node.ports import Detector
from edge_node.settings import NodeConfig

Read = Callable[[str], Image]

DIMENSION = 12


def network(batch: str | int = "N", side: int = 112) -> bytes:
    """Means of 2 x 2 fields of each colour: a vector of twelve, which says where the face is bright."""
    nodes = [
        helper.make_node(
            "AveragePool", ["data"], ["fields"], kernel_shape=[side // 2] * 2, strides=[side // 2] * 2
        ),
        helper.make_node("Reshape", ["fields", "shape"], ["fc1"]),
    ]
    graph = helper.make_graph(
        nodes,
        "fields",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, 3, side, side])],
        [helper.make_tensor_value_info("fc1", TensorProto.FLOAT, [batch, DIMENSION])],
        [numpy_helper.from_array(np.array([-1, DIMENSION], np.int64), "shape")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString()
    return serialised


def settings(folder: Path, content: bytes, **changes: Any) -> OnnxSettings:
    file = folder / "own.onnx"
    file.write_bytes(content)
    given = OnnxSettings(
        file=file,
        sha256=hashlib.sha256(content).hexdigest(),
        dimension=DIMENSION,
        threshold=0.9,
        margin=0.05,
    )
    return msgspec.structs.replace(given, **changes)


def test_its_vectors_are_used_with_its_own_thresholds(
    tmp_path: Path, models: Models, detector: Detector, read: Read
) -> None:
    own = settings(tmp_path, network())
    embedder = build_embedder(EngineSettings(embedder="onnx", onnx=own), models)
    image = read("obama.jpg")
    vectors = embedder.embed(image, detector.detect(image))
    assert vectors.shape == (1, DIMENSION)
    assert np.linalg.norm(vectors) == pytest.approx(1)
    assert (embedder.dimension, embedder.threshold, embedder.margin) == (DIMENSION, 0.9, 0.05)


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_mean_scale_and_order_are_as_it_was_said(tmp_path: Path, channels: str) -> None:
    own = own_network(settings(tmp_path, network(), mean=10.0, scale=2.0, channels=channels))
    chips = np.full((1, 112, 112, 3), (30, 60, 90), np.uint8)
    expected = [40, 25, 10] if channels == "rgb" else [10, 25, 40]
    np.testing.assert_allclose(own.descriptors(chips)[0], np.repeat(expected, 4))


def test_landmarks_scale_with_the_input(tmp_path: Path, detector: Detector, read: Read) -> None:
    image = read("obama.jpg")
    faces = detector.detect(image)
    small = own_network(settings(tmp_path, network())).embed(image, faces)
    large = own_network(settings(tmp_path, network(side=224), input_size=224)).embed(image, faces)
    assert (small @ large.T).item() > 0.995


def test_a_network_saved_for_one_face_at_a_time_serves(
    tmp_path: Path, detector: Detector, read: Read
) -> None:
    image = read("obama.jpg")
    faces = detector.detect(image) * 3
    one = own_network(settings(tmp_path, network(batch=1))).embed(image, faces)
    many = own_network(settings(tmp_path, network())).embed(image, faces)
    np.testing.assert_allclose(one, many, atol=1e-6)


def test_its_id_changes_with_whatever_changes_its_vectors(tmp_path: Path) -> None:
    plain = own_network(settings(tmp_path, network()), mirror=False)
    ids = {plain.id} | {
        own_network(settings(tmp_path, network(), **change)).id
        for change in ({}, {"mean": 0.0}, {"scale": 1.0}, {"channels": "bgr"})
    }
    assert len(ids) == 5
    assert all(one.startswith("onnx_") for one in ids)
    kept = own_network(settings(tmp_path, network(), threshold=0.5, margin=0.0), mirror=False)
    assert kept.id == plain.id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": "0" * 64}, r"own\.onnx is refused: expected sha256 000"),
        ({"file": Path("/nowhere/own.onnx")}, r"engine\.onnx\.file /nowhere/own\.onnx cannot be read"),
        ({"dimension": 512}, r"expected vectors of 512 numbers, got \(1, 12\)"),
        ({"input_size": 96}, r"does not take \(1, 3, 96, 96\)"),
    ],
)
def test_what_does_not_fit_is_said_at_the_start(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(EngineError, match=said):
        own_network(settings(tmp_path, network(), **change))


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no usable network"):
        own_network(settings(tmp_path, b"no network"))


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("{embedder: onnx}", "expected embedder: onnx and a section onnx together"),
        (
            "{embedder: face_recognition, detector: yunet}",
            "goes with detector: hog, cnn or auto, not with yunet",
        ),
        ("{detector: hog, refine: true}", "refine: true goes with detector: yunet or auto, not with hog"),
        ("{embedder: face_recognition, refine: true}", "refine: true does not go with"),
        ("{embedder: onnx, onnx: {file: own.onnx}}", "engine.onnx.threshold: missing"),
        ("{embedder: facenet}", "expected one of auto, mobilefacenet"),
    ],
)
def test_engines_that_do_not_go_together_are_faults_of_the_config(
    tmp_path: Path, engine: str, said: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"engine: {engine}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, NodeConfig)
    assert said in str(caught.value)
