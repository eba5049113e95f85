from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node.decide import Decider, Decision
from edge_node.faces import Box, Face, Match, Seen
from tests.edge_node.people import ANN, BOB, EVE, OTHER_STRANGER, STRANGER, face, match, poor_face, unit, view

BUFFER = 120.0
NOBODY = Match(EventType.UNKNOWN, None, None, None, "blurred")


def decider() -> Decider:
    ids = (f"sighting-{number}" for number in count(1))
    return Decider(lambda: next(ids))


def show(
    decider: Decider,
    *frames: list[Seen],
    start: float = 0.0,
    step: float = 0.2,
    device: str = "door",
    buffer_seconds: float = BUFFER,
) -> list[Decision]:
    """What a camera that sees these frames one after the other brings about."""
    decisions = []
    for number, faces in enumerate(frames):
        decisions += one_frame(decider, faces, start + number * step, device, buffer_seconds)
    return decisions


def one_frame(
    decider: Decider, seen: list[Seen], now: float, device: str = "door", buffer_seconds: float = BUFFER
) -> list[Decision]:
    """What the pipeline does after a picture was looked at."""
    looked_at = view(buffer_seconds=buffer_seconds)
    tracks = decider.follow(device, seen, now, looked_at)
    faces = [
        Face(one, NOBODY if track is None or one.fault else match(track.vector))
        for one, track in zip(seen, tracks, strict=True)
    ]
    return decider.decide(device, tracks, faces, now, looked_at)


def kinds(decisions: list[Decision]) -> list[tuple[str, str | None]]:
    return [(one.event_type.value, one.person.name if one.person else None) for one in decisions]


def test_one_frame_is_not_enough_two_that_agree_are() -> None:
    node = decider()
    assert show(node, [face(ANN)]) == []
    (decision,) = show(node, [face(ANN)], start=0.2)
    assert kinds([decision]) == [("authorised", "Ann")]
    assert (decision.frames, decision.reason) == (2, "recognised")


def test_one_event_for_a_visit_however_long() -> None:
    node = decider()
    assert len(show(node, *[[face(ANN)]] * 500, step=1.0)) == 1


def test_a_new_visit_after_the_buffer() -> None:
    node = decider()
    first = show(node, *[[face(ANN)]] * 3)
    soon = show(node, *[[face(ANN)]] * 3, start=BUFFER)
    later = show(node, *[[face(ANN)]] * 3, start=2 * BUFFER + 10)
    assert kinds(first) == kinds(later) == [("authorised", "Ann")]
    assert soon == []
    assert first[0].sighting_id != later[0].sighting_id


def test_a_new_visit_needs_new_agreement() -> None:
    node, short = decider(), 3.0
    assert len(show(node, *[[face(ANN)]] * 5, buffer_seconds=short)) == 1
    assert show(node, [face(ANN)], start=5, buffer_seconds=short) == []
    (again,) = show(node, [face(ANN)], start=5.2, buffer_seconds=short)
    assert again.frames == 2


def test_each_device_has_its_own_visits() -> None:
    node = decider()
    assert len(show(node, *[[face(ANN)]] * 2, device="door")) == 1
    assert len(show(node, *[[face(ANN)]] * 2, device="garage")) == 1


def test_a_stranger_is_news_once_and_two_strangers_are_two() -> None:
    node = decider()
    assert kinds(show(node, *[[face(STRANGER)]] * 10)) == [("unknown", None)]
    assert show(node, *[[face(STRANGER)]] * 10, start=60) == []
    assert kinds(show(node, *[[face(OTHER_STRANGER)]] * 10, start=90)) == [("unknown", None)]


def test_the_family_seen_badly_for_a_while_is_no_stranger() -> None:
    node = decider()
    turned_away = unit(1, 0, 0, 0, 0, 0, 0.9)
    frames = [[face(ANN)]] * 3 + [[face(turned_away)]] * 20
    assert kinds(show(node, *frames)) == [("authorised", "Ann")]


def test_a_stranger_in_the_same_place_a_moment_later_is_news() -> None:
    node = decider()
    rather_like_ann = unit(1, 0, 0, 0, 0, 0, 0.9)
    assert kinds(show(node, *[[face(ANN)]] * 3)) == [("authorised", "Ann")]
    assert kinds(show(node, *[[face(rather_like_ann)]] * 6, start=3)) == [("unknown", None)]


def test_a_poor_face_says_nothing_and_keeps_a_visit_going() -> None:
    node = decider()
    assert show(node, *[[poor_face()]] * 50) == []
    assert len(show(node, *[[face(ANN)]] * 3, start=20)) == 1
    assert show(node, *[[poor_face()]] * 500, start=20.6, step=0.5) == []
    assert show(node, *[[face(ANN)]] * 3, start=271) == []


def test_recognised_late_keeps_the_sighting() -> None:
    node = decider()
    far_away = unit(1, 0, 0, 0, 0, 0, 0.9)
    decisions = show(node, *[[face(far_away)]] * 6, *[[face(ANN)]] * 3)
    assert kinds(decisions) == [("unknown", None), ("authorised", "Ann")]
    assert decisions[0].sighting_id == decisions[1].sighting_id


def test_restricted_is_never_downgraded() -> None:
    node = decider()
    decisions = show(node, *[[face(EVE)]] * 3, *[[face(EVE), face(unit(0.8, 0, 1))]] * 5)
    assert kinds(decisions)[0] == ("restricted", "Eve")
    mixed = [[face(unit(0.5, 0, 1))], [face(unit(1, 0, 0.9))]] * 6
    assert "authorised" not in [one.event_type for one in show(decider(), *mixed)]


def test_two_people_at_once_are_two_events() -> None:
    left, right = Box(0, 0, 50, 60), Box(400, 0, 50, 60)
    decisions = show(decider(), *[[face(ANN, left), face(BOB, right)]] * 3)
    assert sorted(kinds(decisions)) == [("authorised", "Ann"), ("authorised", "Bob")]


def test_people_who_change_places_keep_their_names() -> None:
    left, right = Box(0, 0, 50, 60), Box(30, 0, 50, 60)
    frames = [[face(ANN, left), face(BOB, right)], [face(ANN, right), face(BOB, left)]] * 4
    assert sorted(kinds(show(decider(), *frames))) == [("authorised", "Ann"), ("authorised", "Bob")]


def test_a_flicker_of_another_name_is_not_news() -> None:
    frames = [[face(ANN)], [face(ANN)], [face(BOB, Box(101, 101, 50, 60))], [face(ANN)], [face(ANN)]]
    assert kinds(show(decider(), *frames)) == [("authorised", "Ann")]


PEOPLE = {"Ann": ANN, "Bob": BOB, "Eve": EVE, "stranger": STRANGER}


@given(
    st.lists(
        st.tuples(st.floats(0.05, 90), st.lists(st.sampled_from(sorted(PEOPLE)), max_size=3, unique=True)),
        max_size=60,
    )
)
def test_events_for_a_person_are_a_buffer_apart_and_never_without_agreement(
    steps: list[tuple[float, list[str]]],
) -> None:
    node, now = decider(), 0.0
    news: dict[str, list[float]] = {}
    seen: dict[str, int] = {}
    for pause, names in steps:
        now += pause
        faces = [face(PEOPLE[name], Box(100.0 * i, 0, 50, 60)) for i, name in enumerate(names)]
        for name in names:
            seen[name] = seen.get(name, 0) + 1
        for decision in one_frame(node, faces, now):
            name = decision.person.name if decision.person else "stranger"
            news.setdefault(name, []).append(now)
            assert seen[name] >= (2 if decision.person else 4)
            assert decision.event_type is (decision.person.group if decision.person else EventType.UNKNOWN)
    for times in news.values():
        assert all(later - earlier > BUFFER for earlier, later in pairwise(times))


def test_memory_is_bounded_by_the_cameras_of_the_last_minutes() -> None:
    node = decider()
    for number in range(2_000):
        one_frame(node, [face(ANN)], float(number), f"camera-{number}")
    assert len(node._cameras) <= BUFFER + 20
