"""The cameras that somebody looks at, and the newest picture of each.

However slow a browser is, there is one frame of a camera here, and frames are subscribed to only while
somebody asks.
"""

import asyncio
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from broker.messages import Frame, Observation
from broker.session import Session
from broker.topics import Topics
from edge_node.feeds import Feeds
from edge_node.web.listening import Listening
from edge_node.web.newest import GRACE_SECONDS, Newest, Picture

AT_ONCE_MAX = 64
LEASE_SECONDS = 5.0
WAIT_SECONDS = 5.0


@dataclass(slots=True)
class _Looked:
    """waiting: how many wait for a picture now; leased: when the last of them was answered."""

    newest: Newest
    waiting: int = 0
    leased: float = 0.0


class Cameras:
    """`next` and `sweep` belong to one event loop; frames come on the network thread."""

    def __init__(self, session: Session, topics: Topics, feeds: Feeds) -> None:
        self._listening = Listening(
            session, topics, feeds, on_frame=self._on_frame, on_observation=self._on_observation
        )
        self._lock = threading.Lock()
        self._cameras: dict[str, _Looked] = {}
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
            left = [name for name, one in self._cameras.items() if not one.waiting and one.leased < before]
            for name in left:
                del self._cameras[name]
        for name in left:
            self._listening.end(name)

    def end(self) -> None:
        """Lets go of who waits."""
        self._is_over = True
        self._news.set()

    def _looked_at(self, device: str) -> _Looked:
        with self._lock:
            camera = self._cameras.get(device)
            if camera is not None:
                return camera
            camera = self._cameras[device] = _Looked(Newest(device), leased=time.monotonic())
        self._listening.begin(device)
        return camera

    def _ready(
        self, cameras: Mapping[str, _Looked], after: Mapping[str, int], noticed: dict[str, float]
    ) -> tuple[list[Picture], float]:
        """What can be shown, and how long until a picture has waited enough."""
        now, due, pictures = time.monotonic(), WAIT_SECONDS, []
        with self._lock:
            for device, camera in cameras.items():
                if not camera.newest.is_newer(after[device]):
                    continue
                # From the first frame on: frames may come faster than what is seen on them.
                patience = noticed.setdefault(device, now) + GRACE_SECONDS - now
                picture = camera.newest.picture(now, waits=patience > 0)
                if picture is not None:
                    pictures.append(picture)
                else:
                    due = min(due, patience)
        return pictures, due

    def _on_frame(self, frame: Frame) -> None:
        with self._lock:
            camera = self._cameras.get(frame.device)
            if camera is None:
                return
            camera.newest.take(frame)
        self._tell()

    def _on_observation(self, observation: Observation) -> None:
        with self._lock:
            camera = self._cameras.get(observation.device)
            if camera is None:
                return
            camera.newest.see(observation, time.monotonic())
        self._tell()

    def _tell(self) -> None:
        """At most one call waits in the loop, and it holds no picture."""
        if self._loop is not None and not self._is_told:
            self._is_told = True
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        self._is_told = False
        self._news.set()
