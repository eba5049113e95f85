"""One browser's connection, which ends when nothing moves on it: uvicorn has no such limits of its own."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

from broker.loopback import is_loopback

PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 3.0
CONNECTIONS_AT_MOST = 512
FROM_ONE_ADDRESS = 64
"""Addresses of this machine have no such limit: all browsers behind a proxy come from one of them."""


class Connection(H11Protocol):
    """Cut off when no whole request head has come for a while, or nothing was taken of what waits to be sent.

    The body of a request has a limit of its own, see `body`.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._buffered = 0
        self._asked = self._taken = self.loop.time()
        self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)
        self.address = self.client[0] if self.client else ""
        peers = [one for one in self.connections if isinstance(one, Connection)]
        theirs = sum(one.address == self.address for one in peers)
        if theirs > FROM_ONE_ADDRESS and not is_loopback(self.address.removeprefix("::ffff:")):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._next_look.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._asked = self.loop.time()
        super().on_response_complete()

    def resume_writing(self) -> None:
        self._taken = self.loop.time()
        super().resume_writing()

    def _look(self) -> None:
        now, buffered = self.loop.time(), self.transport.get_write_buffer_size()
        if buffered < self._buffered or not buffered:
            self._taken = now
        self._buffered = buffered
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or buffered:
            self._asked = now
        if now - min(self._asked, self._taken) >= PATIENCE_SECONDS:
            self.transport.abort()
        else:
            self._next_look = self.loop.call_later(LOOK_SECONDS, self._look)
