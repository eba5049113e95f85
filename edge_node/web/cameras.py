"""The newest picture of each camera that somebody looks at, and what was seen on it.

However slow a browser is, there is one frame of a camera here, and frames are subscribed to only while
somebody asks.
"""

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from broker.errors import MessageError
from broker.messages import Frame, Observation
from broker.publication import Publication
from broker.session import Session
from broker.subscription import Subscription
from broker.topics import Topics

AT_ONCE_MAX = 64
LEASE_SECONDS = 5.0
WAIT_SECONDS = 5.0
GRACE_SECONDS = 0.2
"""How long a picture waits for what was seen on it: a node takes about a tenth of a second."""
FRESH_SECONDS = 2.0
"""What was seen longer ago is drawn on no picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """number: counts the frames that came since somebody looks. observation: of this frame if `matched`, else
    the latest."""

    device: str
    number: int
    frame: Frame
    observation: Observation | None
    matched: bool


@dataclass(slots=True)
class _Camera:
    subscriptions: tuple[Subscription, ...] = ()
    leased: float = 0.0
    number: int = 0
    frame: Frame | None = None
    observation: Observation | None = None
    observed: float = 0.0
    waiting: int = 0


class Cameras:
    """`next` and `sweep` belong to one event loop; frames come on the network thread."""

    def __init__(self, session: Session, topics: Topics) -> None:
        self._session = session
        self._topics = topics
        self._lock = threading.Lock()
        self._cameras: dict[str, _Camera] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._is_told = False
        self._is_over = False

    @property
    def watched(self) -> list[str]:
        """Cameras whose frames come here now."""
        with self._lock:
            return sorted(self._cameras)

    async def next(self, after: Mapping[str, int]) -> list[Picture]:
        """Pictures newer than those numbers, one a camera at most; none if none comes for a while."""
        self._loop = asyncio.get_running_loop()
        cameras = {device: self._looked_at(device) for device in [*after][:AT_ONCE_MAX]}
        deadline = time.monotonic() + WAIT_SECONDS
        noticed: dict[str, float] = {}
        for camera in cameras.values():
            camera.waiting += 1
        try:
            while True:
                self._news.clear()
                pictures, due = self._ready(cameras, after, noticed)
                left = deadline - time.monotonic()
                if pictures or left <= 0 or self._is_over:
                    return pictures
                try:
                    await asyncio.wait_for(self._news.wait(), min(left, due))
                except TimeoutError:
                    continue
        finally:
            for camera in cameras.values():
                camera.waiting -= 1
                camera.leased = time.monotonic()

    def sweep(self) -> None:
        """Gives back the frames of cameras that nobody has looked at for a while."""
        before = time.monotonic() - LEASE_SECONDS
        with self._lock:
            left = {
                name: one for name, one in self._cameras.items() if not one.waiting and one.leased < before
            }
            for name in left:
                del self._cameras[name]
        for camera in left.values():
            for subscription in camera.subscriptions:
                self._session.unsubscribe(subscription)

    def end(self) -> None:
        """Lets go of who waits."""
        self._is_over = True
        self._news.set()

    def _looked_at(self, device: str) -> _Camera:
        with self._lock:
            camera = self._cameras.get(device)
            if camera is not None:
                return camera
            camera = self._cameras[device] = _Camera(leased=time.monotonic())
        camera.subscriptions = (
            Subscription(self._topics.frames(device), self._on_frame),
            Subscription(self._topics.observations(device), self._on_observation),
        )
        for subscription in camera.subscriptions:
            self._session.subscribe(subscription)
        return camera

    def _ready(
        self, cameras: Mapping[str, _Camera], after: Mapping[str, int], noticed: dict[str, float]
    ) -> tuple[list[Picture], float]:
        """What can be shown, and how long until a picture has waited enough."""
        now, due, pictures = time.monotonic(), WAIT_SECONDS, []
        with self._lock:
            for device, camera in cameras.items():
                if camera.frame is None or camera.number == after[device]:
                    continue
                seen = camera.observation if now - camera.observed < FRESH_SECONDS else None
                matched = seen is not None and _belongs(seen, camera.frame)
                # From the first frame on: frames may come faster than what is seen on them.
                patience = noticed.setdefault(device, now) + GRACE_SECONDS - now
                if matched or patience <= 0:
                    pictures.append(Picture(device, camera.number, camera.frame, seen, matched))
                else:
                    due = min(due, patience)
        return pictures, due

    def _on_frame(self, publication: Publication) -> None:
        try:
            frame = Frame.from_publication(publication, self._topics)
        except MessageError:
            return
        with self._lock:
            camera = self._cameras.get(frame.device)
            if camera is None or not frame.jpeg.startswith(b"\xff\xd8\xff"):
                return
            camera.frame = frame
            camera.number += 1
        self._tell()

    def _on_observation(self, publication: Publication) -> None:
        try:
            observation = Observation.from_json(publication.payload)
        except MessageError:
            return
        with self._lock:
            camera = self._cameras.get(observation.device)
            if camera is None or observation.rejected is not None:
                return
            camera.observation, camera.observed = observation, time.monotonic()
        self._tell()

    def _tell(self) -> None:
        """At most one call waits in the loop, and it holds no picture."""
        if self._loop is not None and not self._is_told:
            self._is_told = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._is_told = False
        self._news.set()


def _belongs(observation: Observation, frame: Frame) -> bool:
    return frame.seq is not None and (observation.seq, observation.boot_id) == (frame.seq, frame.boot_id)
