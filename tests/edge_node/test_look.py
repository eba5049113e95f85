"""From bytes to faces, with the JPEGs of a clip: somebody walks in, stays and leaves; a stranger crosses."""

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from bench.footage import STRANGER, Visible, clip
from broker.messages import EventType
from edge_node.assembly import build_views
from edge_node.decide import Decider, Decision
from edge_node.enrol import enrol
from edge_node.errors import DecodeError
from edge_node.gallery import Gallery
from edge_node.identifiers import uuid7
from edge_node.look import look
from edge_node.pipeline import Outcome, Pipeline
from edge_node.ports import Detector, Embedder, Photo
from edge_node.settings import NodeConfig
from edge_node.view_settings import AttentionSettings

LIMITS = {"max_bytes": 4_000_000, "max_pixels": 8_000_000}


@pytest.fixture
def pipeline(detector: Detector, enrolment_detector: Detector, embedder: Embedder, photos: Path) -> Pipeline:
    """The household is one person; the photo is another than the clip's."""
    photo = Photo("Authorised/a.jpg", EventType.AUTHORISED, "Barack Obama", "a", photos / "obama.jpg")
    gallery = Gallery.of(list(enrol([photo], enrolment_detector, embedder)), "model")
    views = build_views(NodeConfig(), embedder)
    return Pipeline(
        detector=detector, embedder=embedder, gallery=gallery, decider=Decider(uuid7), views=views
    )


def judged(visible: Visible, outcome: Outcome) -> str:
    place = visible.face
    x, y = place.x + place.width / 2, place.y + place.height / 2
    here = [face.match.person for face in outcome.faces if face.seen.detection.box.contains(x, y)]
    if not here:
        return "missed"
    expected = None if visible.name == STRANGER else visible.name
    return "right" if [person.name if person else None for person in here] == [expected] else "wrong"


def test_a_clip_is_answered_rightly_while_little_of_it_is_looked_at(pipeline: Pipeline) -> None:
    answers: Counter[str] = Counter()
    decisions: list[Decision] = []
    repeated = 0
    for at, jpeg, visible in clip(fps=5):
        outcome = look(pipeline, "door", jpeg, at, **LIMITS)
        answers.update(judged(one, outcome) for one in visible)
        decisions += outcome.decisions
        repeated += outcome.is_repeated
    assert answers["wrong"] == 0
    assert answers["right"] >= 0.95 * answers.total()
    assert repeated > 40
    told = [(one.event_type.value, one.person.name if one.person else None) for one in decisions]
    assert told == [("authorised", "Barack Obama"), ("unknown", None)]


def test_without_the_gate_every_frame_is_looked_at(pipeline: Pipeline, embedder: Embedder) -> None:
    still = NodeConfig(attention=AttentionSettings(motion=False))
    pipeline.views = build_views(still, embedder)
    outcomes = [look(pipeline, "door", jpeg, at, **LIMITS) for at, jpeg, _ in islice(clip(fps=5), 5)]
    assert not any(outcome.is_repeated for outcome in outcomes)
    assert outcomes[0].frame_size == (1280, 720)


@pytest.mark.parametrize("seconds", [0.01, 1.0], ids=["at once", "later"])
def test_a_damaged_frame_is_refused_however_little_would_be_looked_at(
    pipeline: Pipeline, seconds: float
) -> None:
    _, jpeg, _ = next(clip(fps=5))
    outcome = look(pipeline, "door", jpeg, 0.0, **LIMITS)
    assert outcome.faces == []
    with pytest.raises(DecodeError):
        look(pipeline, "door", jpeg[: len(jpeg) // 2], seconds, **LIMITS)
    with pytest.raises(DecodeError, match="at most"):
        look(pipeline, "door", jpeg, seconds, max_bytes=1000, max_pixels=8_000_000)
    again = look(pipeline, "door", jpeg, seconds, **LIMITS)
    assert again.is_repeated
    assert again.faces == []
