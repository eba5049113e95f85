"""The same news to every open page, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator

PAGES_AT_MOST = 64
WAITING_AT_MOST = 16
PAUSE_SECONDS = 15.0


class TooManyError(Exception):
    """As many pages are open as are served."""


class Broadcast:
    """Belongs to one event loop. A page that does not keep up loses the oldest news."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[bytes]] = set()
        self._is_over = False

    def __len__(self) -> int:
        return len(self._pages)

    def say(self, news: bytes) -> None:
        """news: one line."""
        for page in self._pages:
            if page.full():
                page.get_nowait()
            page.put_nowait(b"data: " + news + b"\n\n")

    def end(self) -> None:
        self._is_over = True
        for page in self._pages:
            if page.full():
                page.get_nowait()
            page.put_nowait(b"")

    def listen(self) -> AsyncIterator[bytes]:
        """Raises TooManyError at once. The place is taken when the first news are asked for: an answer that
        never begins takes none."""
        if self._is_full or self._is_over:
            raise TooManyError
        return self._news()

    @property
    def _is_full(self) -> bool:
        return len(self._pages) >= PAGES_AT_MOST

    async def _news(self) -> AsyncIterator[bytes]:
        if self._is_full:
            return
        page: asyncio.Queue[bytes] = asyncio.Queue(WAITING_AT_MOST)
        self._pages.add(page)
        try:
            yield b"retry: 2000\n\n"
            while not self._is_over:
                try:
                    yield await asyncio.wait_for(page.get(), PAUSE_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._pages.discard(page)
