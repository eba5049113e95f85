"""Connections on which nothing moves, from real sockets."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.edge_node.web.desk import Desk
from tests.edge_node.web.test_web_access import ask
from tests.private_broker import eventually

HEAD = b"GET /api/system HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.web.connection.PATIENCE_SECONDS", 2.0)
    monkeypatch.setattr("edge_node.web.connection.LOOK_SECONDS", 0.1)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connect(stack: ExitStack, desk: Desk, receive_bytes: int | None = None) -> socket.socket:
    place = urlsplit(desk.url)
    client = stack.enter_context(socket.socket())
    if receive_bytes is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.settimeout(10)
    client.connect((place.hostname, place.port))
    return client


def is_ended(client: socket.socket) -> bool:
    """Waits until the other side sends something or ends."""
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def drips(client: socket.socket, seconds: float) -> bool:
    """Sends a byte now and then; whether that was taken to the end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            client.sendall(b"x")
        except ConnectionError:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.usefixtures("impatient")
def test_who_says_nothing_is_cut_off(stack: ExitStack, quiet_desk: Desk) -> None:
    silent = [connect(stack, quiet_desk) for _ in range(20)]
    assert all(is_ended(one) for one in silent)


@pytest.mark.usefixtures("impatient")
def test_a_request_in_drops_is_cut_off(stack: ExitStack, quiet_desk: Desk) -> None:
    client = connect(stack, quiet_desk)
    client.sendall(HEAD + b"X-Slow: ")
    assert not drips(client, 15)


@pytest.mark.usefixtures("impatient")
def test_a_second_request_in_drops_is_cut_off(stack: ExitStack, quiet_desk: Desk) -> None:
    client = connect(stack, quiet_desk)
    client.sendall(HEAD + b"\r\n")
    assert client.recv(12) == b"HTTP/1.1 200"
    client.sendall(HEAD + b"X-Slow: ")
    assert not drips(client, 15)


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_takes_long_is_waited_for(stack: ExitStack, quiet_desk: Desk) -> None:
    live = connect(stack, quiet_desk)
    live.sendall(b"GET /api/live?camera=front-door:0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert live.recv(12) == b"HTTP/1.1 200"  # after five seconds without a picture


def choke(desk: Desk) -> None:
    """Keeps what is not taken in the server itself, and not in the kernel."""
    desk.server._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)


@pytest.mark.usefixtures("impatient")
def test_who_takes_nothing_of_an_answer_is_cut_off(stack: ExitStack, quiet_desk: Desk) -> None:
    choke(quiet_desk)
    stalled = connect(stack, quiet_desk, receive_bytes=2_048)
    stalled.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
    connections = quiet_desk.server._server.server_state.connections
    assert eventually(lambda: [one.transport.get_write_buffer_size() > 0 for one in [*connections]] == [True])
    assert eventually(lambda: not connections)


@pytest.mark.usefixtures("impatient")
def test_who_takes_an_answer_slowly_gets_all_of_it(stack: ExitStack, quiet_desk: Desk) -> None:
    choke(quiet_desk)
    slow = connect(stack, quiet_desk, receive_bytes=2_048)
    slow.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    body, started = b"", time.monotonic()
    while chunk := slow.recv(512):
        body += chunk
        time.sleep(0.1)
    assert time.monotonic() - started > 3
    assert body.endswith(ask(quiet_desk, "/openapi.json")[2])


def test_one_address_holds_so_many_connections(
    stack: ExitStack, quiet_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_node.web.connection.FROM_ONE_ADDRESS", 4)
    held = [connect(stack, quiet_desk) for _ in range(6)]
    held[5].sendall(HEAD + b"\r\n")
    assert held[5].recv(12) == b"HTTP/1.1 200"
    monkeypatch.setattr("edge_node.web.connection.is_loopback", lambda _: False)
    assert is_ended(connect(stack, quiet_desk))
    for one in held[:3]:
        one.close()
    assert eventually(lambda: len(quiet_desk.server._server.server_state.connections) <= 3)
    client = connect(stack, quiet_desk)
    client.sendall(HEAD + b"\r\n")
    assert client.recv(12) == b"HTTP/1.1 200"


def test_many_silent_connections_leave_room_for_others(stack: ExitStack, quiet_desk: Desk) -> None:
    held = [connect(stack, quiet_desk) for _ in range(300)]
    assert ask(quiet_desk, "/api/system")[0] == 200
    assert len(held) == 300
