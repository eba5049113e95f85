"""A page at work for one test: its server, its log, its gallery, its broker."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from broker import timestamps
from broker.messages import Event, EventType, Frame, Observation, ObservedFace
from broker.settings import BrokerSettings
from edge_node.identifiers import uuid7
from edge_node.log_settings import LogSettings
from edge_node.settings import FeedSettings, FolderSource, GallerySettings, NodeConfig, NodeSettings, S3Source
from edge_node.web.log_history import NEWS_AT_MOST
from edge_node.web.server import WebServer
from edge_node.web.settings import WebSettings
from tests.private_broker import eventually
from tests.watcher import Watcher

GREY = 90
SIZE = 640, 360


@dataclass(frozen=True)
class Desk:
    server: WebServer
    log: Path
    gallery: Path

    @property
    def url(self) -> str:
        return self.server.url.rstrip("/")

    def write(self, *events: Event) -> None:
        """Logs events, and waits until the page has told of them."""
        with self.log.open("ab") as file:
            file.writelines(event.to_json() + b"\n" for event in events)
        logged = {event.event_id for event in events[-NEWS_AT_MOST:]}
        assert eventually(lambda: logged <= self.server._history._latest)

    def newest(self, device: str) -> int | None:
        """The number of the newest frame that the page has of a camera."""
        looked = self.server._cameras._cameras.get(device)
        frame = looked.newest._frame if looked else None
        return frame.seq if frame else None

    def show(self, watcher: Watcher, sent: Frame) -> None:
        """Publishes a frame until the page has it, whose subscription may still be under way."""
        for _ in range(30):
            watcher.session.publish(sent.to_publication(watcher.topics))
            if eventually(lambda: self.newest(sent.device) == sent.seq, 0.5):
                return
        raise AssertionError(f"the page does not take frames of {sent.device}")


@contextmanager
def at_work(
    broker: BrokerSettings,
    folder: Path,
    *,
    feeds: Sequence[FeedSettings] = (),
    source: S3Source | None = None,
    **web: Any,
) -> Iterator[Desk]:
    gallery = folder / "gallery"
    for group in ("Authorised", "Restricted"):
        (gallery / group).mkdir(parents=True, exist_ok=True)
    config = NodeConfig(
        broker=broker,
        node=NodeSettings(state_dir=folder / "state"),
        gallery=GallerySettings(source=source or FolderSource(path=gallery)),
        log=LogSettings(file=folder / "events.jsonl"),
        web=WebSettings(port=0, **web),
        feeds=tuple(feeds),
    )
    server = WebServer(config)
    server.start()
    try:
        yield Desk(server, folder / "events.jsonl", gallery)
        assert server.bug is None
    finally:
        server.shut_down()


def event(
    person: str | None = None,
    kind: str | None = None,
    *,
    device: str = "front-door",
    at: datetime | None = None,
    similarity: float = 0.8,
    **changed: Any,
) -> Event:
    time = at or timestamps.now() - timedelta(seconds=5)
    fields: dict[str, Any] = {
        "event_id": str(uuid7()),
        "sighting_id": str(uuid7()),
        "event_type": EventType(kind or ("authorised" if person else "unknown")),
        "device": device,
        "node": "node-1",
        "person": person,
        "person_id": person and "".join(c if c.isascii() and c.isalnum() else "-" for c in person.lower()),
        "similarity": similarity,
        "threshold": 0.5,
        "margin": 0.2,
        "reason": "recognised" if person else "below_threshold",
        "frames": 2,
        "box": (10, 10, 50, 50),
        "frame_size": SIZE,
        "captured_at": time,
        "received_at": time,
        "decided_at": time,
        "latency_ms": 40,
        "model": "yunet+mobilefacenet",
        "gallery": "g1",
    }
    return Event(**{**fields, **changed})


def picture(grey: int = GREY) -> bytes:
    """A plain picture, so that every other colour on the canvas was drawn by the page."""
    encoded, data = cv2.imencode(".jpg", np.full((SIZE[1], SIZE[0], 3), grey, np.uint8))
    assert encoded
    return data.tobytes()


def frame(device: str, seq: int) -> Frame:
    return Frame(device=device, jpeg=picture(), captured_at=timestamps.now(), seq=seq, boot_id="boot")


def observation(
    device: str, seq: int, *faces: ObservedFace, frame_size: tuple[int, int] = SIZE
) -> Observation:
    return Observation(
        device=device,
        node="node-1",
        seq=seq,
        boot_id="boot",
        captured_at=timestamps.now(),
        received_at=timestamps.now(),
        frame_size=frame_size,
        faces=list(faces),
        rejected=None,
        model="yunet+mobilefacenet",
        gallery="g1",
    )


def face(kind: str, person: str | None, box: tuple[int, int, int, int]) -> ObservedFace:
    return ObservedFace(
        box=box,
        score=0.9,
        event_type=EventType(kind),
        person=person,
        person_id=None,
        similarity=0.8,
        margin=0.3,
        reason="recognised" if person else "below_threshold",
    )
