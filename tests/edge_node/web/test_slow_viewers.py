"""Browsers that ask for pictures and do not take them."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from tests.edge_node.web.desk import Desk, frame
from tests.edge_node.web.test_connections import choke, connect
from tests.edge_node.web.test_web_access import ask
from tests.private_broker import eventually
from tests.watcher import Watcher

LIVE = "/api/live?camera=front-door:"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(autouse=True)
def _viewers_wait_for_the_first_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.cameras.WAIT_SECONDS", 30.0)


def stalled(stack: ExitStack, desk: Desk) -> socket.socket:
    client = connect(stack, desk, receive_bytes=2_048)
    client.sendall(f"GET {LIVE}0 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def show(desk: Desk, watcher: Watcher, seq: int) -> bytes:
    """A large frame, of which every piece is another."""
    large = replace(frame("front-door", seq), jpeg=b"\xff\xd8\xff" + os.urandom(1_000_000))
    desk.show(watcher, large)
    return large.jpeg


def waiting(desk: Desk) -> list[int]:
    connections = [*desk.server._server.server_state.connections]
    return [one.transport.get_write_buffer_size() for one in connections]


def test_slow_viewers_hold_little_and_leave_places_to_others(
    stack: ExitStack, desk: Desk, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.sending.PLACE_SECONDS", 0.5)
    choke(desk)
    held = [stalled(stack, desk) for _ in range(32)]
    show(desk, watcher, 0)
    assert eventually(lambda: len([one for one in waiting(desk) if one]) == 32)
    assert max(waiting(desk)) < 200_000
    code, _, answer = ask(desk, f"{LIVE}0")
    assert (code, json.loads(answer)["error"]) == (503, "busy")
    monkeypatch.setattr("edge_node.web.sending.PLACE_SECONDS", 10.0)
    newest = show(desk, watcher, 1)
    for one in held:
        one.close()
    code, _, answer = ask(desk, f"{LIVE}0")
    assert code == 200
    assert newest in answer


def test_a_large_picture_arrives_whole(desk: Desk, watcher: Watcher, stack: ExitStack) -> None:
    choke(desk)
    stalled(stack, desk).close()
    jpeg = show(desk, watcher, 0)
    code, headers, answer = ask(desk, f"{LIVE}0")
    assert code == 200
    assert answer.endswith(jpeg)
    assert int(headers["content-length"]) == len(answer)


def test_a_viewer_that_takes_nothing_is_cut_off(
    stack: ExitStack, desk: Desk, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.connection.PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr("edge_node.web.connection.LOOK_SECONDS", 0.1)
    choke(desk)
    viewer = stalled(stack, desk)
    show(desk, watcher, 0)
    assert eventually(lambda: any(waiting(desk)))
    assert eventually(lambda: waiting(desk) == [])
    viewer.close()
