"""Endpoints about nodes and cameras: what they say of themselves, and the switches of recognition."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from msgspec import Struct
from starlette.requests import Request

from broker.messages import Id
from broker.publication import Publication
from broker.session import Session
from broker.states import GalleryState
from broker.topics import Topics
from edge_node.web.board import Board, CameraState, NodeState
from edge_node.web.endpoint import Endpoint, RefusedError


class BrokerState(Struct, frozen=True, kw_only=True):
    """failure: why there is no connection."""

    place: str
    connected: bool
    failure: str | None


class System(Struct, frozen=True, kw_only=True):
    broker: BrokerState
    nodes: list[NodeState]
    cameras: list[CameraState]
    gallery: GalleryState | None
    log_bytes: int | None


class SwitchQuery(Struct, frozen=True, kw_only=True):
    """What is switched, and how."""

    kind: Literal["devices", "nodes"]
    id: Id
    to: Literal["ON", "OFF"]


class Switched(Struct, frozen=True, kw_only=True):
    """What was asked for; the state follows when the node has done it."""

    asked: Literal["ON", "OFF"]


class SystemDesk:
    """place: the broker in words; log: the file of the event log."""

    def __init__(self, board: Board, session: Session, topics: Topics, *, place: str, log: Path) -> None:
        self._board = board
        self._session = session
        self._topics = topics
        self._place = place
        self._log = log

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                path="/api/system", says="Nodes, cameras and the gallery", handle=self._system, answer=System
            ),
            Endpoint(
                method="POST",
                path="/api/switches/{kind}/{id}",
                says="Turns recognition on or off, for a camera or a node",
                handle=self._switch,
                query=SwitchQuery,
                answer=Switched,
            ),
        ]

    def reload(self) -> None:
        """Asks the nodes to read the gallery now."""
        self._session.publish(Publication(topic=self._topics.requests("reload"), payload=b"", qos=1))

    async def _system(self, _request: Request, _query: Struct) -> System:
        connected = self._session.is_connected
        return System(
            broker=BrokerState(place=self._place, connected=connected, failure=self._session.failure),
            nodes=self._board.nodes(),
            cameras=self._board.cameras(),
            gallery=self._board.gallery(),
            log_bytes=_size(self._log),
        )

    async def _switch(self, _request: Request, query: SwitchQuery) -> Switched:
        if not self._session.is_connected:
            raise RefusedError(503, "no_broker", self._session.failure or "not connected to the broker")
        topic: Callable[[str], str] = (
            self._topics.device_enabled_set if query.kind == "devices" else self._topics.node_enabled_set
        )
        self._session.publish(Publication(topic=topic(query.id), payload=query.to.encode(), qos=1))
        return Switched(asked=query.to)


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None
