"""What is kept of nodes and cameras, when many that are none speak."""

import json
from typing import Any

import pytest

from broker.publication import Publication
from broker.topics import Topics
from edge_node.web.board import Board
from tests.edge_node.web.desk import Desk
from tests.edge_node.web.test_web_access import ask
from tests.private_broker import eventually
from tests.watcher import Watcher

TOPICS = Topics("edge")


@pytest.fixture
def board() -> Board:
    return Board(TOPICS)


def say(board: Board, topic: str, payload: bytes) -> None:
    kind = board._on_device if "/devices/" in topic else board._on_node
    kind(Publication(topic=topic, payload=payload))


def stats(device: str, padding: int = 0) -> bytes:
    said: dict[str, Any] = {
        "schema": 1,
        "device": device,
        "node": "node-1",
        "received": 1,
        "processed": 1,
        "unchanged": 0,
        "replaced": 0,
        "rejected": {"x" * 40 + str(number): 1 for number in range(padding // 48)},
        "faces": 0,
        "events": {},
        "fps": 1.0,
        "latency_p50_ms": None,
        "latency_p95_ms": None,
    }
    return json.dumps(said).encode()


def names(board: Board) -> list[str]:
    return [one.id for one in board.cameras()]


def test_what_is_cleared_is_forgotten(desk: Desk, watcher: Watcher) -> None:
    def cameras() -> list[tuple[str, str | None, str | None]]:
        system = json.loads(ask(desk, "/api/system")[2])
        return [(one["id"], one["status"], one["enabled"]) for one in system["cameras"]]

    def publish(topic: str, payload: bytes) -> None:
        watcher.session.publish(Publication(topic=topic, payload=payload, qos=1, retain=True))

    publish(TOPICS.device_status("garden"), b"online")
    publish(TOPICS.device_enabled("garden"), b"ON")
    assert eventually(lambda: cameras() == [("garden", "online", "ON")])
    publish(TOPICS.device_enabled("garden"), b"")
    assert eventually(lambda: cameras() == [("garden", "online", None)])
    publish(TOPICS.device_status("garden"), b"")
    assert eventually(lambda: cameras() == [])


def test_a_real_camera_takes_the_place_of_one_that_is_not_online(board: Board) -> None:
    say(board, TOPICS.device_status("garden"), b"online")
    for number in range(1_200):
        say(board, TOPICS.device_stats(f"junk-{number}"), stats(f"junk-{number}"))
    say(board, TOPICS.device_status("front-door"), b"online")
    found = names(board)
    assert len(found) == 1_000
    assert {"garden", "front-door", "junk-1199"} <= {*found}
    assert "junk-0" not in found


def test_among_a_thousand_online_there_is_no_room_for_another(board: Board) -> None:
    for number in range(1_001):
        say(board, TOPICS.device_status(f"camera-{number:04}"), b"online")
    assert len(names(board)) == 1_000
    assert "camera-1000" not in names(board)


def test_all_that_is_kept_is_within_its_bytes(board: Board) -> None:
    say(board, TOPICS.device_status("garden"), b"online")
    for number in range(400):
        say(board, TOPICS.device_stats(f"junk-{number}"), stats(f"junk-{number}", 53_000))
    assert sum(len(stats(one.id, 53_000)) for one in board.cameras() if one.stats) <= 4_000_000
    assert {"garden", "junk-399"} <= {*names(board)}


def test_what_is_too_large_is_passed_over(board: Board) -> None:
    say(board, TOPICS.device_stats("garden"), stats("garden", 500))
    say(board, TOPICS.device_stats("garden"), stats("garden", 70_000))
    (garden,) = board.cameras()
    assert garden.stats is not None
    assert len(garden.stats.rejected) == 10
    assert garden.heard_seconds is not None


def test_when_it_was_heard_goes_with_its_counters(board: Board) -> None:
    say(board, TOPICS.device_status("garden"), b"online")
    say(board, TOPICS.device_stats("garden"), stats("garden"))
    say(board, TOPICS.device_stats("garden"), b"")
    (garden,) = board.cameras()
    assert (garden.stats, garden.heard_seconds, garden.status) == (None, None, "online")
