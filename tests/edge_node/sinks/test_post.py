"""One POST to servers that are slow, wrong or secret."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from edge_node.sinks.post import post
from edge_node.sinks.sink import SinkError

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"a" * 2_000
BUSY = ANSWER.replace(b"200 OK", b"400 Bad")


@contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on which each connection is talked to, until one side has enough."""

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connections.append(connection)
            threads.append(threading.Thread(target=one, args=(connection,)))
            threads[-1].start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            talk(connection)

    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        accepting.join()
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
    for thread in threads:
        thread.join()


def drip_from(start: int, answer: bytes = ANSWER) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer[:start])
        for byte in answer[start:]:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    return drip


def all_of(connection: socket.socket, body_bytes: int) -> bytes:
    """A request with a body of this size."""
    got = b""
    while b"\r\n\r\n" not in got or len(got.partition(b"\r\n\r\n")[2]) < body_bytes:
        some = connection.recv(65_536)
        if not some:
            break
        got += some
    return got


def sip(connection: socket.socket) -> None:
    while connection.recv(1_000):
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("talk", "size"), [(drip_from(0), 2), (drip_from(len(BUSY) - 1_000, BUSY), 2), (sip, 20_000_000)]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_takes_its_time_gets_no_more_than_is_allowed(
    talk: Callable[[socket.socket], None], size: int, scheme: str
) -> None:
    with serving(talk) as port:
        begun = time.monotonic()
        with pytest.raises(SinkError) as raised:
            post(f"{scheme}://127.0.0.1:{port}/", bytes(size), {}, timeout_seconds=0.5)
        assert time.monotonic() - begun < 15
    assert not raised.value.is_final


def test_what_a_server_says_after_it_has_taken_an_event_is_not_waited_for() -> None:
    with serving(drip_from(len(ANSWER) - 1_000)) as port:
        begun = time.monotonic()
        post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_seconds=30)
        assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0 \x1b[31m2026-11-20 12:00:00 ERROR forged line\x1b[0m",
        b"HTTP/1.1 \x1b[31m \x85 \x9b ERROR forged",
        b"\xff\x00\x1b" * 3_400,
        b"HTTP/1.1 400 \x1b[31m\r\n\r\n\x1b[31m" + "\u202e\u2028".encode() * 500,
    ],
)
def test_what_a_server_says_is_no_line_of_the_log_of_its_own(said: bytes) -> None:
    def answer(connection: socket.socket) -> None:
        all_of(connection, 2)
        connection.sendall(said + b"\r\n")

    with serving(answer) as port, pytest.raises(SinkError) as raised:
        post(f"http://127.0.0.1:{port}", b"{}", {}, timeout_seconds=5)
    text = str(raised.value)
    assert text.isprintable()
    assert "127.0.0.1" in text
    assert len(text) < 1_500


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://influx..local:8086", {}),
        (f"http://{'a' * 64}.local", {}),
        ("http://127.0.0.1:9", {"Authorization": "Token tökenЖ"}),
        ("http://127.0.0.1:9", {"Authorization": "Token a\nb"}),
    ],
)
def test_an_address_or_header_that_cannot_be_is_no_refusal(url: str, headers: dict[str, str]) -> None:
    with serving(lambda connection: connection.sendall(ANSWER)) as port, pytest.raises(SinkError) as raised:
        post(url.replace(":9", f":{port}"), b"", headers, timeout_seconds=1)
    assert not raised.value.is_final


def test_a_name_with_several_addresses_is_reached_by_the_one_that_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(connection: socket.socket) -> None:
        all_of(connection, 2)
        connection.sendall(ANSWER)

    with serving(answer) as port, socket.create_server(("127.0.0.2", 0), backlog=0) as deaf:
        number = deaf.getsockname()[1]
        filling = [socket.socket() for _ in range(3)]
        for one in filling:
            one.setblocking(False)
            one.connect_ex(("127.0.0.2", number))
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", number)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        begun = time.monotonic()
        post("http://two.example", b"{}", {}, timeout_seconds=6)
        assert 2.9 < time.monotonic() - begun < 6
        for one in filling:
            one.close()


def test_tls_is_checked_against_the_names_and_authorities_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    made = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made += ["-keyout", "key", "-out", "cert", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    asked: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            asked.append(all_of(secure, 2))
            secure.sendall(ANSWER)

    with serving(answer) as port:
        with pytest.raises(SinkError, match="certificate verify failed"):
            post(f"https://localhost:{port}/", b"{}", {}, timeout_seconds=20)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert"))
        post(f"https://localhost:{port}/hook", b"{}", {}, timeout_seconds=20)
        with pytest.raises(SinkError, match="certificate verify failed"):
            post(f"https://127.0.0.1:{port}/", b"{}", {}, timeout_seconds=20)
    (one,) = asked
    assert one.startswith(b"POST /hook HTTP/1.1\r\nHost: localhost:")
