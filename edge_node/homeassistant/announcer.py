"""Keeps Home Assistant told: at each connect, when it comes up, and when something new is heard of."""

import importlib.metadata
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from broker import timestamps
from broker.publication import Publication
from broker.subscription import Subscription
from broker.topics import Topics, is_id
from edge_node.faces import Person
from edge_node.homeassistant import memory
from edge_node.homeassistant.discovery import removal
from edge_node.homeassistant.inventory import device_id, inventory
from edge_node.homeassistant.memory import Memory
from edge_node.homeassistant.transition import transition
from edge_node.settings import NodeConfig

log = logging.getLogger(__name__)

HEARD_AT_MOST = 64
"""Cameras and nodes beyond the settings', so that a stranger on the network cannot fill Home Assistant."""

PAUSE_SECONDS = 2.0
"""Between the steps of a change of form: Home Assistant needs a moment for each."""


class Announcer:
    """Methods may be called from any thread; none waits for the network.

    publish: hands a publication to the session. A camera is announced while a section of the settings names
    it, and when it has been heard of: then until a start at which that was more than `forget_days` ago, or
    until somebody clears its retained status.
    """

    def __init__(
        self,
        config: NodeConfig,
        publish: Callable[[Publication], object],
        now: Callable[[], datetime] = timestamps.now,
    ) -> None:
        self._config = config
        self._settings = config.homeassistant
        self._topics = Topics(config.broker.prefix)
        self._publish = publish
        self._now = now
        self._lock = threading.Lock()
        self._path = config.node.state_folder() / "homeassistant.json"
        loaded = memory.load(self._path)
        self._saved = loaded
        self._announced = self._after = loaded.announced
        # Only here: later the clock of a machine without a battery may jump, and cameras would come and go.
        self._heard = _since(loaded.heard, now().date() - timedelta(days=self._settings.forget_days))
        self._nodes = set(loaded.nodes)
        self._removed = set(loaded.removed)
        self._named = {*config.cameras, *config.devices}
        self._people: Sequence[Person] | None = None if self._settings.people else ()
        self._sent: dict[str, bytes] = {}
        self._later: deque[Sequence[Publication]] = deque()
        self._later_at = 0.0
        self._crowded = False

    def subscriptions(self) -> tuple[Subscription, ...]:
        if not self._settings.enabled:
            return ()
        return (
            Subscription(f"{self._settings.prefix}/status", self.greet),
            Subscription(self._topics.device_status("+"), self.note_camera),
            Subscription(self._topics.node_status("+"), self.note_node),
        )

    def births(self) -> Sequence[Publication]:
        """Everything, for a session that has just connected.

        What was removed since the last time is removed again: there may have been no connection.
        """
        with self._lock:
            self._sent.clear()
            again, self._removed = self._removed, set()
            told = self._changes()
            return [*told, *(removal(topic) for topic in sorted(again - self._sent.keys()))]

    def check(self) -> None:
        """To be called now and then: publishes the next step of a change that takes several."""
        with self._lock:
            if self._later and time.monotonic() >= self._later_at:
                for one in self._step():
                    self._publish(one)

    def greet(self, publication: Publication) -> None:
        """Home Assistant's own status. A retained one is old, and came with the connect."""
        if publication.payload == b"online" and not publication.retain:
            for one in self.births():
                self._publish(one)

    def note_camera(self, publication: Publication) -> None:
        """A camera's status; an empty one has been cleared by somebody who wants the camera gone."""
        device = self._topics.device_of(publication.topic)
        if publication.payload == b"online":
            self.hear(device)
        elif not publication.payload:
            with self._lock:
                if self._heard.pop(device, None) is not None:
                    self._tell()

    def note_node(self, publication: Publication) -> None:
        """Another node's status, or this one's."""
        node = self._topics.device_of(publication.topic)
        with self._lock:
            before = set(self._nodes)
            if not publication.payload:
                self._nodes.discard(node)
            elif is_id(node) and len(self._nodes) < HEARD_AT_MOST:
                self._nodes.add(node)
            if self._nodes != before:
                self._tell()

    def hear(self, device: str) -> None:
        """A camera has sent something."""
        today = self._now().date()
        if self._heard.get(device) == today or not self._settings.enabled or not is_id(device):
            return
        with self._lock:
            others = self._heard.keys() - self._named
            if device not in {*others, *self._named} and len(others) >= HEARD_AT_MOST:
                log.log(
                    logging.DEBUG if self._crowded else logging.WARNING,
                    "%s is not announced to Home Assistant: %d cameras are; name it in a section `devices`",
                    device,
                    HEARD_AT_MOST,
                )
                self._crowded = True
                return
            self._heard[device] = today
            self._tell()

    def meet(self, people: Sequence[Person]) -> None:
        """Who is in the gallery, once its source has been read: until then nobody is taken away."""
        with self._lock:
            if self._settings.enabled and self._settings.people and people != self._people:
                self._people = people
                self._tell()

    def _tell(self) -> None:
        for one in self._changes():
            self._publish(one)

    def _changes(self) -> list[Publication]:
        """What differs from what was sent since the connect."""
        settings, before = self._settings, self._announced
        waiting = self._waiting() if settings.enabled else []
        if waiting and (before.prefix, before.form) != (settings.prefix, settings.discovery):
            return []
        devices = inventory(self._config, cameras=self._heard, nodes=self._nodes, people=self._people or ())
        change = transition(
            before,
            devices if settings.enabled else [],
            prefix=settings.prefix,
            form=settings.discovery,
            version=_version(),
            kept=waiting,
        )
        self._later, self._after = deque(change.steps), change.after
        return self._step()

    def _waiting(self) -> list[str]:
        """People who were announced, while nobody knows yet who is in the gallery."""
        persons = device_id(self._topics, "person", "")
        return [name for name in self._announced.devices if self._people is None and name.startswith(persons)]

    def _step(self) -> list[Publication]:
        """What was told counts as told when the last step is out; until then all would begin again."""
        new = [one for one in self._later.popleft() if self._sent.get(one.topic) != one.payload]
        self._sent |= {one.topic: one.payload for one in new}
        self._removed -= {one.topic for one in new}
        self._removed |= {one.topic for one in new if not one.payload}
        self._later_at = time.monotonic() + PAUSE_SECONDS
        if not self._later:
            self._announced = self._after
        self._remember()
        return new

    def _remember(self) -> None:
        now = Memory(
            announced=self._announced,
            removed=tuple(sorted(self._removed)),
            heard=dict(self._heard),
            nodes=tuple(sorted(self._nodes)),
        )
        if now != self._saved:
            memory.save(self._path, now)
            self._saved = now


def _since(heard: Mapping[str, date], first: date) -> dict[str, date]:
    return {device: day for device, day in heard.items() if day >= first}


def _version() -> str:
    try:
        return importlib.metadata.version("mqtt-edge-node")
    except importlib.metadata.PackageNotFoundError:
        return ""
