"""The bodies of requests: each within its size and its time, all of them within their room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from edge_node.web.endpoint import RefusedError

PART_BYTES = 300_000
PART_SECONDS = 60.0
"""A photo may come over a slow line, at 5 kB/s, but not stand still."""


class Room:
    """How many bytes of bodies are in memory at once; belongs to one event loop."""

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes

    @asynccontextmanager
    async def body(self, request: Request, max_bytes: int) -> AsyncIterator[bytes]:
        """Takes its room until the end of the block. Raises RefusedError, without having read it all."""
        chunks: list[bytes] = []
        size = part = 0
        now = asyncio.get_running_loop().time
        try:
            try:
                async with asyncio.timeout(PART_SECONDS) as deadline:
                    async for chunk in request.stream():
                        size += len(chunk)
                        part += len(chunk)
                        self._free -= len(chunk)
                        if size > max_bytes:
                            raise RefusedError(413, "too_large", f"{max_bytes} bytes at most")
                        if self._free < 0:
                            raise RefusedError(503, "busy", "others are sending photos; try again")
                        chunks.append(chunk)
                        if part >= PART_BYTES:
                            part = 0
                            deadline.reschedule(now() + PART_SECONDS)
            except TimeoutError as error:
                slow = f"less than {PART_BYTES // 1000} kB were sent within {PART_SECONDS:.0f} s"
                raise RefusedError(408, "too_slow", slow) from error
            except ClientDisconnect as error:
                raise RefusedError(400, "broken_off", "the connection ended before the body did") from error
            yield b"".join(chunks)
        finally:
            self._free += size
