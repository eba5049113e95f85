from hypothesis import given
from hypothesis import strategies as st

from broker.topics import ID_PATTERN, Topics, is_id

ids = st.from_regex(ID_PATTERN)


def test_topics_are_those_of_the_wire_document() -> None:
    topics = Topics()
    assert topics.frames("d") == "edge/frames/d"
    assert topics.events("d", "unknown") == "edge/events/d/unknown"
    assert topics.observations("d") == "edge/observations/d"
    assert topics.device_status("d") == "edge/devices/d/status"
    assert topics.device_people("d") == "edge/devices/d/people"
    assert topics.device_snapshot("d") == "edge/devices/d/snapshot"
    assert topics.device_stats("d") == "edge/devices/d/stats"
    assert topics.device_enabled("d") == "edge/devices/d/enabled"
    assert topics.device_enabled_set("d") == "edge/devices/d/enabled/set"
    assert topics.device_settings_set("d") == "edge/devices/d/settings/set"
    assert topics.node_status("n") == "edge/nodes/n/status"
    assert topics.node_stats("n") == "edge/nodes/n/stats"
    assert topics.gallery_state() == "edge/gallery/state"
    assert topics.requests("enrol") == "edge/requests/enrol"
    assert topics.replies("web") == "edge/replies/web"
    assert topics.acks("n") == "edge/acks/n"


def test_filters() -> None:
    topics = Topics("home/faces")
    assert topics.frames_filter() == "home/faces/frames/+"
    assert topics.frames_filter("group") == "$share/group/home/faces/frames/+"
    assert topics.events_filter() == "home/faces/events/+/+"
    assert topics.observations_filter() == "home/faces/observations/+"


@given(device=ids, prefix=st.sampled_from(["edge", "home/faces", "frames/frames"]))
def test_the_device_is_read_back_from_each_of_its_topics(device: str, prefix: str) -> None:
    topics = Topics(prefix)
    for topic in (topics.frames(device), topics.events(device, "unknown"), topics.device_enabled_set(device)):
        assert topics.device_of(topic) == device


@given(st.text())
def test_device_of_any_topic_is_a_text(topic: str) -> None:
    assert isinstance(Topics().device_of(topic), str)


@given(ids)
def test_an_id_is_safe_in_a_topic_and_in_a_file_name(text: str) -> None:
    assert is_id(text)
    assert not set(text) & set("+#/\\.$ \n\0")
    assert 1 <= len(text) <= 64


def test_what_is_no_id() -> None:
    for text in ("", "A", "a/b", "a+", "#", "-a", "_a", "a\n", "é", "a" * 65, "a b", ".."):
        assert not is_id(text), text
