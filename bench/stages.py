"""What each stage of a frame costs, next to the least that its arithmetic or its memory traffic can cost.

1280x720, one face, one thread. Arithmetic: multiplications and additions of a network's convolutions, at the
speed of a matrix product in the same run. Memory: the bytes read and written, at the speed of a copy.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import helper

from bench.node import LIMITS, node_pipeline
from bench.scenes import ROOT, frame
from edge_node.decode import decode, glance_at
from edge_node.engines.canvas import Canvas
from edge_node.engines.cascade import CONTEXT, SIDE
from edge_node.engines.mobilefacenet import NETWORK
from edge_node.engines.onnx_session import OnnxSession
from edge_node.jpeg import read_header
from edge_node.match import identify
from edge_node.models.install import Models
from edge_node.quality import assess

WIDTH, HEIGHT = 1280, 720


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=60)
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    flops, bandwidth = matrix_product(), copy_speed()
    print(f"this core: {flops / 1e9:.0f} GFLOP/s in a matrix product, {bandwidth / 1e9:.1f} GB/s in a copy")
    print(f"{'stage':44}{'ms':>7}{'floor':>8}")
    for stage, work, floor in stages(flops, bandwidth):
        print(f"{stage:44}{median(work, rounds):7.2f}{floor:8.2f}", flush=True)


def stages(flops: float, bandwidth: float) -> Sequence[tuple[str, Callable[[], object], float]]:
    """Name, work, and floor in milliseconds."""
    models = Models(ROOT / "var/state/models", None)
    jpeg = frame(f"{WIDTH}x{HEIGHT}", 1)
    image = decode(jpeg, **LIMITS)
    canvas = Canvas.of(image, 640)
    crop = np.zeros((1, 3, SIDE, SIDE), np.float32)
    chip = np.zeros((1, 3, NETWORK.side, NETWORK.side), np.float32)
    pipeline = node_pipeline({})
    gallery, view = pipeline.gallery, pipeline.views.others
    (face,) = pipeline.recognise(image, gallery, view)
    assert face.seen.vector is not None
    probe = face.seen.vector[None]
    found: list[tuple[str, Callable[[], object], float]] = []

    def copied(octets: int) -> float:
        return 1000 * octets / bandwidth

    def network(name: str, label: str, batch: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        path = models.find(name)
        if path is not None:
            session = OnnxSession(path)
            floor = 1000 * 2 * multiplications(path, batch.shape) / flops
            found.append((label, lambda: session.first_output(batch), floor))

    found.append(("walk the JPEG's segments", lambda: read_header(jpeg, **LIMITS), copied(len(jpeg))))
    found.append(("glance, 1/8 of the size, grey", lambda: glance_at(jpeg, **LIMITS), copied(len(jpeg))))
    found.append(("decode", lambda: decode(jpeg, **LIMITS), copied(len(jpeg) + image.nbytes)))
    octets = image.nbytes + canvas.tensor.nbytes
    found.append(
        ("reduce to the detector's canvas of 640x384", lambda: Canvas.of(image, 640), copied(octets))
    )
    network("yunet", "YuNet, 640x384", canvas.tensor)
    network("centerface", f"CenterFace on a crop of {SIDE}x{SIDE}", crop)
    network("centerface", "CenterFace, 640x384 (where YuNet is missing)", canvas.tensor)
    box = face.seen.detection.box
    octets = round(CONTEXT * box.width * CONTEXT * box.height)
    found.append(
        ("judge size, sharpness, pose, light", lambda: assess(image, face.seen.detection), copied(octets))
    )
    network("mobilefacenet", "MobileFaceNet, one face", chip)
    network("dlib_resnet", "dlib's network, one face", np.zeros((1, 3, 150, 150), np.float32))
    found.append(
        (
            "match against two people",
            lambda: identify(probe, gallery, threshold=view.threshold, margin=view.margin),
            copied(gallery.vectors.nbytes),
        )
    )
    return found


def multiplications(path: Path, shape: tuple[int, ...]) -> int:
    """Of all convolutions and matrix products, for an input of that shape."""
    model = onnx.load(path)
    (given,) = [one for one in model.graph.input if one.name not in {w.name for w in model.graph.initializer}]
    for dimension, size in zip(given.type.tensor_type.shape.dim, shape, strict=True):
        dimension.dim_value = size
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model).graph
    sizes = {
        value.name: [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (*inferred.value_info, *inferred.output)
    }
    weights = {weight.name: list(weight.dims) for weight in inferred.initializer}
    total = 0
    for node in inferred.node:
        if node.op_type == "Conv":
            total += math.prod(sizes[node.output[0]]) * math.prod(weights[node.input[1]][1:])
        elif node.op_type == "ConvTranspose":
            total += math.prod(sizes[node.output[0]]) * math.prod(weights[node.input[1]][1:]) // 4
        elif node.op_type in ("Gemm", "MatMul"):
            total += math.prod(weights[node.input[1]])
    return total


def matrix_product(side: int = 1024) -> float:
    """Operations a second, a multiplication and an addition counted as two; onnxruntime's product."""
    values = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [side, side]) for name in ("a", "b", "c")
    ]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])], "product", values[:2], values[2:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    one = np.ones((side, side), np.float32)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return 2 * side**3 / (median(lambda: session.run(None, {"a": one, "b": one}), 20) / 1000)


def copy_speed(octets: int = 256_000_000) -> float:
    """Bytes a second, read and written."""
    source, target = np.ones(octets, np.uint8), np.empty(octets, np.uint8)
    return 2 * octets / (median(lambda: np.copyto(target, source), 10) / 1000)


def median(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
