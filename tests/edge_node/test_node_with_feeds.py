"""Programs that know nothing of us, on a real Mosquitto, as cameras."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from broker import timestamps
from broker.publication import Publication
from broker.states import NodeStats
from edge_node.node import Node
from edge_node.settings import FeedSettings, NodeConfig
from tests.edge_node.live import FPS, known, running
from tests.edge_node.scenes import jpeg, read
from tests.private_broker import PrivateBroker
from tests.watcher import Watcher


@pytest.fixture
def config(config: NodeConfig) -> NodeConfig:
    feeds = (
        FeedSettings(topic="esp32/door/jpg", device="door", max_fps=60),
        FeedSettings(topic="frigate/{device}/person/snapshot", device="frigate-{device}", max_age_seconds=30),
        FeedSettings(topic="flood/{device}", max_fps=2),
    )
    return replace(config, feeds=feeds)


@pytest.fixture
def node(config: NodeConfig, watcher: Watcher) -> Iterator[Node]:
    with running(config) as node:
        watcher.wait_for(known(2))
        yield node


@pytest.fixture
def esp32(mosquitto: PrivateBroker) -> Iterator[paho.Client]:
    """MQTT v3.1.1, and no idea of properties."""
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv311)
    client.connect(mosquitto.settings.host, mosquitto.settings.port)
    client.loop_start()
    yield client
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def picture(photos: Path) -> bytes:
    return jpeg(read(photos, "obama2.jpg"))


def rejected(watcher: Watcher, **reasons: int) -> NodeStats:
    """The counters, once they say so."""

    def says(one: Publication) -> bool:
        return one.topic == "edge/nodes/node-1/stats" and NodeStats.from_json(one.payload).rejected == reasons

    return NodeStats.from_json(watcher.wait_for(says).payload)


def test_a_bare_jpeg_by_mqtt_3_becomes_an_event_of_its_device(
    node: Node, watcher: Watcher, esp32: paho.Client, picture: bytes
) -> None:
    for _ in range(5):
        esp32.publish("esp32/door/jpg", picture, qos=0)
        time.sleep(1 / FPS)
    event = watcher.wait_for_event("authorised", device="door")
    assert event.person == "Barack Obama"
    assert event.captured_at == event.received_at
    assert not watcher.observations()[0].rejected


def test_frigates_snapshots_are_a_camera_each_and_the_retained_one_is_not_looked_at(
    config: NodeConfig, watcher: Watcher, esp32: paho.Client, picture: bytes
) -> None:
    esp32.publish("frigate/Yard/person/snapshot", picture, qos=1, retain=True).wait_for_publish(5)
    with running(config):
        rejected(watcher, retained=1)
        for _ in range(5):
            esp32.publish("frigate/Yard/person/snapshot", picture, retain=True)
            time.sleep(0.3)
        event = watcher.wait_for_event("authorised", device="frigate-yard")
    assert event.frames == 2
    assert len(watcher.events()) == 1


def test_a_flood_is_thinned_out_and_counted(
    node: Node, watcher: Watcher, esp32: paho.Client, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    began = time.monotonic()
    for _ in range(60):
        esp32.publish("flood/hall", picture)
        time.sleep(0.02)
    stats = watcher.wait_for(
        lambda one: one.topic == "edge/nodes/node-1/stats" and NodeStats.from_json(one.payload).received == 60
    )
    counted = NodeStats.from_json(stats.payload)
    assert 2 <= counted.processed + counted.replaced <= 2 + 2 * (time.monotonic() - began)
    assert counted.rejected == {"rate_limited": 60 - counted.processed - counted.replaced}
    warned = [record for record in caplog.records if "rate_limited" in record.getMessage()]
    assert [record.levelname for record in warned].count("WARNING") == 1


def test_its_own_age_limit_counts_where_the_message_says_its_time(
    node: Node, watcher: Watcher, picture: bytes
) -> None:
    def old(seconds: float) -> dict[str, str]:
        return {"captured_at": timestamps.to_text(timestamps.now() - timedelta(seconds=seconds))}

    topic = "frigate/shed/person/snapshot"
    watcher.session.publish(Publication(topic=topic, payload=picture, user_properties=old(40)))
    rejected(watcher, stale=1)
    watcher.session.publish(Publication(topic=topic, payload=picture, user_properties=old(20)))
    watcher.wait_for(
        lambda one: one.topic == "edge/observations/frigate-shed" and b'"rejected":null' in one.payload
    )


def test_a_feed_that_takes_the_id_of_a_camera_of_ours_is_told_of_and_left_out(
    node: Node, watcher: Watcher, esp32: paho.Client, picture: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    watcher.session.publish(Publication(topic="edge/frames/door", payload=picture))
    watcher.wait_for(lambda one: one.topic == "edge/observations/door")
    esp32.publish("esp32/door/jpg", picture)
    rejected(watcher, ambiguous_device=1)
    assert "'esp32/door/jpg' rejected: ambiguous_device" in caplog.text


def test_nodes_of_a_group_share_a_feed(
    config: NodeConfig, watcher: Watcher, esp32: paho.Client, picture: bytes
) -> None:
    pair = [
        replace(config, node=replace(config.node, id=name, shared_group="recognisers"))
        for name in ("one", "two")
    ]
    with running(pair[0]), running(pair[1]):
        watcher.wait_for_count("edge/nodes/one/stats", 1)
        watcher.wait_for_count("edge/nodes/two/stats", 1)
        for number in range(8):
            esp32.publish("esp32/door/jpg", picture)
            time.sleep(1 / FPS)
            watcher.wait_for_count("edge/observations/door", number + 1)
    assert {one.node for one in watcher.observations()} == {"one", "two"}
