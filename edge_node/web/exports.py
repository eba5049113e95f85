"""Files of many events: a few at a time, made as they are sent, on threads of their own."""

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import Future, ThreadPoolExecutor

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from edge_node.web.endpoint import RefusedError

AT_ONCE = 3
"""Each holds where its events stand, 24 bytes of each."""
PLACE_SECONDS = 5.0

Chunks = Generator[bytes, None, None]


class Exports:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._threads = ThreadPoolExecutor(AT_ONCE, "exports")

    async def begin(self, request: Request, chunks: Chunks, *, name: str, media: str) -> Response:
        """The first chunk is made before the answer begins: from then on it can no longer be refused.

        Raises RefusedError when no place gets free soon, and what making the chunk raises.
        """
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise RefusedError(503, "busy", "others are downloading events; try again") from error
        export = _Export(request, chunks, self._threads, self._places, name=name, media=media)
        try:
            await export.begin()
        except BaseException:
            export.end()
            raise
        return export


class _Export(StreamingResponse):
    """Holds its place until it is sent, or nobody is there to take it."""

    def __init__(
        self,
        request: Request,
        chunks: Chunks,
        threads: ThreadPoolExecutor,
        places: asyncio.Semaphore,
        *,
        name: str,
        media: str,
    ) -> None:
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        super().__init__(self._sent(), media_type=media, headers=headers)
        self._request = request
        self._chunks = chunks
        self._threads = threads
        self._places = places
        self._chunk = b""
        self._step: Future[bytes] | None = None

    async def begin(self) -> None:
        if not await self._request.is_disconnected():
            await self._make()

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            await self.stream_response(send)
        finally:
            self.end()

    def end(self) -> None:
        if self._step is not None:
            # The server may stop while a chunk is being made, and no generator is closed while it runs.
            self._step.add_done_callback(lambda _step: self._chunks.close())
        self._places.release()

    async def _sent(self) -> AsyncIterator[bytes]:
        while self._chunk and not await self._request.is_disconnected():
            yield self._chunk
            await self._make()

    async def _make(self) -> None:
        self._step = self._threads.submit(next, self._chunks, b"")
        self._chunk = await asyncio.wrap_future(self._step)
