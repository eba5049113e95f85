"""The bodies of requests: each within its size and its time, all of them within their room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from edge_node.web.endpoint import RefusedError

BODY_SECONDS = 60.0


class Room:
    """How many bytes of bodies are in memory at once; belongs to one event loop."""

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes

    @asynccontextmanager
    async def body(self, request: Request, max_bytes: int) -> AsyncIterator[bytes]:
        """Takes its room until the end of the block. Raises RefusedError, without having read it all."""
        chunks: list[bytes] = []
        size = 0
        try:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    async for chunk in request.stream():
                        size += len(chunk)
                        self._free -= len(chunk)
                        if size > max_bytes:
                            raise RefusedError(413, "too_large", f"{max_bytes} bytes at most")
                        if self._free < 0:
                            raise RefusedError(503, "busy", "others are sending photos; try again")
                        chunks.append(chunk)
            except TimeoutError as error:
                raise RefusedError(408, "too_slow", f"not all sent within {BODY_SECONDS:.0f} s") from error
            except ClientDisconnect as error:
                raise RefusedError(400, "broken_off", "the connection ended before the body did") from error
            yield b"".join(chunks)
        finally:
            self._free += size
