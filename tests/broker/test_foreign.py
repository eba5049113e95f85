import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from broker import foreign

words = st.text(st.characters(blacklist_characters="/+#{}\0", blacklist_categories=["Cs"]), max_size=6)
patterns = st.lists(st.one_of(words, st.just(foreign.DEVICE)), min_size=1, max_size=4).map("/".join)
topics = st.lists(words, min_size=1, max_size=4).map("/".join).filter(lambda text: not text.startswith("$"))


@given(pattern=patterns.filter(bool), word=words)
def test_the_word_is_read_back_from_every_topic_of_a_pattern(pattern: str, word: str) -> None:
    topic = pattern.replace(foreign.DEVICE, word)
    assert foreign.word_of(pattern, topic) == (word if foreign.DEVICE in pattern else "")


@given(pattern=patterns.filter(bool), topic=topics.filter(bool))
def test_what_the_broker_sends_by_the_filter_is_what_the_pattern_takes(pattern: str, topic: str) -> None:
    sent = topic_matches_sub(foreign.filter_of(pattern), topic)
    assert (foreign.word_of(pattern, topic) is not None) == sent


@given(one=patterns, other=patterns, word=words)
def test_patterns_that_share_a_topic_meet(one: str, other: str, word: str) -> None:
    topic = one.replace(foreign.DEVICE, word)
    if foreign.word_of(other, topic) is not None:
        assert foreign.meet(one, other)
        assert foreign.meet(other, one)


@pytest.mark.parametrize(
    ("pattern", "below"),
    [
        ("edge/frames/{device}", True),
        ("edge", True),
        ("{device}/jpg", True),
        ("{device}", True),
        ("edges/x", False),
        ("frigate/{device}/person/snapshot", False),
        ("esp32/edge/jpg", False),
    ],
)
def test_what_could_be_one_of_our_own_topics(pattern: str, below: bool) -> None:
    assert foreign.is_below(pattern, "edge") is below


def test_a_prefix_of_several_words_is_compared_to_its_end() -> None:
    assert foreign.is_below("home/{device}/frames", "home/faces")
    assert not foreign.is_below("home/kitchen/{device}", "home/faces")
    assert not foreign.is_below("home", "home/faces")


@pytest.mark.parametrize(
    "pattern", ["frigate/{device}/person/snapshot", "esp32/door/jpg", "/leading", "cam 1/{device}"]
)
def test_good_patterns(pattern: str) -> None:
    assert foreign.fault_of(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "frigate/+/snapshot",
        "frigate/#",
        "cam-{device}/jpg",
        "{camera}/jpg",
        "{device}/{device}",
        "a/{device",
        "$SYS/{device}",
        "a\nb",
        "a\0b",
        "a" * 201,
    ],
)
def test_bad_patterns_say_what_was_expected(pattern: str) -> None:
    fault = foreign.fault_of(pattern)
    assert fault is not None
    assert fault.startswith("expected ")
