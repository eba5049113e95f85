"""The page as a service: its connection to the broker, its threads, and the HTTP server."""

import asyncio
import logging
import os
import secrets
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette

from broker.session import Session
from broker.topics import Topics
from edge_node.feeds import Feeds
from edge_node.history.query import HistoryError
from edge_node.settings import NodeConfig
from edge_node.web.access import Access
from edge_node.web.album import Album
from edge_node.web.app import build_app
from edge_node.web.board import Board
from edge_node.web.broadcast import Broadcast
from edge_node.web.cameras import Cameras
from edge_node.web.connection import CONNECTIONS_AT_MOST, Connection
from edge_node.web.events import Events, News
from edge_node.web.gallery import GalleryDesk
from edge_node.web.history import Row
from edge_node.web.listener import listen
from edge_node.web.live import Live
from edge_node.web.log_history import LogHistory
from edge_node.web.system import SystemDesk

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
NEWS_ROWS = 20
START_SECONDS = 10.0
STOP_SECONDS = 5.0


class WebServer:
    """Raises ListenError, and OSError when it cannot write its cache."""

    def __init__(self, config: NodeConfig) -> None:
        self.stop = threading.Event()
        self.bug: Exception | None = None
        topics, cache = Topics(config.broker.prefix), _cache_folder(config)
        self._board = Board(topics)
        self._session = Session(
            config.broker,
            client_id=f"edge-web-{secrets.token_hex(4)}",  # of two pages none takes the other's place
            subscriptions=self._board.subscriptions(),
            on_bug=self._fail,
        )
        self._cameras = Cameras(self._session, topics, Feeds(config.feeds))
        self._history = LogHistory(config.log.file.absolute(), cache / "events.index")
        self._broadcast = Broadcast()
        system = SystemDesk(
            self._board, self._session, topics, place=config.broker.place, log=config.log.file.absolute()
        )
        gallery = GalleryDesk(Album(config.gallery, cache), self._board.gallery, system.reload)
        events, live = Events(self._history, self._broadcast), Live(self._cameras)
        endpoints = [one for part in (events, live, gallery, system) for one in part.endpoints()]
        app = build_app(endpoints, Access(config.web.token()), config.web.names, self._lifespan)
        self._ticks = self._ticks_seen = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket = listen(config.web)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                limit_concurrency=CONNECTIONS_AT_MOST,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    @property
    def watched(self) -> list[str]:
        """Cameras whose frames come here now."""
        return self._cameras.watched

    def start(self) -> None:
        """Returns when pages are answered."""
        self._session.start()
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        log.info("look at %s", self.url)

    def check(self) -> bool:
        """Whether the event loop has turned since the last time."""
        ticks, self._ticks_seen = self._ticks_seen, self._ticks
        return self._session.is_alive and self._thread.is_alive() and self._ticks != ticks

    def shut_down(self) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave)
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self._session.stop()
        self._history.close()
        self._socket.close()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        except Exception as error:  # noqa: BLE001  a server that ends unseen would leave a page that never loads
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        log.critical("a bug; the process ends and is to be started again", exc_info=error)
        self.bug = error
        self.stop.set()

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        beside = [asyncio.create_task(work()) for work in (self._follow, self._tick)]
        yield
        for task in beside:
            task.cancel()
        for task in beside:
            with suppress(asyncio.CancelledError):
                await task

    def _leave(self) -> None:
        """Ends the answers that would go on for long."""
        self._broadcast.end()
        self._cameras.end()

    async def _tick(self) -> None:
        while True:
            self._ticks += 1
            self._cameras.sweep()
            await asyncio.sleep(TICK_SECONDS)

    async def _follow(self) -> None:
        """Takes in what is logged, and tells the open pages."""
        said = ""
        while True:
            rows: list[Row] = []
            try:
                rows, fault = await asyncio.to_thread(self._history.update), ""
            except HistoryError as error:
                fault = str(error)
            except Exception as error:  # noqa: BLE001  without this the page would stand still unseen
                self._fail(error)
                return
            if rows:
                self._broadcast.say(msgspec.json.encode(News(rows=rows[-NEWS_ROWS:])))
            if fault not in ("", said):
                log.warning("no events to show: %s", fault)
            said = fault
            await asyncio.sleep(TICK_SECONDS)


def _cache_folder(config: NodeConfig) -> Path:
    """systemd's, else a folder among the node's; what is in it can be deleted at any time."""
    systemd = os.environ.get("CACHE_DIRECTORY", "").split(":")[0]
    return Path(systemd) if systemd else config.node.state_folder() / "web"
