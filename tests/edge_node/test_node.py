"""The node on a real Mosquitto, with real photos and the real engine."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import cv2
import pytest
from msgspec.structs import replace

from broker.messages import Frame
from broker.publication import Publication
from broker.states import GalleryState, NodeStats
from edge_node.logger import EventLogger
from edge_node.models.install import Models
from edge_node.node import Node
from edge_node.quarantine import Quarantine
from edge_node.settings import (
    NodeConfig,
)
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.live import FPS, known, running, stay, was_answered
from tests.edge_node.scenes import frame, jpeg, mirrored, read
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher


def test_people_in_front_of_a_camera_become_events(node: Node, watcher: Watcher, photos: Path) -> None:
    people = (
        jpeg(read(photos, "obama2.jpg")),
        mirrored(photos, "biden.jpg"),
        jpeg(read(photos, "grace_hopper.jpg")),
    )
    for seq in range(18):
        stay(watcher, "front-door", people[seq // 6], frames=1, first_seq=seq)
        assert eventually(partial(was_answered, watcher, seq))
    stay(watcher, "front-door", jpeg(read(photos, "chelsea.png")), first_seq=18)
    unknown = watcher.wait_for_event("unknown")
    assert [(one.event_type.value, one.person) for one in watcher.events()] == [
        ("authorised", "Barack Obama"),
        ("restricted", "Joe Biden"),
        ("unknown", None),
    ]
    event = watcher.events()[0]
    assert (event.device, event.node, event.person_id) == ("front-door", "node-1", "barack-obama")
    assert event.similarity is not None
    assert event.similarity > event.threshold
    assert event.captured_at <= event.received_at <= event.decided_at
    assert event.reason == "recognised"
    assert event.frames == 2
    assert 0 <= event.latency_ms < 10_000
    assert event.frame_size[1] == 720
    assert unknown.reason == "below_threshold"
    published = watcher.wait_for(lambda one: one.topic == "edge/events/front-door/authorised")
    assert (published.qos, published.retain, published.content_type) == (1, False, "application/json")


def test_a_camera_of_mqtt_3_that_knows_no_properties_is_welcome(
    node: Node, watcher: Watcher, photos: Path
) -> None:
    picture = jpeg(read(photos, "obama2.jpg"))
    for _ in range(4):
        watcher.session.publish(Publication(topic="edge/frames/old-camera", payload=picture))
        time.sleep(1 / FPS)
    event = watcher.wait_for_event("authorised", device="old-camera")
    assert event.captured_at == event.received_at


def has_rejected(node: Node, frames: int) -> bool:
    return sum(node._counters.node_stats("node-1", {}, 0.0).rejected.values()) == frames


Spoil = Callable[[Frame], Publication]


def payload(data: bytes) -> Spoil:
    return lambda good: Publication(topic=f"edge/frames/{good.device}", payload=data)


HOSTILE: dict[str, Spoil] = {
    "empty": payload(b""),
    "not_jpeg": payload(b"no picture at all"),
    "truncated": lambda good: Publication(topic=f"edge/frames/{good.device}", payload=good.jpeg[:-500]),
    "too_large": payload(b"\xff\xd8\xff" + bytes(4_000_001)),
    "too_many_pixels": payload(
        bytes.fromhex("ffd8ffc0001108 2000 2000 03 01110002110003110 0ffda".replace(" ", ""))
    ),
    "bad_device": lambda good: Publication(topic="edge/frames/Front Door!", payload=good.jpeg),
    "bad_content_type": lambda good: Publication(
        topic=f"edge/frames/{good.device}", payload=good.jpeg, content_type="image/png"
    ),
    "bad_seq": lambda good: Publication(
        topic=f"edge/frames/{good.device}", payload=good.jpeg, user_properties={"seq": "-1"}
    ),
    "bad_time": lambda good: Publication(
        topic=f"edge/frames/{good.device}", payload=good.jpeg, user_properties={"captured_at": "yesterday"}
    ),
}


def test_each_hostile_frame_is_counted_once_warned_of_and_the_next_good_one_is_answered(
    node: Node, watcher: Watcher, photos: Path, caplog: pytest.LogCaptureFixture
) -> None:
    picture = jpeg(read(photos, "obama2.jpg"))
    good = frame("front-door", picture)
    spoilt = [spoil(good) for spoil in HOSTILE.values()]
    spoilt.append(frame("front-door", picture, age_seconds=3_600).to_publication(watcher.topics))
    for seq, publication in enumerate(spoilt * 2):
        watcher.session.publish(publication)
        assert eventually(partial(has_rejected, node, seq + 1)), publication.topic
        watcher.session.publish(frame("front-door", picture, seq=seq).to_publication(watcher.topics))
        assert eventually(partial(was_answered, watcher, seq)), publication.topic
    reasons = {*HOSTILE, "stale"}

    def says_it_all(publication: Publication) -> bool:
        if publication.topic != "edge/nodes/node-1/stats":
            return False
        stats = NodeStats.from_json(publication.payload)
        return stats.rejected == dict.fromkeys(reasons, 2) and stats.processed == len(spoilt) * 2

    watcher.wait_for(says_it_all)
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    for reason in reasons:
        assert len([text for text in warned if f"rejected: {reason} " in text]) == 1
    assert [one.event_type.value for one in watcher.events()] == ["authorised"]


def test_a_retained_frame_is_not_looked_at(config: NodeConfig, watcher: Watcher, photos: Path) -> None:
    picture = jpeg(read(photos, "obama2.jpg"))
    kept = Publication(topic="edge/frames/front-door", payload=picture, retain=True, qos=1)
    assert watcher.session.publish(kept).wait(5)
    with running(config):
        stats = watcher.wait_for(
            lambda one: (
                one.topic == "edge/nodes/node-1/stats"
                and NodeStats.from_json(one.payload).rejected == {"retained": 1}
            )
        )
    assert NodeStats.from_json(stats.payload).processed == 0


def test_a_new_photo_is_enrolled_without_a_restart(
    node: Node, watcher: Watcher, photos: Path, gallery: Path
) -> None:
    watcher.wait_for(known(2))
    portrait = cv2.imwrite(str(gallery / "Authorised/Grace Hopper.jpg"), read(photos, "grace_hopper.jpg"))
    assert portrait
    watcher.wait_for(known(3))
    stay(watcher, "front-door", mirrored(photos, "grace_hopper.jpg"))
    assert watcher.wait_for_event("authorised").person == "Grace Hopper"


def test_a_lost_source_is_stale_and_the_gallery_stays(
    node: Node, watcher: Watcher, photos: Path, gallery: Path
) -> None:
    watcher.wait_for(known(2))
    gallery.rename(gallery.with_name("unmounted"))
    state = watcher.wait_for(
        lambda one: one.topic == "edge/gallery/state" and GalleryState.from_json(one.payload).stale
    )
    assert GalleryState.from_json(state.payload).people == 2
    stay(watcher, "front-door", jpeg(read(photos, "obama2.jpg")))
    assert watcher.wait_for_event("authorised").person == "Barack Obama"


def test_the_broker_may_come_and_go(
    node: Node, watcher: Watcher, photos: Path, mosquitto: PrivateBroker
) -> None:
    mosquitto.stop()
    time.sleep(1)
    mosquitto.start()
    assert watcher.session.wait_connected(10)
    assert eventually(lambda: node._session.is_connected)
    stay(watcher, "front-door", jpeg(read(photos, "obama2.jpg")))
    assert watcher.wait_for_event("authorised")


def test_an_event_waits_in_the_outbox_through_restarts_until_it_is_in_the_log(
    config: NodeConfig, watcher: Watcher, photos: Path, tmp_path: Path
) -> None:
    with running(config):
        watcher.wait_for(known(2))
        stay(watcher, "front-door", (photos / "obama2.jpg").read_bytes())
        event = watcher.wait_for_event("authorised")
    with running(config) as node:
        assert node._outbox.filling.waiting == 1
        file = tmp_path / "log/events.jsonl"
        logger = EventLogger(
            config.broker,
            RotatingLines(file, Limits(rotate_bytes=1_000_000)),
            Quarantine(tmp_path / "log/quarantine.jsonl"),
        )
        logger.start()
        try:
            assert eventually(lambda: node._outbox.filling.waiting == 0)
            watcher.wait_for(
                lambda one: (
                    one.topic == "edge/nodes/node-1/stats"
                    and NodeStats.from_json(one.payload).outbox["waiting"] == 0
                )
            )
        finally:
            logger.shut_down()
    assert [json.loads(line)["event_id"] for line in file.read_text("utf-8").splitlines()] == [event.event_id]
    assert len(watcher.events()) == 1


def test_no_frame_waits_behind_others_when_cameras_are_too_fast(
    node: Node, watcher: Watcher, photos: Path
) -> None:
    picture = jpeg(read(photos, "obama2.jpg"))
    for seq in range(60):
        for device in ("door", "yard", "shed"):
            watcher.session.publish(frame(device, picture, seq=seq).to_publication(watcher.topics))
        time.sleep(0.02)
    assert eventually(
        lambda: {one.device for one in watcher.observations() if one.seq == 59} == {"door", "yard", "shed"}
    )
    for event in watcher.events():
        assert event.latency_ms < 5_000
    counted = watcher.wait_for(
        lambda one: (
            one.topic == "edge/nodes/node-1/stats"
            and (stats := NodeStats.from_json(one.payload)).processed + stats.replaced == 180
        )
    )
    assert NodeStats.from_json(counted.payload).rejected == {}


def test_a_camera_that_believes_it_is_1970_is_recognised_all_the_same(
    node: Node, watcher: Watcher, photos: Path
) -> None:
    picture, began = jpeg(read(photos, "obama2.jpg")), time.monotonic()
    epoch = datetime.fromisoformat("1970-01-01T00:01:00Z")
    for seq in range(70):
        captured = epoch + timedelta(seconds=time.monotonic() - began)
        sent = frame("front-door", picture, seq=seq, captured_at=captured)
        watcher.session.publish(sent.to_publication(watcher.topics))
        time.sleep(0.1)
    event = watcher.wait_for_event("authorised")
    assert abs(event.captured_at - event.received_at) < timedelta(seconds=2)


def test_two_nodes_share_the_frames_of_a_group(
    config: NodeConfig, watcher: Watcher, photos: Path, models: Models, tmp_path: Path
) -> None:
    pair = []
    for name in ("one", "two"):
        state = tmp_path / name
        state.mkdir()
        (state / "models").symlink_to(models.kept_in)
        pair.append(
            replace(config, node=replace(config.node, id=name, state_dir=state, shared_group="recognisers"))
        )
    with running(pair[0]) as one, running(pair[1]) as two:
        assert eventually(lambda: one._follower.polled.is_set() and two._follower.polled.is_set())
        for seq in range(8):
            stay(watcher, "front-door", jpeg(read(photos, "obama2.jpg")), frames=1, first_seq=seq)
            assert eventually(partial(was_answered, watcher, seq))
        assert [one.seq for one in watcher.observations()] == [*range(8)]
        assert {one.node for one in watcher.observations()} == {"one", "two"}


def test_the_last_will_says_offline(config: NodeConfig, watcher: Watcher, mosquitto: PrivateBroker) -> None:
    with running(config):
        watcher.wait_for(lambda one: one.topic.endswith("node-1/status") and one.payload == b"online")
    watcher.wait_for(lambda one: one.topic.endswith("node-1/status") and one.payload == b"offline")


def test_what_the_broker_does_not_take_is_lost_and_the_node_goes_on(
    node: Node, watcher: Watcher, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a broker whose packet limit is below the picture of an event."""
    monkeypatch.setattr(node._session, "_maximum_packet_bytes", 20_000)
    stay(watcher, "front-door", jpeg(read(photos, "obama2.jpg")))
    watcher.wait_for_event("authorised")
    assert watcher.on("edge/devices/front-door/snapshot") == []
