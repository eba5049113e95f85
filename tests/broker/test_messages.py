"""Events, observations and states on the wire. The golden files are the wire."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.acknowledgement import Acknowledgement
from broker.errors import MessageError
from broker.messages import Event, EventType, Observation, ObservedFace, WireJson
from broker.presence import DevicePeople, LastEvent, PersonHere, PersonState
from broker.publication import Publication
from broker.states import DeviceStats, GalleryState, NodeStats, OutboxState, PhotoProblem, status
from broker.strict_json import MAX_INTEGER
from broker.topics import ID_PATTERN, Topics

GOLDEN = Path(__file__).parent / "golden"
TOPICS = Topics()
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

EVENT = Event(
    event_id="019c1390-5e80-7b2c-8d51-0a1b2c3d4e5f",
    sighting_id="019c1390-5a00-7000-8000-000000000001",
    event_type=EventType.AUTHORISED,
    device="front-door",
    node="node-1",
    person="Zoë Müller",
    person_id="zoe-muller",
    similarity=0.9375,
    threshold=0.875,
    margin=0.125,
    reason="recognised",
    frames=2,
    box=(310, 120, 96, 128),
    frame_size=(640, 480),
    captured_at=NOON,
    received_at=NOON + timedelta(milliseconds=12),
    decided_at=NOON + timedelta(milliseconds=87),
    latency_ms=87,
    model="yunet+dlib_resnet",
    gallery="5f2c",
)

OBSERVATION = Observation(
    device="front-door",
    node="node-1",
    seq=42,
    boot_id="b1",
    captured_at=NOON,
    received_at=NOON + timedelta(milliseconds=12),
    frame_size=(640, 480),
    faces=[
        ObservedFace(
            box=(310, 120, 96, 128),
            score=0.75,
            event_type=EventType.UNKNOWN,
            person=None,
            person_id=None,
            similarity=0.5,
            margin=None,
            reason="below_threshold",
        )
    ],
    rejected=None,
    model="yunet+dlib_resnet",
    gallery="5f2c",
)

GALLERY_STATE = GalleryState(
    version="5f2c",
    model="yunet+dlib_resnet",
    people=2,
    templates=3,
    problems=[PhotoProblem(photo="Authorised/Zoë/group.jpg", reason="two faces")],
    problem_count=1,
    synced_at=NOON,
    stale=False,
    stale_reason=None,
)

NODE_STATS = NodeStats(
    node="node-1",
    uptime_seconds=3600,
    received=100,
    processed=90,
    unchanged=30,
    replaced=8,
    rejected={"stale": 2},
    faces=50,
    events={"authorised": 3, "restricted": 0, "unknown": 1},
    fps=4.5,
    latency_p50_ms=80.0,
    latency_p95_ms=None,
    questions={"answered": 7, "busy": 1},
    outbox={"waiting": 2, "bytes": 1400, "dropped": 0, "unsaved": 0},
)

OUTBOX_STATE = OutboxState(
    node="node-1",
    level="filling",
    waiting=12_000,
    bytes=8_400_000,
    dropped=0,
    unsaved=3,
    updated_at=datetime(2026, 1, 31, 12, 0, tzinfo=UTC),
)

ACKNOWLEDGEMENT = Acknowledgement(
    node="node-1",
    event_ids=["019a9f4e-7b1c-7d2e-8f3a-4b5c6d7e8f90", "019a9f4e-7b1d-7d2e-8f3a-4b5c6d7e8f91"],
)

DEVICE_STATS = DeviceStats(
    device="front-door",
    node="node-1",
    received=100,
    processed=90,
    unchanged=30,
    replaced=8,
    rejected={"stale": 2},
    faces=50,
    events={"authorised": 3},
    fps=4.5,
    latency_p50_ms=80.0,
    latency_p95_ms=None,
)

DEVICE_PEOPLE = DevicePeople(
    device="front-door",
    node="node-1",
    names=["Zoë"],
    count=2,
    authorised=1,
    restricted=0,
    unknown=1,
    people=[
        PersonHere(
            event_type=EventType.AUTHORISED,
            person="Zoë",
            person_id="zoe",
            sighting_id="019336b9-5e00-7000-8000-000000000001",
            since=NOON,
            zone="porch",
        ),
        PersonHere(
            event_type=EventType.UNKNOWN,
            person=None,
            person_id=None,
            sighting_id="019336b9-5e00-7000-8000-000000000002",
            since=NOON,
            zone=None,
        ),
    ],
    last_event=LastEvent.of(EVENT),
    updated_at=NOON,
)

PERSON_STATE = PersonState(
    person="Zoë",
    person_id="zoe",
    event_type=EventType.AUTHORISED,
    present=True,
    device="front-door",
    last_seen=NOON,
)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("device_people.json", DEVICE_PEOPLE),
        ("device_stats.json", DEVICE_STATS),
        ("person_state.json", PERSON_STATE),
        ("event.json", EVENT),
        ("observation.json", OBSERVATION),
        ("gallery_state.json", GALLERY_STATE),
        ("node_stats.json", NODE_STATS),
        ("outbox_state.json", OUTBOX_STATE),
        ("acknowledgement.json", ACKNOWLEDGEMENT),
    ],
)
def test_the_wire_is_as_it_was(file: str, message: WireJson) -> None:
    golden = (GOLDEN / file).read_bytes()
    assert message.to_json() + b"\n" == golden
    assert type(message).from_json(golden) == message


def test_an_event_is_one_line_of_flat_json_whose_topic_says_its_type() -> None:
    publication = EVENT.to_publication(TOPICS)
    assert publication.topic == "edge/events/front-door/authorised"
    assert publication.qos == 1
    assert not publication.retain
    assert publication.expiry_seconds is None
    assert b"\n" not in publication.payload
    document = msgspec.json.decode(publication.payload)
    assert [key for key, value in document.items() if isinstance(value, dict)] == []


def test_a_muted_event_goes_where_nothing_starts() -> None:
    muted = msgspec.structs.replace(EVENT, muted="night").to_publication(TOPICS)
    assert muted.topic == "edge/muted/front-door/authorised"
    assert not TOPICS.events_filter().startswith("edge/muted")
    assert msgspec.json.decode(muted.payload)["muted"] == "night"
    assert not muted.retain


def test_what_only_a_moment_needs_expires_and_state_is_retained() -> None:
    assert OBSERVATION.to_publication(TOPICS).expiry_seconds == 10
    assert NODE_STATS.to_publication(TOPICS).expiry_seconds == 90
    assert DEVICE_STATS.to_publication(TOPICS).expiry_seconds == 90
    for state in (GALLERY_STATE, DEVICE_PEOPLE, PERSON_STATE):
        assert (state.to_publication(TOPICS).retain, state.to_publication(TOPICS).qos) == (True, 1)
    assert status("edge/devices/d/status", "online") == Publication(
        topic="edge/devices/d/status", payload=b"online", qos=1, retain=True
    )


ids = st.from_regex(ID_PATTERN)
times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000, tzinfo=UTC)
)
ratios = st.floats(-1, 1)
sides = st.integers(0, 8192)
words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)

events = st.builds(
    Event,
    event_id=words,
    sighting_id=words,
    event_type=st.sampled_from(EventType),
    device=ids,
    node=ids,
    person=st.none() | words,
    person_id=st.none() | ids,
    similarity=st.none() | ratios,
    threshold=ratios,
    margin=st.none() | ratios,
    reason=words,
    frames=st.integers(1, 100),
    box=st.tuples(sides, sides, sides, sides),
    frame_size=st.tuples(sides, sides),
    captured_at=times,
    received_at=times,
    decided_at=times,
    latency_ms=st.integers(-(2**31), 2**31),
    model=words,
    gallery=words,
    test=st.booleans(),
    muted=st.none() | ids,
)


@given(events)
def test_an_event_survives_the_wire(event: Event) -> None:
    assert Event.from_json(event.to_publication(TOPICS).payload) == event


strange_words = words.filter(lambda key: key not in Event.__struct_fields__)


@given(events, st.dictionaries(strange_words, st.integers(-MAX_INTEGER, MAX_INTEGER)))
def test_readers_ignore_keys_they_do_not_know(event: Event, unknown: dict[str, int]) -> None:
    document = {**msgspec.json.decode(event.to_json()), **unknown}
    assert Event.from_json(msgspec.json.encode(document)) == event


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("device", "../etc"),
        ("device", "a/b"),
        ("device", "garage\n"),
        ("event_type", "authorized"),
        ("similarity", 1.5),
        ("similarity", "0.9"),
        ("frames", 0),
        ("frames", True),
        ("captured_at", "2026-01-31T12:00:00"),
        ("captured_at", 1769860800),
        ("box", [1, 2, 3]),
        ("person", "x" * 129),
        ("event_id", ""),
        ("threshold", None),
    ],
)
def test_a_wrong_value_is_refused_and_named(key: str, value: object) -> None:
    document = {**msgspec.json.decode(EVENT.to_json()), key: value}
    with pytest.raises(MessageError, match=key) as raised:
        Event.from_json(msgspec.json.encode(document))
    assert raised.value.reason == "bad_message"


@pytest.mark.parametrize(
    "key", [name for name in Event.__struct_fields__ if name not in ("schema", "zone", "test", "muted")]
)
def test_a_missing_key_is_refused(key: str) -> None:
    document = msgspec.json.decode(EVENT.to_json())
    del document[key]
    with pytest.raises(MessageError, match=key):
        Event.from_json(msgspec.json.encode(document))
