"""A client that remembers what it hears, as `mosquitto_sub` in the hands of a test."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from broker.messages import Event, Observation
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from broker.topics import Topics

TIMEOUT_SECONDS = 30.0

Found = TypeVar("Found")


class Watcher:
    """Connected and subscribed when entered. May publish too."""

    def __init__(self, settings: BrokerSettings, *filters: str, client_id: str = "watcher") -> None:
        self.topics = Topics(settings.prefix)
        self.heard: list[Publication] = []
        self._changed = threading.Condition()
        subscriptions = [Subscription(one, self._hear, qos=1) for one in filters or ("edge/#",)]
        self.session = Session(settings, client_id=client_id, subscriptions=subscriptions)

    def __enter__(self) -> Self:
        self.session.start()
        assert self.session.wait_connected(TIMEOUT_SECONDS)
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.session.stop()

    def wait_for(
        self, wanted: Callable[[Publication], bool], *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> Publication:
        """The first publication, heard already or yet to come, that is wanted."""
        return self._wait(lambda: next((one for one in self.heard if wanted(one)), None), timeout_seconds)

    def wait_for_count(self, topic: str, count: int) -> list[Publication]:
        """All that was heard on the topic, as soon as it is so many."""
        return self._wait(lambda: heard if len(heard := self.on(topic)) >= count else None, TIMEOUT_SECONDS)

    def on(self, topic: str) -> list[Publication]:
        with self._changed:
            return [one for one in self.heard if one.topic == topic]

    def wait_for_event(self, event_type: str, **fields: object) -> Event:
        def wanted(publication: Publication) -> bool:
            if not publication.topic.startswith(f"{self.topics.prefix}/events/"):
                return False
            event = Event.from_json(publication.payload)
            return event.event_type == event_type and all(
                getattr(event, name) == value for name, value in fields.items()
            )

        return Event.from_json(self.wait_for(wanted).payload)

    def events(self) -> list[Event]:
        with self._changed:
            heard = [one for one in self.heard if one.topic.startswith(f"{self.topics.prefix}/events/")]
        return [Event.from_json(one.payload) for one in heard]

    def observations(self) -> list[Observation]:
        with self._changed:
            heard = [one for one in self.heard if one.topic.startswith(self.topics.observations(""))]
        return [Observation.from_json(one.payload) for one in heard]

    def _wait(self, find: Callable[[], Found | None], timeout_seconds: float) -> Found:
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            while (found := find()) is None:
                left = deadline - time.monotonic()
                topics = sorted({one.topic for one in self.heard})
                assert left > 0, f"not heard within {timeout_seconds} s; heard on {topics}"
                self._changed.wait(left)
            return found

    def _hear(self, publication: Publication) -> None:
        with self._changed:
            self.heard.append(publication)
            self._changed.notify_all()
