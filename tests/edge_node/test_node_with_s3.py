"""The node with its gallery in a bucket of a real S3 server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from broker.states import GalleryState
from edge_node.node import Node
from edge_node.settings import GallerySettings, NodeConfig
from tests.edge_node.faulty_s3 import Cloud, Fault, FaultyServer
from tests.edge_node.live import known, running, stay
from tests.edge_node.scenes import jpeg, mirrored, read
from tests.watcher import Watcher


@pytest.fixture
def config(config: NodeConfig, cloud: Cloud, photos: Path) -> NodeConfig:
    cloud.put("Authorised/Zoë Ødegård/a photo.jpg", (photos / "obama.jpg").read_bytes())
    cloud.put("Authorised/Grace Hopper.jpg", (photos / "grace_hopper.jpg").read_bytes())
    cloud.put("Restricted/nobody.jpg", (photos / "coffee.png").read_bytes())
    return replace(config, gallery=GallerySettings(source=cloud.source(), poll_seconds=0.5))


@pytest.fixture
def node(config: NodeConfig, watcher: Watcher) -> Iterator[Node]:
    with running(config) as node:
        watcher.wait_for(known(2))
        yield node


def refusal(_path: str) -> Fault:
    return lambda request: request.answer(403, {}, b"<Error><Code>AccessDenied</Code></Error>")


def test_people_from_a_bucket_are_recognised_and_a_bad_photo_is_named(
    node: Node, watcher: Watcher, photos: Path
) -> None:
    stay(watcher, "front-door", jpeg(read(photos, "obama2.jpg")))
    assert watcher.wait_for_event("authorised").person == "Zoë Ødegård"
    state = GalleryState.from_json(watcher.wait_for(known(2)).payload)
    assert [(one.photo, one.reason) for one in state.problems] == [("Restricted/nobody.jpg", "not_jpeg")]
    assert not state.stale


def test_who_is_moved_to_restricted_is_restricted_without_a_restart(
    node: Node, watcher: Watcher, photos: Path, cloud: Cloud
) -> None:
    before = GalleryState.from_json(watcher.wait_for(known(2)).payload).version
    cloud.put("Restricted/Zoë Ødegård/a photo.jpg", (photos / "obama.jpg").read_bytes())
    cloud.delete("Authorised/Zoë Ødegård/a photo.jpg")
    watcher.wait_for(lambda one: known(2)(one) and GalleryState.from_json(one.payload).version != before)
    stay(watcher, "front-door", jpeg(read(photos, "obama2.jpg")))
    assert watcher.wait_for_event("restricted").person == "Zoë Ødegård"


def test_without_the_bucket_the_last_good_gallery_serves_over_a_restart(
    config: NodeConfig, watcher: Watcher, photos: Path, proxy: FaultyServer
) -> None:
    with running(config):
        watcher.wait_for(known(2))
    proxy.fault = refusal
    watcher.heard.clear()
    with running(config):
        state = watcher.wait_for(lambda one: known(2)(one) and GalleryState.from_json(one.payload).stale)
        assert "denied" in (GalleryState.from_json(state.payload).stale_reason or "")
        stay(watcher, "front-door", mirrored(photos, "grace_hopper.jpg"))
        assert watcher.wait_for_event("authorised").person == "Grace Hopper"
