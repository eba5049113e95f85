"""A connection with one bound for its whole life, however slowly the other side goes on."""

import io
import socket
import ssl
import time
from types import TracebackType
from typing import Any


class Link(io.RawIOBase):
    """What http.client wants of a connected socket. A context; each step gets the time that is left.

    context: for TLS, None without it.
    Raises OSError when it cannot connect, TimeoutError when the time is over.
    """

    def __init__(self, host: str, port: int, seconds: float, context: ssl.SSLContext | None) -> None:
        self._end = time.monotonic() + seconds
        self._socket = self._connected(host, port)
        if context is not None:
            try:
                self._socket.settimeout(self._left())
                self._socket = context.wrap_socket(self._socket, server_hostname=host)
            except BaseException:
                self._socket.close()
                raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(self._left())
            rest = rest[self._socket.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._left())
        return self._socket.recv_into(buffer)

    def close(self) -> None:
        """http.client closes what it still reads from; the context ends it."""

    def _connected(self, host: str, port: int) -> socket.socket:
        """By the first address that answers; each gets its share of the time."""
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        failure: OSError | None = None
        for number, (family, kind, protocol, _, address) in enumerate(addresses):
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(self._left() / (len(addresses) - number))
                made.connect(address)
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                made.close()
                failure = error
            else:
                return made
        raise failure or OSError(f"no address of {host}")

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left
