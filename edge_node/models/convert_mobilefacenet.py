"""MobileFaceNet from TensorFlow Lite's format to ONNX.

First the operators are translated one by one, then what is slow on onnxruntime is written another way. What
is expected here is exactly the file of the catalogue, whose sha256 was checked before.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

SIDE = 112
DIMENSION = 192
OPSET = 13
IR_VERSION = 8

Array = npt.NDArray[Any]

PARAMETRIC_RELU = ("RELU", "ABS", "SUB", "MUL", "ADD")
"""How the file spells it: relu(x) + slope / 2 * (x - |x|)."""

OPERATORS = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}


def convert(original: bytes) -> bytes:
    """The .tflite file in, ONNX out.

    Input `input`: N x 3 x 112 x 112, RGB, less 127.5 and over 128. Output `embedding`: N x 192, not of unit
    length.
    """
    model = without_prelu(translate(original))
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def translate(original: bytes) -> onnx.ModelProto:
    """Operator by operator; channels come before rows, and the batch of two is left open."""
    graph = _Graph(original)
    for kinds, operators in _grouped(graph.operators()):
        graph.append(kinds, operators)
    return graph.model()


def without_prelu(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same function, PRelu(x) written as slope * x + (1 - slope) * relu(x), by depthwise convolutions.

    onnxruntime keeps its blocked layout through convolutions and leaves it for every PRelu: 3.5 ms a face
    in place of 9.
    """
    slopes = {node.input[1] for node in model.graph.node if node.op_type == "PRelu"}
    weights = [weight for weight in model.graph.initializer if weight.name not in slopes]
    values = {w.name: numpy_helper.to_array(w) for w in model.graph.initializer if w.name in slopes}
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            nodes.append(node)
            continue
        (whole, name), (output,) = node.input, node.output
        positive = f"{output}_positive"
        nodes.append(helper.make_node("Relu", [whole], [positive]))
        slope = values[name].reshape(-1, 1, 1, 1)
        terms = {f"{output}_slope": (whole, slope), f"{output}_rest": (positive, 1 - slope)}
        for term, (source, factor) in terms.items():
            weights.append(numpy_helper.from_array(factor, f"{term}_weight"))
            inputs = [source, f"{term}_weight"]
            nodes.append(helper.make_node("Conv", inputs, [term], kernel_shape=[1, 1], group=len(factor)))
        nodes.append(helper.make_node("Add", list(terms), [output]))
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, weights)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def _grouped(
    operators: Sequence[tuple[str, tflite.Operator]],
) -> Iterator[tuple[str, list[tflite.Operator]]]:
    """The operators in order, the five of a parametric ReLU as one `PRELU`."""
    position = 0
    while position < len(operators):
        five = operators[position : position + len(PARAMETRIC_RELU)]
        if tuple(kind for kind, _ in five) == PARAMETRIC_RELU:
            yield "PRELU", [operator for _, operator in five]
            position += len(five)
        else:
            kind, operator = operators[position]
            yield kind, [operator]
            position += 1


class _Graph:
    def __init__(self, original: bytes) -> None:
        if not tflite.Model.ModelBufferHasIdentifier(original, 0):
            raise ValueError("expected a file of TensorFlow Lite")
        self._file = tflite.Model.GetRootAs(original, 0)
        self._subgraph = self._file.Subgraphs(0)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def operators(self) -> list[tuple[str, tflite.Operator]]:
        found = [self._subgraph.Operators(index) for index in range(self._subgraph.OperatorsLength())]
        codes = [self._file.OperatorCodes(operator.OpcodeIndex()) for operator in found]
        return [
            # Old files have the code in the one field, new files in the other.
            (OPERATORS[max(code.DeprecatedBuiltinCode(), code.BuiltinCode())], operator)
            for code, operator in zip(codes, found, strict=True)
        ]

    def append(self, kind: str, operators: Sequence[tflite.Operator]) -> None:
        inputs = [int(tensor) for tensor in operators[0].InputsAsNumpy()]
        output = _name(operators[-1].Outputs(0))
        match kind:
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                self._convolve(kind, operators[0], inputs, output)
            case "PRELU":
                (half_slope,) = filter(self._is_constant, operators[3].InputsAsNumpy())
                slope = self._weight(f"{output}_slope", 2 * self._constant(half_slope).reshape(-1, 1, 1))
                self._nodes.append(helper.make_node("PRelu", [_name(inputs[0]), slope], [output]))
            case "ADD":
                self._nodes.append(helper.make_node("Add", [_name(tensor) for tensor in inputs], [output]))
            case "RESHAPE":
                self._nodes.append(helper.make_node("Flatten", [_name(inputs[0])], [output]))
            case _:
                raise ValueError(f"expected the operators of MobileFaceNet, got {kind}")

    def model(self) -> onnx.ModelProto:
        renamed = {_name(self._subgraph.Inputs(0)): "input", _name(self._subgraph.Outputs(0)): "embedding"}
        for node in self._nodes:
            node.input[:] = [renamed.get(name, name) for name in node.input]
            node.output[:] = [renamed.get(name, name) for name in node.output]
        graph = helper.make_graph(
            self._nodes,
            "mobilefacenet",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["N", DIMENSION])],
            self._weights,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def _convolve(self, kind: str, operator: tflite.Operator, inputs: Sequence[int], output: str) -> None:
        picture, kernel, bias = inputs
        weights = self._constant(kernel)
        depthwise = kind == "DEPTHWISE_CONV_2D"
        # Ordinary kernels come as filter, row, column, channel; depthwise ones as 1, row, column, channel.
        weights = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        options = tflite.DepthwiseConv2DOptions() if depthwise else tflite.Conv2DOptions()
        options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
        assert options.FusedActivationFunction() == tflite.ActivationFunctionType.NONE
        strides = [options.StrideH(), options.StrideW()]
        pads = [0, 0, 0, 0]
        if options.Padding() == tflite.Padding.SAME:
            pads = _same(self._shape(picture)[1:3], weights.shape[2:], strides)
        names = [self._weight(_name(kernel), weights), self._weight(_name(bias), self._constant(bias))]
        convolution = helper.make_node(
            "Conv",
            [_name(picture), *names],
            [output],
            kernel_shape=weights.shape[2:],
            strides=strides,
            pads=pads,
            group=len(weights) if depthwise else 1,
        )
        self._nodes.append(convolution)

    def _is_constant(self, tensor: int) -> bool:
        return bool(self._file.Buffers(self._subgraph.Tensors(tensor).Buffer()).DataLength())

    def _shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(side) for side in self._subgraph.Tensors(tensor).ShapeAsNumpy())

    def _constant(self, tensor: int) -> npt.NDArray[np.float32]:
        assert self._subgraph.Tensors(tensor).Type() == tflite.TensorType.FLOAT32
        data = self._file.Buffers(self._subgraph.Tensors(tensor).Buffer()).DataAsNumpy()
        return np.frombuffer(data.tobytes(), "<f4").reshape(self._shape(tensor))

    def _weight(self, name: str, values: Array) -> str:
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))
        return name


def _name(tensor: int) -> str:
    return f"t{tensor}"


def _same(size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]) -> list[int]:
    """TensorFlow's padding SAME as ONNX wants it: top, left, bottom, right; the odd pixel goes to the end."""
    totals = [
        max((-(-side // stride) - 1) * stride + extent - side, 0)
        for side, extent, stride in zip(size, kernel, strides, strict=True)
    ]
    return [total // 2 for total in totals] + [total - total // 2 for total in totals]
