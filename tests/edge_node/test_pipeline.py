"""From picture to faces, with models that find and embed what a test says."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from broker.messages import EventType
from edge_node.attention import EVERYTHING, Attention
from edge_node.decide import Decider, Decision
from edge_node.faces import Box, Detection, Image, Vectors
from edge_node.pipeline import Pipeline
from edge_node.view import View, Views
from tests.edge_node.people import ANN, DIMENSION, EVE, HOUSEHOLD, MARGIN, THRESHOLD, view

LANDMARKS = np.array([(-12, -10), (12, -10), (0, 4), (-8, 16), (8, 16)], np.float32)


class ScriptedDetector:
    """Finds faces in given boxes, whatever the picture."""

    id = "scripted"

    def __init__(self, *boxes: Box) -> None:
        self.boxes = boxes

    def detect(self, image: Image, _attention: Attention = EVERYTHING) -> list[Detection]:
        assert image.size
        middles = [np.array([box.x + box.width / 2, box.y + box.height / 2]) for box in self.boxes]
        return [
            Detection(box, 0.9, (LANDMARKS + middle).astype(np.float32), self.id)
            for box, middle in zip(self.boxes, middles, strict=True)
        ]


class ScriptedEmbedder:
    """Everybody left of the middle is Ann, everybody right of it Eve; remembers how many it was asked for."""

    id, dimension, threshold, margin = "scripted", DIMENSION, THRESHOLD, MARGIN

    def __init__(self) -> None:
        self.asked = 0
        self.left, self.right = ANN, EVE

    def embed(self, image: Image, detections: Sequence[Detection]) -> Vectors:
        self.asked += len(detections)
        return np.stack([self.left if one.box.x < image.shape[1] / 2 else self.right for one in detections])


LEFT, RIGHT, SMALL = Box(100, 200, 60, 80), Box(900, 200, 60, 80), Box(500, 300, 20, 30)
CRISP = np.kron(np.random.default_rng(1).integers(60, 200, (90, 160), np.uint8), np.ones((8, 8), np.uint8))[
    :, :, None
].repeat(3, axis=2)


def pipeline(looked_at: View, *boxes: Box) -> tuple[Pipeline, ScriptedEmbedder]:
    embedder = ScriptedEmbedder()
    made = Pipeline(
        detector=ScriptedDetector(*boxes),
        embedder=embedder,
        gallery=HOUSEHOLD,
        decider=Decider(lambda: "sighting"),
        views=Views(looked_at),
    )
    return made, embedder


def test_each_face_has_its_match_and_its_zone() -> None:
    zones = {"gate": ((0, 0), (0.5, 0), (0.5, 1), (0, 1))}
    made, _ = pipeline(replace(view(), zones=zones), LEFT, RIGHT)
    faces = made.process("door", CRISP, 0.0).faces
    assert [(face.match.person.name if face.match.person else None, face.seen.zone) for face in faces] == [
        ("Ann", "gate"),
        ("Eve", None),
    ]


def test_a_masked_face_is_neither_embedded_nor_reported() -> None:
    television = ((0.5, 0), (1, 0), (1, 1), (0.5, 1))
    made, embedder = pipeline(replace(view(), masks=[television]), LEFT, RIGHT)
    (face,) = made.process("door", CRISP, 0.0).faces
    assert face.seen.detection.box == LEFT
    assert embedder.asked == 1


def test_a_poor_face_is_reported_with_its_reason_and_not_embedded() -> None:
    made, embedder = pipeline(view(), SMALL, LEFT)
    poor, good = made.process("door", CRISP, 0.0).faces
    assert (poor.match.event_type, poor.match.reason, poor.seen.vector) == (
        EventType.UNKNOWN,
        "too_small",
        None,
    )
    assert good.match.reason == "recognised"
    assert embedder.asked == 1


def test_a_poor_stranger_never_becomes_an_event() -> None:
    made, _ = pipeline(view(), SMALL)
    assert [made.process("door", CRISP, number / 5).decisions for number in range(50)] == [[]] * 50


def test_each_camera_is_looked_at_in_its_own_way() -> None:
    made, _ = pipeline(view(), LEFT)
    made.views = Views(view(), {"strict": view(frames=5)})
    decisions = {
        device: [len(made.process(device, CRISP, number / 5).decisions) for number in range(6)]
        for device in ("strict", "usual")
    }
    assert decisions == {"strict": [0, 0, 0, 0, 1, 0], "usual": [0, 1, 0, 0, 0, 0]}


def test_no_face_asks_nothing_of_the_embedder() -> None:
    made, embedder = pipeline(view())
    assert made.process("door", CRISP, 0.0).faces == []
    assert embedder.asked == 0


def test_somebody_who_stays_is_embedded_now_and_then_only() -> None:
    made, embedder = pipeline(view(), LEFT, RIGHT)
    names = set()
    for number in range(100):
        outcome = made.process("door", CRISP, number / 10)
        names.add(tuple(face.match.person.name for face in outcome.faces if face.match.person))
    assert names == {("Ann", "Eve")}
    assert 2 * 10 <= embedder.asked <= 2 * 15


def test_who_takes_somebody_elses_place_is_noticed_at_the_next_check() -> None:
    made, embedder = pipeline(view(), LEFT)
    for number in range(10):
        made.process("door", CRISP, number / 10)
    embedder.left = EVE
    decisions: list[Decision] = []
    for number in range(10, 40):
        decisions += made.process("door", CRISP, number / 10).decisions
    assert [one.person.name for one in decisions if one.person] == ["Eve"]


def test_visits_shorter_than_the_pause_between_frames_are_visits_all_the_same() -> None:
    made, _ = pipeline(view(frames=1, unknown_frames=1, buffer_seconds=0.001), LEFT, SMALL)
    for number in range(20):
        (decision,) = made.process("door", CRISP, number / 5).decisions
        assert decision.person is not None
        assert decision.person.name == "Ann"
