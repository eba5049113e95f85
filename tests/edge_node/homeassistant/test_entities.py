"""Every entity that Home Assistant makes of the messages, and its state for what the devices send."""

from tests.edge_node.homeassistant import samples
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.homeassistant.conftest import Announce
from tests.edge_node.homeassistant.household import ANN, BOB, TOPICS, says
from tests.private_broker import eventually
from tests.watcher import Watcher

DEVICE = "front-door"
PEOPLE = TOPICS.device_people(DEVICE)
STATS = TOPICS.device_stats(DEVICE)
SETTINGS = TOPICS.device_settings(DEVICE)


def heard(watcher: Watcher, topic: str) -> bytes:
    return watcher.wait_for(lambda one: one.topic == topic).payload


def test_a_camera_says_who_is_there(announce: Announce, assistant: Assistant) -> None:
    with announce() as node:
        node.say(says(PEOPLE, samples.PEOPLE, retain=True))
        assert assistant.shows(
            sensor__front_door_people="Ann, Bob",
            sensor__front_door_faces="2",
            binary_sensor__front_door_authorised="on",
            binary_sensor__front_door_restricted="on",
            binary_sensor__front_door_unknown="off",
            sensor__front_door_last_recognition=samples.AT,
        )
        assert assistant.attributes["sensor.front_door_people"]["names"] == ["Ann", "Bob"]
        node.say(says(PEOPLE, samples.STRANGER, retain=True))
        assert assistant.shows(
            sensor__front_door_people="Stranger",
            binary_sensor__front_door_authorised="off",
            binary_sensor__front_door_unknown="on",
        )
        node.say(says(PEOPLE, samples.NOBODY, retain=True))
        assert assistant.shows(
            sensor__front_door_people="Nobody",
            sensor__front_door_faces="0",
            binary_sensor__front_door_unknown="off",
            sensor__front_door_last_recognition=None,
        )


def test_a_crowd_and_a_cleared_topic_are_no_trouble(announce: Announce, assistant: Assistant) -> None:
    with announce() as node:
        node.say(says(PEOPLE, samples.CROWD))
        assert assistant.shows(sensor__front_door_faces="40")
        assert len(assistant.state("sensor.front_door_people") or "") == 250
        node.say(says(PEOPLE, ""))
        assert assistant.shows(sensor__front_door_faces=None, sensor__front_door_people="Nobody")


def test_an_event_is_news_once(announce: Announce, assistant: Assistant) -> None:
    topic = TOPICS.events(DEVICE, "authorised")
    with announce() as node:
        node.say(says(topic, samples.EVENT, retain=True))
        assert assistant.shows(event__front_door_visitor="authorised")
        assert assistant.triggered == ["Front door authorised"]
        for kind in ("restricted", "unknown"):
            node.say(says(TOPICS.events(DEVICE, kind), samples.EVENT | {"event_type": kind}))
        assert assistant.shows(event__front_door_visitor="unknown")
        assert assistant.triggered[1:] == ["Front door restricted", "Front door unknown"]
        node.say(says(TOPICS.device_snapshot(DEVICE), "JPEG"))
        assert assistant.shows(image__front_door_last_visitor="4 bytes")


def test_a_camera_is_watched_and_steered(announce: Announce, assistant: Assistant, watcher: Watcher) -> None:
    with announce() as node:
        assert assistant.shows(number__front_door_camera_fps="unavailable")
        node.say(
            says(TOPICS.device_status(DEVICE), "online", retain=True),
            says(TOPICS.device_enabled(DEVICE), "ON", retain=True),
            says(STATS, samples.STATS),
            says(SETTINGS, samples.SETTINGS, retain=True),
        )
        assert assistant.shows(
            binary_sensor__front_door_connection="on",
            switch__front_door_recognition="on",
            sensor__front_door_fps="4.5",
            sensor__front_door_latency="48.2",
            sensor__front_door_replaced="7",
            number__front_door_camera_fps="5.0",
            number__front_door_camera_width="640",
            number__front_door_camera_quality="85",
        )
        node.say(says(STATS, samples.IDLE_STATS), says(SETTINGS, samples.OWN_SETTINGS))
        assert assistant.shows(
            sensor__front_door_latency=None,
            number__front_door_camera_width=None,
            number__front_door_camera_quality=None,
        )
        assistant.command("switch.front_door_recognition", "OFF")
        assistant.command("number.front_door_camera_width", "800")
        assert heard(watcher, TOPICS.device_enabled_set(DEVICE)) == b"OFF"
        assert heard(watcher, TOPICS.device_settings_set(DEVICE)) == b'{"width": 800}'
        node.say(says(TOPICS.device_status(DEVICE), "offline", retain=True))
        assert assistant.shows(
            binary_sensor__front_door_connection="off", number__front_door_camera_fps="unavailable"
        )


def test_a_node_tells_of_its_gallery(announce: Announce, assistant: Assistant, watcher: Watcher) -> None:
    with announce() as node:
        node.say(
            says(TOPICS.gallery_state(), samples.GALLERY, retain=True),
            says(TOPICS.node_stats("node-1"), samples.NODE_STATS),
            says(TOPICS.node_enabled("node-1"), "OFF", retain=True),
        )
        assert assistant.shows(
            sensor__node_1_people="2",
            sensor__node_1_templates="5",
            sensor__node_1_synced=samples.AT,
            binary_sensor__node_1_stale="off",
            binary_sensor__node_1_connection="on",
            switch__node_1_recognition="off",
            sensor__node_1_fps="9.5",
            sensor__node_1_latency="51.0",
        )
        node.say(says(TOPICS.gallery_state(), samples.UNREAD_GALLERY, retain=True))
        assert assistant.shows(binary_sensor__node_1_stale="on", sensor__node_1_synced=None)
        assistant.command("button.node_1_reload")
        assert heard(watcher, TOPICS.requests("reload")) == b"{}"
        assistant.command("switch.node_1_recognition", "ON")
        assert heard(watcher, TOPICS.node_enabled_set("node-1")) == b"ON"


def test_a_person_is_somewhere(announce: Announce, assistant: Assistant) -> None:
    with announce(people=True) as node:
        node.announcer.meet([ANN, BOB])
        node.say(
            says(TOPICS.person("ann"), samples.PERSON, retain=True),
            says(TOPICS.person("bob"), samples.UNSEEN_PERSON, retain=True),
        )
        assert assistant.shows(
            binary_sensor__ann_present="on",
            sensor__ann_last_camera=DEVICE,
            sensor__ann_last_seen=samples.AT,
            binary_sensor__bob_present="off",
            sensor__bob_last_camera=None,
            sensor__bob_last_seen=None,
        )


def test_without_a_node_nobody_knows_who_is_there(announce: Announce, assistant: Assistant) -> None:
    with announce() as first, announce(node="node-2"):
        first.say(says(PEOPLE, samples.PEOPLE, retain=True))
        assert assistant.shows(sensor__front_door_people="Ann, Bob")
        first.say(says(TOPICS.node_status("node-1"), "offline", retain=True))
        assert assistant.shows(
            sensor__front_door_people="Ann, Bob",
            sensor__node_1_people="unavailable",
            binary_sensor__node_1_connection="off",
        )
    assert assistant.shows(sensor__front_door_people="unavailable")
    assert eventually(lambda: assistant.state("binary_sensor.node_1_connection") == "off")
