"""Looking only where something has changed: what may be left out, and what must not be."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from broker.messages import EventType
from edge_node.attention import EVERYTHING, Attention
from edge_node.decide import Decider, Decision
from edge_node.faces import Box, Detection, Image, Vector, Vectors
from edge_node.gallery import Gallery
from edge_node.motion import Glance
from edge_node.pipeline import WATCHES_AT_MOST, Outcome, Pipeline
from edge_node.view import Views
from edge_node.watch import RECENT_SECONDS, STILL_SECONDS, WHOLE_SECONDS
from tests.edge_node.people import (
    ANN,
    BOB,
    EVE,
    HOUSEHOLD,
    MARGIN,
    STRANGER,
    THRESHOLD,
    enrolled,
    gallery_of,
    view,
)

LANDMARKS = np.array([(-12, -10), (12, -10), (0, 4), (-8, 16), (8, 16)], np.float32)
SIZE = WIDTH, HEIGHT = 1280, 720


def crisp(seed: int) -> npt.NDArray[np.uint8]:
    """Checks of 8 x 8 pixels, 720 x 1280."""
    checks = np.random.default_rng(seed).integers(60, 200, (90, 160), np.uint8)
    return np.kron(checks, np.ones((8, 8), np.uint8))


CRISP = crisp(1)
DOOR, SOFA, WINDOW = Box(104, 200, 64, 80), Box(904, 200, 64, 80), Box(504, 400, 64, 80)
STEP = 0.2


class Room:
    """People at places before a camera; a detector and an embedder that see them, and are counted."""

    id, dimension, threshold, margin = "scripted", 8, THRESHOLD, MARGIN

    def __init__(self) -> None:
        self.people: dict[Box, Vector] = {}
        self.asked: list[Attention] = []
        self.embedded = 0
        self.pipeline = Pipeline(
            detector=self,
            embedder=self,
            gallery=HOUSEHOLD,
            decider=Decider(lambda: "sighting"),
            views=Views(replace(view(), motion=True)),
        )
        self.now = 0.0
        self.decisions: list[Decision] = []

    def detect(self, _image: Image, attention: Attention = EVERYTHING) -> list[Detection]:
        self.asked.append(attention)
        return [
            Detection(box, 0.9, LANDMARKS + np.array([box.x + 32, box.y + 40], np.float32), self.id)
            for box in self.people
            if attention.within is None or attention.within.shared(box) == box.width * box.height
        ]

    def embed(self, _image: Image, detections: Sequence[Detection]) -> Vectors:
        self.embedded += len(detections)
        return np.stack([self.people[one.box] for one in detections])

    def frame(self, seconds: float = STEP, *, levels: int = 60, seed: int = 1) -> Outcome:
        """What comes of the next frame, so much later; people are darker than the room by so many levels.

        seed: another one is another room.
        """
        self.now += seconds
        blocks = (CRISP if seed == 1 else crisp(seed)).astype(np.int16)
        for box in self.people:
            x, y = int(box.x), int(box.y)
            blocks[y : y + 80, x : x + 64] -= levels
        picture = np.clip(blocks, 0, 255).astype(np.uint8)
        glance = Glance(picture[::8, ::8], SIZE)
        outcome = self.pipeline.recent("door", self.now) or self.pipeline.unchanged("door", glance, self.now)
        if outcome is None:
            outcome = self.pipeline.process("door", picture[:, :, None].repeat(3, 2), self.now, glance)
        self.decisions += outcome.decisions
        return outcome

    def frames(self, count: int, seconds: float = STEP) -> list[list[str | None]]:
        """The names on each."""
        return [names(self.frame(seconds)) for _ in range(count)]


def names(outcome: Outcome) -> list[str | None]:
    return [face.match.person.name if face.match.person else None for face in outcome.faces]


def test_an_empty_room_is_looked_at_now_and_then() -> None:
    room = Room()
    assert room.frames(50) == [[]] * 50
    assert len(room.asked) == 2 == 50 * STEP / STILL_SECONDS


def test_somebody_who_stands_still_stays_known_and_is_one_visit() -> None:
    room = Room()
    room.people[DOOR] = ANN
    assert room.frames(1500)[1:] == [["Ann"]] * 1499
    assert [decision.person.name for decision in room.decisions if decision.person] == ["Ann"]
    assert len(room.asked) < 1500 * STEP / STILL_SECONDS + 5


def test_a_face_that_is_not_yet_decided_is_looked_at_in_every_frame() -> None:
    room = Room()
    room.people[DOOR] = STRANGER
    for looks in range(1, 5):
        room.frame()
        assert len(room.asked) == looks
    assert [decision.event_type.value for decision in room.decisions] == ["unknown"]


def test_somebody_new_is_seen_at_once() -> None:
    room = Room()
    room.frames(7)
    room.people[WINDOW] = ANN
    assert room.frames(2) == [["Ann"], ["Ann"]]
    room.people[SOFA] = BOB
    assert sorted(map(str, names(room.frame()))) == ["Ann", "Bob"]


def test_who_has_gone_is_gone_at_once_and_not_kept_by_still_pictures() -> None:
    room = Room()
    room.people[DOOR] = ANN
    room.frames(5)
    room.people.clear()
    assert room.frames(3) == [[]] * 3
    for _ in range(10):
        room.frame(16)
    room.people[DOOR] = ANN
    room.frames(3)
    assert len(room.decisions) == 2


def test_only_the_part_that_changes_is_looked_at_and_the_others_stay() -> None:
    room = Room()
    room.people[DOOR], room.people[SOFA] = ANN, BOB
    room.frames(3)
    room.asked.clear()
    room.people.pop(SOFA)
    room.people[SOFA._replace(x=SOFA.x + 16)] = BOB
    assert sorted(map(str, names(room.frame()))) == ["Ann", "Bob"]
    (attention,) = room.asked
    assert attention.within is not None
    assert attention.within.shared(DOOR) == 0
    assert attention.within.shared(SOFA) == SOFA.width * SOFA.height


def test_a_change_on_a_part_of_a_face_is_a_reason_to_look_at_all_of_it() -> None:
    room = Room()
    room.people[WINDOW] = ANN
    room.frames(3)
    room.asked.clear()
    room.people[Box(WINDOW.x, WINDOW.y + 72, 64, 80)] = BOB
    room.frame()
    within = room.asked[0].within
    assert within is None or within.shared(WINDOW) == WINDOW.width * WINDOW.height


def test_while_something_moves_everything_is_looked_at_once_a_second() -> None:
    room = Room()
    room.people[DOOR] = ANN
    room.frames(3)
    room.asked.clear()
    for step in range(50):
        room.people = {DOOR: ANN, SOFA._replace(y=100 + 8 * (step % 2)): BOB}
        room.frame()
    whole = [attention for attention in room.asked if attention.within is None]
    assert 50 * STEP / WHOLE_SECONDS - 2 <= len(whole) <= 50 * STEP / WHOLE_SECONDS + 4
    assert len(room.asked) >= 49


def test_whoever_takes_the_place_of_another_from_one_frame_to_the_next_is_looked_at_afresh() -> None:
    """As when a replay goes from one photo to the next, and both show a face in the middle."""
    room = Room()
    room.people[DOOR] = ANN
    room.frames(3)
    room.people[DOOR] = BOB
    assert names(room.frame(seed=2)) == ["Bob"]
    assert [names(room.frame(seed=2)) for _ in range(4)] == [["Bob"]] * 4
    assert [decision.person.name for decision in room.decisions if decision.person] == ["Ann", "Bob"]


def test_whoever_takes_the_place_of_another_and_looks_no_different_is_found_within_seconds() -> None:
    """As in the dark, where no change is to be seen."""
    room = Room()
    room.people[DOOR] = ANN
    room.frames(10)
    room.people[DOOR] = EVE
    seen = room.frames(int(STILL_SECONDS / STEP) + 3)
    assert seen[-1] == ["Eve"]
    assert [one.person.name for one in room.decisions if one.person] == ["Ann", "Eve"]


def test_a_camera_that_changes_its_size_is_looked_at_whole() -> None:
    room = Room()
    room.people[DOOR] = ANN
    room.frames(4)
    small = CRISP[:240, :320]
    glance = Glance(small[::8, ::8], (320, 240))
    room.people = {Box(104, 100, 64, 80): ANN}
    outcome = room.pipeline.process("door", small[:, :, None].repeat(3, 2), room.now + 0.2, glance)
    assert names(outcome) == ["Ann"]
    assert room.asked[-1].within is None


def gallery_with(person: str, group: EventType) -> Gallery:
    return gallery_of(enrolled(person, group, ANN))


@pytest.mark.parametrize(
    ("before", "after", "expected", "news"),
    [
        (("Ann", EventType.AUTHORISED), ("Ann", EventType.RESTRICTED), EventType.RESTRICTED, 2),
        (("Ann", EventType.RESTRICTED), ("Ann", EventType.AUTHORISED), EventType.AUTHORISED, 1),
        (("Ann", EventType.AUTHORISED), ("Anna", EventType.AUTHORISED), EventType.AUTHORISED, 2),
    ],
    ids=["barred", "cleared", "renamed"],
)
def test_a_change_of_the_gallery_holds_at_once_for_who_is_here(
    before: tuple[str, EventType], after: tuple[str, EventType], expected: EventType, news: int
) -> None:
    room = Room()
    room.pipeline.gallery = gallery_with(*before)
    room.people[DOOR] = ANN
    room.frames(10)
    room.pipeline.gallery = gallery_with(*after)
    (face,) = [room.frame() for _ in range(3)][-1].faces
    assert (face.match.event_type, face.match.person and face.match.person.name) == (expected, after[0])
    assert len(room.decisions) == news
    (visit,) = room.pipeline.decider.visits("door", room.now, view())
    assert visit.person is not None
    assert (visit.person.name, visit.person.group) == after


def test_who_is_erased_has_no_name_any_more() -> None:
    room = Room()
    room.people[DOOR] = ANN
    room.frames(10)
    room.pipeline.gallery = gallery_of()
    room.frame()
    (visit,) = room.pipeline.decider.visits("door", room.now, view())
    assert visit.person is None


def test_cameras_without_end_do_not_fill_the_memory() -> None:
    room = Room()
    glance = Glance(CRISP[::8, ::8], SIZE)
    for number in range(200):
        room.pipeline.process(f"camera-{number}", CRISP[:, :, None].repeat(3, 2), 100.0 * number, glance)
    assert len(room.pipeline._watches) == WATCHES_AT_MOST


def test_what_creeps_in_unnoticed_is_found_in_the_end() -> None:
    room = Room()
    room.frames(2)
    room.people[DOOR] = ANN
    seen = [names(room.frame(levels=3)) for _ in range(int(STILL_SECONDS / STEP) + 1)]
    assert seen[0] == []
    assert seen[-1] == ["Ann"]


def test_a_changed_gallery_is_asked_at_once() -> None:
    room = Room()
    room.people[DOOR] = ANN
    room.frames(5)
    room.pipeline.gallery = gallery_of()
    assert names(room.frame()) == [None]


def test_of_many_frames_a_second_few_are_looked_at_once_nobody_is_pending() -> None:
    room = Room()
    for step in range(100):
        room.people = {DOOR._replace(y=100 + 2 * (step % 20)): STRANGER}
        room.frame(RECENT_SECONDS / 4)
    assert room.decisions[0].frames == 4
    assert 4 + 19 <= len(room.asked) <= 4 + 28


def test_a_clock_that_jumps_back_does_not_stop_the_looking() -> None:
    room = Room()
    room.frames(3)
    room.now = -100.0
    room.people[DOOR] = ANN
    assert room.frames(2) == [["Ann"], ["Ann"]]


def test_the_motion_gate_can_be_off() -> None:
    room = Room()
    room.people[DOOR] = ANN
    picture = CRISP[:, :, None].repeat(3, 2)
    for number in range(10):
        assert names(room.pipeline.process("door", picture, number * STEP)) == ["Ann"]
    assert len(room.asked) == 10
    assert room.embedded == 3
