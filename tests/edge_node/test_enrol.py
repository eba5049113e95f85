from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from broker.messages import EventType
from edge_node.enrol import enrol
from edge_node.faces import Detection, Image, Vectors
from edge_node.gallery import Enrolment, Gallery, problems
from edge_node.ports import Detector, Embedder, Photo
from tests.edge_node.scripted_engine import MeanColour, ScriptedDetector

STEADY = {"obama.jpg": "Barack Obama", "obama2.jpg": "Barack Obama", "biden.jpg": "Joe Biden"}


class NoVector(MeanColour):
    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        return super().embed(image, detections) * np.float32(np.nan)


def photo(path: Path, person: str = "Ann", fingerprint: str = "1") -> Photo:
    return Photo(f"Authorised/{person}/{path.name}", EventType.AUTHORISED, person, fingerprint, path)


def reasons(found: list[Enrolment]) -> list[str | None]:
    return [one.reason for one in found]


def test_one_face_becomes_a_unit_vector(photos: Path) -> None:
    (one,) = enrol([photo(photos / "obama.jpg")], ScriptedDetector(), MeanColour())
    assert one.reason is None
    assert one.template is not None
    assert np.linalg.norm(one.template) == pytest.approx(1, abs=1e-6)
    assert len(one.digest) == 64


@pytest.mark.parametrize(("faces", "reason"), [(0, "no_face"), (2, "several_faces"), (3, "several_faces")])
def test_exactly_one_face(photos: Path, faces: int, reason: str) -> None:
    assert reasons([*enrol([photo(photos / "obama.jpg")], ScriptedDetector(faces), MeanColour())]) == [reason]


def test_a_bad_photo_never_stops_the_others(photos: Path, tmp_path: Path) -> None:
    good = (photos / "obama.jpg").read_bytes()
    cases = {
        "half.jpg": good[: len(good) // 2],
        "empty.jpg": b"",
        "text.jpg": b"no picture",
        "good.jpg": good,
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    paths = [*(tmp_path / name for name in cases), photos / "32bit.png", tmp_path / "vanished.jpg", tmp_path]
    found = [*enrol([photo(path) for path in paths], ScriptedDetector(), MeanColour())]
    assert reasons(found) == ["truncated", "empty", "not_jpeg", None, "not_jpeg", "unreadable", "unreadable"]
    assert [one.photo for one in problems(found)] == [
        f"Authorised/Ann/{path.name}" for path in paths if path.name != "good.jpg"
    ]


def test_a_vector_of_nan_is_no_template(photos: Path) -> None:
    assert reasons([*enrol([photo(photos / "obama.jpg")], ScriptedDetector(), NoVector())]) == ["no_vector"]


def test_what_is_known_is_not_looked_at_again(photos: Path, tmp_path: Path) -> None:
    detector = ScriptedDetector()
    path = tmp_path / "photo.jpg"
    path.write_bytes((photos / "obama.jpg").read_bytes())
    known = [*enrol([photo(path)], detector, MeanColour())]
    touched = [*enrol([photo(path, fingerprint="2")], detector, MeanColour(), known)]
    moved = [*enrol([photo(path, "Renamed")], detector, MeanColour(), known)]
    assert detector.asked == 1
    assert touched[0].fingerprint == "2"
    assert moved[0].person == "Renamed"
    assert touched[0].template is known[0].template is moved[0].template
    path.write_bytes((photos / "biden.jpg").read_bytes())
    (changed,) = enrol([photo(path, fingerprint="3")], detector, MeanColour(), known)
    assert detector.asked == 2
    assert changed.digest != known[0].digest


def test_known_photos_are_not_even_read(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes((photos / "obama.jpg").read_bytes())
    known = [*enrol([photo(path)], ScriptedDetector(), MeanColour())]
    path.unlink()
    assert reasons([*enrol([photo(path)], ScriptedDetector(), MeanColour(), known)]) == [None]


def test_the_group_is_the_photo_s_and_not_the_memory_s(photos: Path) -> None:
    one = photo(photos / "obama.jpg")
    known = [*enrol([one], ScriptedDetector(), MeanColour())]
    now = Photo(one.key, EventType.RESTRICTED, one.person, one.fingerprint, one.path)
    (again,) = enrol([now], ScriptedDetector(), MeanColour(), known)
    assert again.group is EventType.RESTRICTED


def test_what_could_not_be_read_is_tried_again(photos: Path, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    known = [*enrol([photo(path)], ScriptedDetector(), MeanColour())]
    path.write_bytes((photos / "obama.jpg").read_bytes())
    assert reasons([*enrol([photo(path)], ScriptedDetector(), MeanColour(), known)]) == [None]


def test_real_photos_with_the_real_engine(
    photos: Path, enrolment_detector: Detector, embedder: Embedder
) -> None:
    names = {**STEADY, "obama3.jpg": "Probe"}
    found = [
        *enrol([photo(photos / file, name) for file, name in names.items()], enrolment_detector, embedder)
    ]
    assert reasons(found) == [None] * 4
    *enrolled, probe = found
    gallery = Gallery.of(enrolled, "model")
    assert probe.template is not None
    similarities = gallery.vectors @ probe.template
    alike = {
        gallery.people[owner].name: float(s) for owner, s in zip(gallery.owners, similarities, strict=True)
    }
    assert alike["Barack Obama"] > embedder.threshold > alike["Joe Biden"]


def test_an_extreme_shape_with_the_real_engine(
    tmp_path: Path, enrolment_detector: Detector, embedder: Embedder
) -> None:
    for name, shape in {"line.jpg": (1, 8192, 3), "column.jpg": (8192, 1, 3), "dot.jpg": (1, 1, 3)}.items():
        (tmp_path / name).write_bytes(simplejpeg.encode_jpeg(np.zeros(shape, np.uint8), colorspace="BGR"))
    found = enrol([photo(path) for path in sorted(tmp_path.iterdir())], enrolment_detector, embedder)
    assert reasons([*found]) == ["no_face"] * 3
