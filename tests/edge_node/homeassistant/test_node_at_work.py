"""A real node and what Home Assistant shows of it, through restarts of each of them. Nothing fires again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import msgspec
import pytest

from broker.messages import Event, EventType
from edge_node.decode import decode
from edge_node.draw import COLOURS
from edge_node.quiet import QuietRule
from edge_node.settings import NodeConfig
from edge_node.view_settings import DecideSettings, DeviceSettings
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.live import running
from tests.edge_node.scenes import frame, jpeg, read
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

FPS = 8
UNKNOWN = (None, "absent", "unavailable")
SEQUENCE = count()


@pytest.fixture
def house(config: NodeConfig) -> NodeConfig:
    """One camera with a name, and people who leave quickly."""
    return msgspec.structs.replace(
        config,
        devices={"front-door": DeviceSettings(name="Front door")},
        decide=DecideSettings(buffer_seconds=60, leave_seconds=1.5),
    )


@contextmanager
def somebody_stays(watcher: Watcher, picture: bytes, device: str = "front-door") -> Iterator[None]:
    """Before the camera, all the time."""
    gone = threading.Event()

    def stand() -> None:
        while not gone.wait(1 / FPS):
            sent = frame(device, picture, seq=next(SEQUENCE))
            watcher.session.publish(sent.to_publication(watcher.topics))

    standing = threading.Thread(target=stand)
    standing.start()
    try:
        yield
    finally:
        gone.set()
        standing.join()


def shows_obama(assistant: Assistant) -> bool:
    return assistant.shows(
        sensor__front_door_people="Barack Obama",
        sensor__front_door_faces="1",
        binary_sensor__front_door_authorised="on",
        binary_sensor__front_door_unknown="off",
        switch__front_door_recognition="on",
    )


def shows_nobody(assistant: Assistant) -> bool:
    return assistant.shows(
        sensor__front_door_people="Nobody",
        sensor__front_door_faces="0",
        binary_sensor__front_door_authorised="off",
    )


def names_in(watcher: Watcher) -> list[str | None]:
    return [event.person for event in watcher.events()]


def test_somebody_comes_and_goes(
    house: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path
) -> None:
    with running(house):
        assert shows_nobody(assistant)
        with somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
            assert shows_obama(assistant)
            event = watcher.wait_for_event("authorised")
        assert shows_nobody(assistant)
        last = assistant.state("sensor.front_door_last_recognition")
        assert last is not None
        assert last.startswith(f"{event.captured_at:%Y-%m-%dT%H:%M:%S}")
        assert assistant.shows(sensor__node_1_people="2")
    assert names_in(watcher) == ["Barack Obama"]


def test_the_picture_of_an_event_comes_before_it_and_has_a_box_of_its_colour(
    house: NodeConfig, watcher: Watcher, photos: Path
) -> None:
    with running(house), somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
        event = watcher.wait_for_event("authorised")
    topics = [one.topic for one in watcher.heard]
    shown = "edge/devices/front-door/snapshot"
    assert topics.index(shown) < topics.index("edge/events/front-door/authorised")
    (snapshot,) = watcher.on(shown)
    assert (snapshot.retain, snapshot.content_type, snapshot.expiry_seconds) == (False, "image/jpeg", 300)
    picture = decode(snapshot.payload, max_bytes=10**7, max_pixels=10**7)
    scale = picture.shape[1] / event.frame_size[0]
    x, y, width, _ = (round(side * scale) for side in event.box)
    green = picture[y, x + width // 3 : x + 2 * width // 3].astype(int)
    expected, _ = COLOURS[EventType.AUTHORISED]
    assert abs(green - expected).mean() < 40


def test_a_restart_of_the_node_is_no_news(
    house: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path
) -> None:
    with somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
        with running(house):
            assert shows_obama(assistant)
            watcher.wait_for_event("authorised")
        assert assistant.shows(sensor__front_door_people="unavailable")
        before = len(watcher.observations())
        with running(house):
            assert shows_obama(assistant)
            assert eventually(lambda: len(watcher.observations()) > before + 10, 30)
    assert names_in(watcher) == ["Barack Obama"]


def test_a_broker_that_forgets_everything_is_told_everything_again(
    house: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path, mosquitto: PrivateBroker
) -> None:
    with running(house), somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
        assert shows_obama(assistant)
        watcher.wait_for_event("authorised")
        mosquitto.kill()
        mosquitto.start()
        assert eventually(lambda: assistant.session.is_connected and watcher.session.is_connected)
        with Assistant(mosquitto.settings, client_id="new") as newcomer:
            assert newcomer.knows("edge_camera_front-door")
            assert shows_obama(newcomer)
            assert newcomer.complaints == []
    assert names_in(watcher) == ["Barack Obama"]


def test_a_home_assistant_that_comes_later_sees_what_is_and_no_event(
    house: NodeConfig, watcher: Watcher, photos: Path, mosquitto: PrivateBroker
) -> None:
    with running(house), somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
        watcher.wait_for_event("authorised")
        with Assistant(mosquitto.settings) as late:
            assert shows_obama(late)
            assert late.state("event.front_door_visitor") is None
            assert late.triggered == []


def test_recognition_is_switched_off_and_stays_off_after_a_restart(
    house: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path
) -> None:
    with somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
        with running(house):
            assert shows_obama(assistant)
            assistant.command("switch.front_door_recognition", "OFF")
            assert assistant.shows(switch__front_door_recognition="off")
            assert shows_nobody(assistant)
        with running(house):
            assert assistant.shows(switch__front_door_recognition="off", sensor__front_door_people="Nobody")
            assistant.command("switch.front_door_recognition", "ON")
            assert shows_obama(assistant)


def test_the_button_reads_the_gallery_at_once(
    house: NodeConfig, assistant: Assistant, gallery: Path, photos: Path
) -> None:
    slow = msgspec.structs.replace(house, gallery=msgspec.structs.replace(house.gallery, poll_seconds=3600))
    with running(slow):
        assert assistant.shows(sensor__node_1_people="2")
        (gallery / "Authorised/Grace Hopper.jpg").write_bytes(jpeg(read(photos, "grace_hopper.jpg")))
        assistant.command("button.node_1_reload")
        assert assistant.shows(sensor__node_1_people="3")


def test_who_is_muted_is_marked_and_starts_nothing(
    house: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path
) -> None:
    rule = QuietRule(name="family", people=("Barack Obama",))
    with (
        running(msgspec.structs.replace(house, quiet=(rule,))),
        somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))),
    ):
        heard = watcher.wait_for(lambda one: one.topic == "edge/muted/front-door/authorised")
        assert Event.from_json(heard.payload).muted == "family"
        assert shows_obama(assistant)
        assert assistant.state("event.front_door_visitor") is None
    assert watcher.events() == []
    assert watcher.on("edge/devices/front-door/snapshot") == []


def test_each_camera_has_counters_of_its_own(
    house: NodeConfig, watcher: Watcher, assistant: Assistant, photos: Path
) -> None:
    with running(house), somebody_stays(watcher, jpeg(read(photos, "obama2.jpg"))):
        assert eventually(lambda: assistant.state("sensor.front_door_fps") not in (*UNKNOWN, "0.0"))
        assert eventually(lambda: assistant.state("sensor.front_door_latency") not in UNKNOWN)
        assert float(assistant.state("sensor.front_door_fps") or 0) >= 0
