"""The topics by which pictures of cameras come, subscribed to while somebody looks."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from broker.errors import MessageError
from broker.messages import Frame, Observation
from broker.publication import Publication
from broker.session import Session
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.feeds import Feeds

JPEG_BEGINS = b"\xff\xd8\xff"


class Listening:
    """Handlers are called on the network thread. A feed may bring frames of several cameras: it is subscribed
    to once, while one of them is looked at."""

    def __init__(
        self,
        session: Session,
        topics: Topics,
        feeds: Feeds,
        *,
        on_frame: Callable[[Frame], None],
        on_observation: Callable[[Observation], None],
    ) -> None:
        self._session = session
        self._topics = topics
        self._feeds = feeds
        self._tell_frame = on_frame
        self._tell_observation = on_observation
        self._uses: Counter[Subscription] = Counter()
        self._lock = threading.Lock()

    def begin(self, device: str) -> None:
        with self._lock:
            for subscription in self._of(device):
                self._uses[subscription] += 1
                if self._uses[subscription] == 1:
                    self._session.subscribe(subscription)

    def end(self, device: str) -> None:
        with self._lock:
            for subscription in self._of(device):
                self._uses[subscription] -= 1
                if not self._uses[subscription]:
                    del self._uses[subscription]
                    self._session.unsubscribe(subscription)

    def _of(self, device: str) -> list[Subscription]:
        feeds = [Subscription(one, self._on_foreign) for one in self._feeds.filters_for(device)]
        own = Subscription(self._topics.frames(device), self._on_own)
        return [own, *feeds, Subscription(self._topics.observations(device), self._on_observation)]

    def _on_own(self, publication: Publication) -> None:
        try:
            frame = Frame.from_publication(publication, self._topics)
        except MessageError:
            return
        self._feeds.note_own(frame.device)
        self._take(frame)

    def _on_foreign(self, publication: Publication) -> None:
        try:
            frame, _ = self._feeds.read(publication, time.monotonic())
        except MessageError:
            return
        self._take(frame)

    def _take(self, frame: Frame) -> None:
        if frame.jpeg.startswith(JPEG_BEGINS):
            self._tell_frame(frame)

    def _on_observation(self, publication: Publication) -> None:
        try:
            observation = Observation.from_json(publication.payload)
        except MessageError:
            return
        if observation.rejected is None:
            self._tell_observation(observation)
