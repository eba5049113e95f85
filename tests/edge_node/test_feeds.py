"""From a publication of another program to a frame, without a broker."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config import load
from broker.errors import ConfigError, MessageError
from broker.publication import Publication
from broker.topics import is_id
from edge_node.feeds import DEVICES_AT_MOST, Feeds, device_id
from edge_node.settings import FeedSettings, NodeConfig

FRIGATE = FeedSettings(topic="frigate/{device}/person/snapshot", device="frigate-{device}", max_fps=2)
DOOR = FeedSettings(topic="esp32/door/jpg", device="door", max_age_seconds=9)

words = st.text(st.characters(blacklist_characters="/+#\0", blacklist_categories=["Cs"]), min_size=1)


def jpeg_on(topic: str, *, retain: bool = False, **properties: str) -> Publication:
    return Publication(topic=topic, payload=b"\xff\xd8\xff", retain=retain, user_properties=properties)


def reason_of(feeds: Feeds, publication: Publication, now: float = 0.0) -> str:
    with pytest.raises(MessageError) as caught:
        feeds.read(publication, now)
    return caught.value.reason


def test_the_device_is_named_by_the_word_in_the_topic_or_by_the_setting() -> None:
    feeds = Feeds([FRIGATE, DOOR])
    frame, max_age_seconds = feeds.read(jpeg_on("frigate/Back_Yard/person/snapshot"), 0.0)
    assert (frame.device, max_age_seconds) == ("frigate-back_yard", None)
    frame, max_age_seconds = feeds.read(jpeg_on("esp32/door/jpg"), 0.0)
    assert (frame.device, max_age_seconds) == ("door", 9)
    assert frame.captured_at is None


def test_the_subscriptions_by_which_a_device_may_come_are_known() -> None:
    feeds = Feeds([FRIGATE, DOOR, FeedSettings(topic="cams/{device}/jpg")])
    assert feeds.filters_for("frigate-yard") == ["frigate/+/person/snapshot", "cams/+/jpg"]
    assert feeds.filters_for("frigate-") == ["cams/+/jpg"]
    assert feeds.filters_for("door") == ["esp32/door/jpg", "cams/+/jpg"]


def test_subscriptions_are_shared_with_a_group() -> None:
    assert Feeds([FRIGATE, DOOR]).filters(None) == ["frigate/+/person/snapshot", "esp32/door/jpg"]
    assert Feeds([DOOR]).filters("all") == ["$share/all/esp32/door/jpg"]


@given(words, st.sampled_from(["{device}", "frigate-{device}", "{device}-cam"]))
def test_any_word_becomes_a_lawful_id_or_is_refused(word: str, template: str) -> None:
    with suppress(MessageError):
        assert is_id(device_id(word, template))


@given(st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?", fullmatch=True))
def test_a_lawful_word_stays_as_it_is(word: str) -> None:
    assert device_id(word) == word


def test_foreign_words_are_folded() -> None:
    assert device_id("Küche & Flur") == "kuche-flur"
    assert device_id("_CAM.1_") == "cam-1"
    for word in ("дверь", "---", " ", "x" * 65):
        with pytest.raises(MessageError):
            device_id(word)


@given(st.lists(words, min_size=2, max_size=6))
def test_an_id_never_stands_for_two_topics(names: list[str]) -> None:
    feeds, seen = Feeds([FRIGATE]), dict[str, str]()
    for now, name in enumerate(names):
        topic = f"frigate/{name}/person/snapshot"
        try:
            frame, _ = feeds.read(jpeg_on(topic), float(now))
        except MessageError:
            continue
        assert seen.setdefault(frame.device, topic) == topic


def test_the_second_name_for_an_id_is_refused_and_the_first_goes_on() -> None:
    feeds = Feeds([FRIGATE])
    feeds.read(jpeg_on("frigate/Front Door/person/snapshot"), 0.0)
    assert reason_of(feeds, jpeg_on("frigate/front-door/person/snapshot"), 9.0) == "ambiguous_device"
    assert feeds.read(jpeg_on("frigate/Front Door/person/snapshot"), 9.0)[0].device == "frigate-front-door"


def test_a_camera_of_ours_comes_before_every_feed() -> None:
    feeds = Feeds([DOOR])
    feeds.read(jpeg_on("esp32/door/jpg"), 0.0)
    feeds.note_own("door")
    assert reason_of(feeds, jpeg_on("esp32/door/jpg"), 1.0) == "ambiguous_device"


def test_so_many_devices_and_no_more() -> None:
    feeds = Feeds([FRIGATE])
    for number in range(DEVICES_AT_MOST):
        feeds.read(jpeg_on(f"frigate/{number}/person/snapshot"), 0.0)
    assert reason_of(feeds, jpeg_on("frigate/more/person/snapshot")) == "crowded"
    feeds.read(jpeg_on("frigate/7/person/snapshot"), 1.0)


@pytest.mark.parametrize(
    ("publication", "reason"),
    [
        (jpeg_on("esp32/door/jpg", retain=True), "retained"),
        (jpeg_on("esp32/door/jpg", captured_at="yesterday"), "bad_time"),
        (jpeg_on("frigate//person/snapshot"), "bad_device"),
        (jpeg_on("somewhere/else"), "bad_device"),
        (
            Publication(topic="esp32/door/jpg", payload=b"{}", content_type="application/json"),
            "bad_content_type",
        ),
    ],
)
def test_what_is_no_frame_has_a_reason(publication: Publication, reason: str) -> None:
    assert reason_of(Feeds([FRIGATE, DOOR]), publication) == reason


def test_a_retained_picture_takes_nobodys_turn() -> None:
    feeds = Feeds([FRIGATE])
    assert reason_of(feeds, jpeg_on("frigate/yard/person/snapshot", retain=True)) == "retained"
    feeds.read(jpeg_on("frigate/yard/person/snapshot"), 0.0)
    assert reason_of(feeds, jpeg_on("frigate/yard/person/snapshot"), 0.1) == "rate_limited"


@given(fps=st.floats(0.1, 60), sent_fps=st.floats(0.1, 200), jitter=st.lists(st.floats(0, 1), max_size=50))
def test_never_more_than_the_set_rate_and_all_of_a_slower_camera(
    fps: float, sent_fps: float, jitter: list[float]
) -> None:
    feeds = Feeds([FeedSettings(topic="a/{device}", max_fps=fps)])
    taken, period = 0, 1 / sent_fps
    times = [(number + 0.2 * part) * period for number, part in enumerate(jitter)]
    for now in times:
        with suppress(MessageError):
            feeds.read(jpeg_on("a/cam"), now)
            taken += 1
    if times:
        assert taken <= (times[-1] - times[0]) * fps + 1.5
    if sent_fps <= fps * 0.8:
        assert taken == len(times)


FAULTY = """
broker: {prefix: home}
feeds:
  - {topic: frigate/+/snapshot}
  - topic: esp32/door/jpg
  - {topic: "a/{device}", device: "A {device}"}
  - {topic: "b/{device}", device: fixed}
"""


def faults_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file, NodeConfig)
    return [fault.removeprefix(f"{file}:") for fault in caught.value.faults]


def test_each_faulty_feed_has_its_line_key_and_expectation(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, FAULTY)
    assert [fault.split(" expected")[0] for fault in faults] == [
        "4: feeds[0].topic:",
        "5: feeds[1].device:",
        "6: feeds[2].device:",
        "7: feeds[3].device:",
    ]


@pytest.mark.parametrize(
    ("topic", "fault"),
    [
        ("home/{device}/jpg", "5: feeds[1].topic: expected a topic that cannot be one of those below home/"),
        ("{device}/jpg", "5: feeds[1].topic: expected a topic that cannot be one of those below home/"),
        ("a/door", "5: feeds[1].topic: expected a topic that no other feed takes; a/{device} does"),
    ],
)
def test_feeds_stay_off_our_topics_and_off_each_other(tmp_path: Path, topic: str, fault: str) -> None:
    device = "" if "{" in topic else ", device: x"
    text = (
        f'broker: {{prefix: home}}\nfeeds:\n  - topic: "a/{{device}}"\n\n  - {{topic: "{topic}"{device}}}\n'
    )
    assert faults_of(tmp_path, text) == [fault]


def test_two_feeds_with_one_fixed_device_are_refused(tmp_path: Path) -> None:
    text = "feeds:\n  - {topic: a, device: door}\n  - {topic: b, device: door}\n"
    assert faults_of(tmp_path, text) == ["3: feeds[1].device: expected a device of its own; a has the same"]
