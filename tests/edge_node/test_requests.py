"""Requests to nodes at a real Mosquitto: what they may be made to do, and what not."""

import json
import shutil
import time
from pathlib import Path

from msgspec.structs import replace

from broker.publication import Publication
from broker.question import Question
from broker.states import NodeStats
from edge_node.node import Node
from edge_node.settings import NodeConfig
from tests.edge_node.live import known, running
from tests.edge_node.scenes import jpeg, read
from tests.private_broker import eventually
from tests.watcher import Watcher

ME = "edge/replies/me"


def questions_of(publication: Publication) -> dict[str, int]:
    if publication.topic != "edge/nodes/node-1/stats":
        return {}
    return NodeStats.from_json(publication.payload).questions


def reload(*, answered: bool) -> Publication:
    return Publication(
        topic="edge/requests/reload",
        payload=b"",
        qos=1,
        response_topic=ME if answered else None,
        correlation_data=b"r" if answered else None,
    )


def test_a_retained_question_is_not_answered_by_a_node_that_comes_later(
    config: NodeConfig, watcher: Watcher, photos: Path
) -> None:
    sent = Question(jpeg=jpeg(read(photos, "obama2.jpg")), reply_to=ME).to_publication(watcher.topics)
    kept = Publication(topic=sent.topic, payload=sent.payload, qos=1, retain=True, response_topic=ME)
    assert watcher.session.publish(kept).wait(5)
    with running(config):
        watcher.wait_for(lambda one: questions_of(one) == {"retained": 1})
    assert watcher.on(ME) == []


def test_a_node_cannot_be_made_to_publish_elsewhere(node: Node, watcher: Watcher, photos: Path) -> None:
    picture = jpeg(read(photos, "obama2.jpg"))
    for topic in ("edge/events/front-door/authorised", ME):
        question = Question(jpeg=picture, reply_to=topic, form="both")
        watcher.session.publish(question.to_publication(watcher.topics))
    watcher.wait_for(lambda one: questions_of(one) == {"foreign_response_topic": 1, "answered": 1})
    assert [one.content_type for one in watcher.on(ME)] == ["application/json", "image/jpeg"]
    assert watcher.on("edge/events/front-door/authorised") == []


def test_every_node_reads_its_gallery_again_when_asked(
    config: NodeConfig, watcher: Watcher, photos: Path, gallery: Path
) -> None:
    slow = replace(config, gallery=replace(config.gallery, poll_seconds=3600))
    first, second = (replace(slow, node=replace(slow.node, id=name)) for name in ("one", "two"))
    with running(first) as one, running(second) as two:
        assert eventually(lambda: one._follower.polled.is_set() and two._follower.polled.is_set())
        shutil.copyfile(photos / "obama3.jpg", gallery / "Authorised/Somebody New.jpg")
        watcher.session.publish(reload(answered=True))
        replies = watcher.wait_for_count(ME, 2)
    documents = [json.loads(reply.payload) for reply in replies]
    assert {document.pop("node") for document in documents} == {"one", "two"}
    assert documents[0] == documents[1]
    assert (documents[0]["ok"], documents[0]["detail"]) == (True, None)
    assert (documents[0]["people"], documents[0]["templates"]) == (3, 3)
    assert {reply.correlation_data for reply in replies} == {b"r"}


def test_a_source_that_is_gone_is_said_to_who_asks_and_to_nobody_else(
    config: NodeConfig, watcher: Watcher, gallery: Path
) -> None:
    slow = replace(config, gallery=replace(config.gallery, poll_seconds=3600))
    with running(slow) as node:
        assert eventually(node._follower.polled.is_set)
        gallery.rename(gallery.with_name("unmounted"))
        watcher.session.publish(reload(answered=False))
        watcher.wait_for(lambda one: one.topic == "edge/gallery/state" and b'"stale":true' in one.payload)
        assert watcher.on(ME) == []
        watcher.session.publish(reload(answered=True))
        [reply] = watcher.wait_for_count(ME, 1)
    said = json.loads(reply.payload)
    assert (said["ok"], said["people"]) == (False, 2)
    assert said["detail"]


def test_a_flood_of_reloads_is_one_reading_of_the_source(
    config: NodeConfig, watcher: Watcher, gallery: Path
) -> None:
    slow = replace(config, gallery=replace(config.gallery, poll_seconds=3600))
    with running(slow) as node:
        assert eventually(node._follower.polled.is_set)
        watcher.wait_for(known(2))
        before = len(watcher.on("edge/gallery/state"))
        began = time.monotonic()
        for _ in range(100):
            watcher.session.publish(reload(answered=True))
        said = [json.loads(one.payload) for one in watcher.wait_for_count(ME, 100)]
        states = len(watcher.on("edge/gallery/state")) - before
        seconds = time.monotonic() - began
    assert {one.get("error") for one in said} <= {None, "busy"}
    assert states <= 3 + seconds
