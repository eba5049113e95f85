"""Long answers on their way to slow browsers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from edge_node.web.endpoint import refusal

PIECE_BYTES = 65_536
PLACE_SECONDS = 5.0


class Sending(Response):
    """Parts sent piece by piece, as the browser takes them, once there is a place.

    fresh: makes the parts anew when a place had to be waited for: nothing is held meanwhile.
    """

    def __init__(
        self,
        parts: Sequence[bytes],
        fresh: Callable[[], Awaitable[Sequence[bytes]]],
        places: asyncio.Semaphore,
        *,
        media: str,
    ) -> None:
        super().__init__(media_type=media)
        self._parts = parts
        self._fresh = fresh
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        parts, self._parts = self._parts, ()
        waits = self._places.locked()
        if waits:
            parts = ()
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            await refusal(503, "busy", "too many browsers take pictures slowly; try again")(
                scope, receive, send
            )
            return
        try:
            await self._send(await self._fresh() if waits else parts, send)
        finally:
            self._places.release()

    async def _send(self, parts: Sequence[bytes], send: Send) -> None:
        self.headers["content-length"] = str(sum(len(part) for part in parts))
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for part in parts:
            for start in range(0, len(part), PIECE_BYTES):
                piece = part[start : start + PIECE_BYTES]
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
