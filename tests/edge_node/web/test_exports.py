"""Many who download the events at once, some slowly."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from edge_node.web.exports import AT_ONCE
from edge_node.web.history import Filters, Row
from edge_node.web.log_history import LogHistory
from tests.edge_node.web.desk import Desk, event
from tests.edge_node.web.test_connections import choke, connect
from tests.edge_node.web.test_web_access import ask
from tests.private_broker import eventually

EVENTS = 4_000


class Counted:
    """The events as they are, and how often they are begun and let go of."""

    def __init__(self) -> None:
        self.begun = self.ended = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._all = LogHistory.all

    def all(self, history: LogHistory, filters: Filters) -> Iterator[Row]:
        self.begun += 1
        assert self.goes_on.wait(30)
        try:
            yield from self._all(history, filters)
        finally:
            self.ended += 1


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    counted = Counted()
    monkeypatch.setattr(LogHistory, "all", lambda history, filters: counted.all(history, filters))
    yield counted
    counted.goes_on.set()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def stalled(stack: ExitStack, desk: Desk) -> socket.socket:
    client = connect(stack, desk, receive_bytes=2_048)
    client.sendall(b"GET /api/events.csv HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


def test_a_few_exports_are_made_at_a_time_and_end_with_their_browsers(
    stack: ExitStack, quiet_desk: Desk, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.exports.PLACE_SECONDS", 0.5)
    quiet_desk.write(*(event("Ann") for _ in range(EVENTS)))
    choke(quiet_desk)
    held = [stalled(stack, quiet_desk) for _ in range(AT_ONCE)]
    assert eventually(lambda: counted.begun == AT_ONCE)
    code, _, answer = ask(quiet_desk, "/api/events.json")
    assert (code, json.loads(answer)["error"]) == (503, "busy")
    for one in held:
        one.close()
    assert eventually(lambda: counted.ended == AT_ONCE)
    assert ask(quiet_desk, "/api/events.csv")[2].count(b"\n") == EVENTS + 1


def test_who_left_while_waiting_gets_nothing_made(
    stack: ExitStack, quiet_desk: Desk, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.exports.PLACE_SECONDS", 30.0)
    counted.goes_on.clear()
    held = [stalled(stack, quiet_desk) for _ in range(AT_ONCE)]
    assert eventually(lambda: counted.begun == AT_ONCE)
    waiting = quiet_desk.server._server.server_state.tasks
    left = stalled(stack, quiet_desk)
    assert eventually(lambda: len(waiting) == AT_ONCE + 1)
    left.close()
    connections = quiet_desk.server._server.server_state.connections
    assert eventually(lambda: len(connections) == AT_ONCE)
    counted.goes_on.set()
    assert eventually(lambda: not waiting)
    assert counted.begun == counted.ended == AT_ONCE == len(held)


def test_pages_are_answered_while_exports_are_looked_for(quiet_desk: Desk, counted: Counted) -> None:
    quiet_desk.write(event("Ann"))
    counted.goes_on.clear()
    with ThreadPoolExecutor(40) as many:
        exports = [many.submit(ask, quiet_desk, "/api/events.csv") for _ in range(40)]
        assert eventually(lambda: counted.begun >= AT_ONCE)
        assert ask(quiet_desk, "/api/events")[0] == 200
        counted.goes_on.set()
        assert {one.result()[0] for one in exports} <= {200, 503}
