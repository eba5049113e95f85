"""Who is here: what is said, when, and after a restart."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from broker.messages import Event, EventType
from broker.presence import DevicePeople, PersonState
from broker.publication import Publication
from broker.topics import Topics
from edge_node.decide import Decider
from edge_node.faces import Face, Person, Seen
from edge_node.persons import Persons
from edge_node.presence import Presence
from edge_node.view import Views
from edge_node.visits import VisitFile
from tests.edge_node.people import ANN, BOB, STRANGER, face, match, view

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENT = Event.from_json((Path(__file__).parents[1] / "broker/golden/event.json").read_bytes())
TOPICS = Topics()
IDS = count(1)
ANN_HERSELF = Person("ann", "Ann", EventType.AUTHORISED)


class House:
    """A node's presence, from a start to a kill. Seconds are monotonic, since noon."""

    def __init__(self, folder: Path, at: float = 0.0, *, persons: bool = False, model: str = "model") -> None:
        self.now = at
        self.said: list[Publication] = []
        self.off: set[str] = set()
        self.decider = Decider(lambda: f"sighting-{next(IDS)}")
        self.presence = Presence(
            node="node-1",
            topics=TOPICS,
            decider=self.decider,
            views=Views(view()),
            file=VisitFile(folder / "state/visits.json", model),
            is_on=lambda device: device not in self.off,
            publish=self.said.append,
            clock=self.clock,
            persons=Persons(TOPICS, self.said.append, self.clock, is_asked_for=persons),
        )
        self.presence.resume(["door"], at)

    def clock(self) -> datetime:
        return NOON + timedelta(seconds=self.now)

    def show(self, *seen: Seen, device: str = "door", frames: int = 5) -> int:
        """How many decisions come of some frames with these faces, a fifth of a second apart."""
        decisions = 0
        for _ in range(frames):
            self.now += 0.2
            tracks = self.decider.follow(device, seen, self.now, view())
            faces = [Face(one, match(one.vector)) for one in seen if one.vector is not None]
            decisions += len(self.decider.decide(device, tracks, faces, self.now, view()))
            self.presence.update(self.now, device)
        return decisions

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.presence.update(self.now)

    def people(self, device: str = "door") -> Sequence[DevicePeople]:
        topic = TOPICS.device_people(device)
        return [DevicePeople.from_json(one.payload) for one in self.said if one.topic == topic]

    def person(self, person_id: str) -> Sequence[PersonState]:
        topic = TOPICS.person(person_id)
        return [PersonState.from_json(one.payload) for one in self.said if one.topic == topic and one.payload]

    def births(self) -> dict[str, DevicePeople]:
        return {one.topic: DevicePeople.from_json(one.payload) for one in self.presence.births()}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_at_the_start_nobody_is_there_and_it_is_said_at_each_connect(house: House) -> None:
    assert house.said == []
    state = house.births()["edge/devices/door/people"]
    assert (state.names, state.count, state.people, state.last_event) == ([], 0, [], None)
    assert all(one.retain and one.qos == 1 for one in house.presence.births())


def test_it_is_said_once_when_somebody_comes_and_once_when_they_have_left(house: House) -> None:
    house.show(face(ANN), frames=30)
    house.wait(10)
    house.wait(6)
    house.wait(60)
    assert [(state.names, state.count, state.authorised) for state in house.people()] == [
        (["Ann"], 1, 1),
        ([], 0, 0),
    ]


def test_since_is_when_they_came_and_does_not_change(house: House) -> None:
    house.show(face(ANN), frames=20)
    house.show(face(ANN), face(STRANGER, box=face(ANN).detection.box._replace(x=900)), frames=20)
    first, second = house.people()
    assert first.people[0].since == second.people[0].since == NOON + timedelta(seconds=0.4)
    assert [one.event_type.value for one in second.people] == ["authorised", "unknown"]
    assert (second.names, second.count, second.unknown) == (["Ann"], 2, 1)


def test_a_stranger_who_is_recognised_is_the_same_visit(house: House) -> None:
    house.show(face(STRANGER), frames=5)
    assert house.people()[-1].unknown == 1


def test_cameras_are_told_apart(house: House) -> None:
    house.show(face(ANN))
    house.show(face(BOB), device="garden")
    assert house.people()[-1].names == ["Ann"]
    assert house.people("garden")[-1].names == ["Bob"]


def test_the_last_event_is_part_of_the_state(house: House) -> None:
    house.show(face(ANN))
    house.presence.note(replace(EVENT, device="door"))
    house.wait(0.6)
    last = house.people()[-1].last_event
    assert last is not None
    assert (last.event_id, last.person) == (EVENT.event_id, EVENT.person)


def test_a_camera_that_is_off_has_nobody_before_it(house: House) -> None:
    house.show(face(ANN))
    house.off.add("door")
    house.wait(0.6)
    assert house.people()[-1].count == 0


def test_after_a_kill_who_stays_is_still_there_and_no_news(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert house.show(face(ANN), face(STRANGER, box=face(ANN).detection.box._replace(x=900))) == 2
    house.presence.note(replace(EVENT, device="door"))
    house.wait(1)
    sightings = [one.sighting_id for one in house.people()[-1].people]
    restarted = House(tmp_path, at=house.now + 3)
    state = restarted.births()["edge/devices/door/people"]
    assert [one.sighting_id for one in state.people] == sightings
    assert state.last_event is not None
    assert restarted.show(face(ANN), face(STRANGER, box=face(ANN).detection.box._replace(x=900))) == 0


def test_after_a_long_pause_somebody_is_news_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(ANN))
    house.presence.close(house.now)
    restarted = House(tmp_path, at=house.now + 121)
    assert restarted.births()["edge/devices/door/people"].count == 0
    assert restarted.show(face(ANN)) == 1


def test_who_has_left_meanwhile_is_not_there_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(ANN))
    house.presence.close(house.now)
    restarted = House(tmp_path, at=house.now + 60)
    assert restarted.births()["edge/devices/door/people"].count == 1
    restarted.wait(3)
    assert restarted.people() == []
    restarted.show(frames=10)
    restarted.wait(14)
    assert [state.count for state in restarted.people()] == [0]
    assert restarted.show(face(ANN)) == 0


def test_after_a_restart_of_a_while_presence_does_not_flicker(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(ANN))
    house.presence.close(house.now)
    restarted = House(tmp_path, at=house.now + 60)
    assert restarted.births()["edge/devices/door/people"].names == ["Ann"]
    restarted.show(face(ANN), frames=50)
    assert [state.names for state in restarted.people()] == []


def test_visits_by_another_model_are_forgotten(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(STRANGER))
    house.presence.close(house.now)
    assert House(tmp_path, at=house.now + 1, model="other").show(face(STRANGER)) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"written":1}', b"\xff"])
def test_an_odd_file_is_no_reason_to_stay_down(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/visits.json").write_bytes(content)
    assert House(tmp_path).show(face(ANN)) == 1


def test_a_damaged_vector_is_no_reason_to_stay_down(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(ANN))
    house.presence.close(house.now)
    file = tmp_path / "state/visits.json"
    for damaged in (b'"vector":"AAAA', b'"vector":"!', b'"since":-1,"x":"'):
        whole = file.read_bytes()
        file.write_bytes(whole.replace(damaged[: damaged.index(b":") + 2], damaged))
        assert House(tmp_path, at=house.now + 1).show(face(ANN)) in (0, 1)
        file.write_bytes(whole)


def test_what_cannot_be_kept_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    house = House(tmp_path)
    assert house.show(face(ANN), frames=100) == 1


def test_the_file_is_for_nobody_else(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(ANN))
    house.presence.close(house.now)
    assert (tmp_path / "state/visits.json").stat().st_mode & 0o777 == 0o600


def test_a_stranger_is_not_kept_longer_than_the_visit(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(face(STRANGER))
    file = tmp_path / "state/visits.json"
    house.wait(11)
    assert b'"vector":"' in file.read_bytes()
    house.wait(121)
    assert b'"vector":"' not in file.read_bytes()
    written = file.stat().st_mtime_ns
    house.wait(1000)
    assert file.stat().st_mtime_ns == written


def test_each_person_has_a_state_where_that_is_asked_for(tmp_path: Path) -> None:
    house = House(tmp_path, persons=True)
    house.presence.enrol([ANN_HERSELF])
    house.show(face(ANN))
    house.show(face(ANN), device="garden")
    house.wait(14.5)
    house.wait(60)
    assert [(state.present, state.device) for state in house.person("ann")] == [
        (False, None),
        (True, "door"),
        (True, "garden"),
        (False, "garden"),
    ]
    house.wait(130)
    restarted = House(tmp_path, at=house.now + 5, persons=True)
    restarted.presence.enrol([ANN_HERSELF])
    assert [(state.present, state.device) for state in restarted.person("ann")] == [(False, "garden")]
    house.presence.enrol([])
    assert house.said[-1] == Publication(topic="edge/people/ann", payload=b"", qos=1, retain=True)
    assert "edge/people/ann" not in [one.topic for one in house.presence.births()]


def test_after_a_restart_a_person_who_is_there_is_present(tmp_path: Path) -> None:
    house = House(tmp_path, persons=True)
    house.presence.enrol([ANN_HERSELF])
    house.show(face(ANN))
    house.presence.close(house.now)
    restarted = House(tmp_path, at=house.now + 2, persons=True)
    restarted.presence.enrol([ANN_HERSELF])
    (state,) = restarted.person("ann")
    assert (state.present, state.device) == (True, "door")
    assert state.last_seen is not None
    assert state.last_seen < NOON + timedelta(seconds=house.now)


def test_states_of_people_are_taken_away_when_nobody_asks_for_them_any_more(tmp_path: Path) -> None:
    house = House(tmp_path, persons=True)
    house.presence.enrol([ANN_HERSELF])
    house.show(face(ANN))
    house.presence.close(house.now)
    restarted = House(tmp_path, at=house.now + 2)
    restarted.presence.enrol([ANN_HERSELF])
    assert restarted.said == [Publication(topic="edge/people/ann", payload=b"", qos=1, retain=True)]


def test_made_up_cameras_are_not_told_of_without_end(house: House) -> None:
    for number in range(400):
        house.presence.update(0.0, f"camera-{number}")
    assert len(house.births()) == 256
