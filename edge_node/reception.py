"""Where frames come in: envelopes are read, and what will not be looked at is turned away."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from broker import timestamps
from broker.errors import MessageError
from broker.messages import Frame
from broker.publication import Publication
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.counters import Counters
from edge_node.feeds import Feeds
from edge_node.inbox import Inbox
from edge_node.rejections import Rejections
from edge_node.report import Arrival
from edge_node.settings import NodeSettings


@dataclass(slots=True)
class Reception:
    """For the network's thread. is_on: whether a camera is to be looked at. hear: is told of each frame."""

    settings: NodeSettings
    topics: Topics
    feeds: Feeds
    inbox: Inbox[Arrival]
    counters: Counters
    rejections: Rejections
    is_on: Callable[[str], bool]
    hear: Callable[[Frame], None]

    def subscriptions(self) -> Iterable[Subscription]:
        group = self.settings.shared_group
        yield Subscription(self.topics.frames_filter(group), self.receive)
        for foreign in self.feeds.filters(group):
            yield Subscription(foreign, self.receive_foreign)

    def receive(self, publication: Publication) -> None:
        device = self.topics.device_of(publication.topic)
        try:
            frame = Frame.from_publication(publication, self.topics)
        except MessageError as error:
            self.counters.receive(device)
            self.rejections.reject(device, error.reason, str(error))
            return
        self.feeds.note_own(frame.device)
        self._accept(frame)

    def receive_foreign(self, publication: Publication) -> None:
        try:
            frame, max_age_seconds = self.feeds.read(publication, time.monotonic())
        except MessageError as error:
            self.counters.receive(publication.topic)
            self.rejections.reject(publication.topic, error.reason, str(error))
            return
        self._accept(frame, max_age_seconds)

    def _accept(self, frame: Frame, max_age_seconds: float | None = None) -> None:
        device, size = frame.device, len(frame.jpeg)
        self.counters.receive(device)
        self.hear(frame)
        arrival = Arrival(frame, timestamps.now(), time.monotonic(), max_age_seconds=max_age_seconds)
        if not self.is_on(device):
            self.rejections.reject(device, "switched_off", "recognition is off for this camera")
        elif size > self.settings.max_frame_bytes:
            self.rejections.reject(device, "too_large", f"{size} bytes")
        elif not self.inbox.put(device, arrival):
            self.rejections.reject(device, "crowded", "too many cameras wait at once")
