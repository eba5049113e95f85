"""dlib's face recognition network (a ResNet of 29 convolutions) from dlib's own file format to ONNX.

First the layers are read from the file, in the order in which data flows through them; then a graph is built
of them. The format is that of dlib's `serialize.h` and `dnn/layers.h`; what is expected here is exactly the
file of the catalogue, whose sha256 was checked before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 150
DIMENSION = 128
MEAN_RGB = np.array([122.782, 117.001, 104.298])  # as in dlib's input_rgb_image
SCALE = 256.0
OPSET = 13
IR_VERSION = 8

Weights = npt.NDArray[np.float64]

LAYER = re.compile(rb"\x01[\x04-\x0a](con_4|affine_|relu_|max_pool_2|avg_pool_2|add_prev_|fc_2)")
"""The name that each layer starts with, after its length in dlib's packed form."""


def convert(original: bytes) -> bytes:
    """The .dat file in, ONNX out.

    Input `input`: N x 3 x 150 x 150, RGB 0..255. Output `embedding`: N x 128, the vectors that dlib and
    face_recognition give, not of unit length.
    """
    graph = _Graph()
    for layer in read_layers(original):
        graph.append(layer)
    return graph.serialise()


@dataclass(frozen=True, slots=True)
class Layer:
    """weights: flat, as in the file. shape: of a convolution filters, rows, columns, strides and paddings (y,
    x); of a pooling the same without filters; of the fully connected layer outputs and inputs."""

    kind: str
    weights: Weights
    shape: tuple[int, ...]


def read_layers(data: bytes) -> Iterator[Layer]:
    """The layers that compute, input first."""
    for name in LAYER.finditer(data):
        reader = _Reader(data, name.end())
        kind = name[1].decode()
        match kind:
            case "con_4":
                weights = reader.tensor()
                yield Layer(kind, weights, reader.integers(7))
            case "affine_":
                yield Layer(kind, reader.tensor(), ())
            case "fc_2":
                shape = reader.integers(2)
                yield Layer(kind, reader.tensor(), shape)
            case "max_pool_2" | "avg_pool_2":
                yield Layer(kind, np.empty(0), reader.integers(6))
            case _:
                yield Layer(kind, np.empty(0), ())


class _Reader:
    """Reads dlib's packed integers and its tensors."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position

    def integer(self) -> int:
        """A control byte (top bit: sign, low four bits: how many bytes), then the bytes, lowest first."""
        control = self.data[self.position]
        start = self.position + 1
        self.position = start + (control & 0x0F)
        value = int.from_bytes(self.data[start : self.position], "little")
        return -value if control & 0x80 else value

    def integers(self, count: int) -> tuple[int, ...]:
        return tuple(self.integer() for _ in range(count))

    def tensor(self) -> Weights:
        version, *extents = self.integers(5)
        if version != 2:
            raise ValueError(f"expected a dlib tensor of version 2, got {version}")
        size = int(np.prod(extents))
        values = np.frombuffer(self.data, "<f4", size, self.position)
        self.position += values.nbytes
        return values.astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Flow:
    """What comes out of a node: its name, and how many channels of side x side values."""

    name: str
    channels: int
    side: int


class _Graph:
    """Grows by one layer at a time, the way the data flows."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.flow = _Flow("input", 3, SIDE)
        self.block_input = self.flow
        self.shortcut: _Flow | None = None
        self.convolution: Layer | None = None

    def append(self, layer: Layer) -> None:
        match layer.kind:
            case "con_4":
                self.convolution = layer
            case "affine_":
                self._convolve(layer)
            case "relu_":
                after_addition = self.shortcut is not None
                self.flow = self._node("Relu", [self.flow.name], self.flow.channels, self.flow.side)
                if after_addition:
                    self._start_block()
            case "max_pool_2":
                self.flow = self._pool("MaxPool", layer, self.flow)
                self._start_block()
            case "avg_pool_2" if layer.shape[0] == 0:
                self.flow = self._node("GlobalAveragePool", [self.flow.name], self.flow.channels, 1)
            case "avg_pool_2":
                self.shortcut = self._pool("AveragePool", layer, self.block_input)
            case "add_prev_":
                self._add_shortcut()
            case "fc_2":
                self._connect(layer)

    def serialise(self) -> bytes:
        graph = helper.make_graph(
            self.nodes,
            "dlib_face_recognition_resnet_v1",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", DIMENSION])],
            self.initializers,
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        serialised: bytes = model.SerializeToString(deterministic=True)
        return serialised

    def _start_block(self) -> None:
        self.block_input = self.flow
        self.shortcut = None

    def _convolve(self, affine: Layer) -> None:
        """A convolution with the affine layer after it folded in; the first one takes the scaling in, too."""
        assert self.convolution is not None
        filters, rows, columns, stride, _, padding, _ = self.convolution.shape
        count = filters * self.flow.channels * rows * columns
        kernel = self.convolution.weights[:count].reshape(filters, self.flow.channels, rows, columns)
        gamma, beta = affine.weights.reshape(2, filters)
        bias = self.convolution.weights[count:] * gamma + beta
        kernel = kernel * gamma[:, None, None, None]
        if self.flow.name == "input":
            assert padding == 0, "folding the mean into the bias is exact only without padding"
            kernel = kernel / SCALE
            bias = bias - np.einsum("fcyx,c->f", kernel, MEAN_RGB)
        inputs = [self.flow.name, self._constant(kernel), self._constant(bias)]
        side = (self.flow.side + 2 * padding - rows) // stride + 1
        self.flow = self._node(
            "Conv",
            inputs,
            filters,
            side,
            kernel_shape=[rows, columns],
            strides=[stride, stride],
            pads=[padding] * 4,
        )
        self.convolution = None

    def _pool(self, operator: str, layer: Layer, flow: _Flow) -> _Flow:
        rows, columns, stride, *_ = layer.shape
        side = (flow.side - rows) // stride + 1
        return self._node(
            operator,
            [flow.name],
            flow.channels,
            side,
            kernel_shape=[rows, columns],
            strides=[stride, stride],
        )

    def _add_shortcut(self) -> None:
        """dlib adds tensors of different extents as if the missing values were zero."""
        self.shortcut = self.shortcut or self.block_input
        channels = max(self.flow.channels, self.shortcut.channels)
        side = max(self.flow.side, self.shortcut.side)
        terms = [self._pad(flow, channels, side) for flow in (self.flow, self.shortcut)]
        self.flow = self._node("Add", terms, channels, side)

    def _pad(self, flow: _Flow, channels: int, side: int) -> str:
        if (flow.channels, flow.side) == (channels, side):
            return flow.name
        after = [0, channels - flow.channels, side - flow.side, side - flow.side]
        pads = self._constant(np.array([0, 0, 0, 0, *after]), np.int64)
        return self._node("Pad", [flow.name, pads], channels, side).name

    def _connect(self, layer: Layer) -> None:
        outputs, inputs = layer.shape
        flat = self._node("Flatten", [self.flow.name], inputs, 1)
        matrix = self._constant(layer.weights.reshape(inputs, outputs))
        self.nodes.append(helper.make_node("MatMul", [flat.name, matrix], ["embedding"]))

    def _node(self, operator: str, inputs: list[str], channels: int, side: int, **attributes: Any) -> _Flow:
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return _Flow(name, channels, side)

    def _constant(self, values: npt.NDArray[np.generic], kind: type[np.generic] = np.float32) -> str:
        name = f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name
