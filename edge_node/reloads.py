"""Requests to read the gallery's source now and not at the next poll."""

import logging
import threading
from collections.abc import Callable

from broker.errors import MessageError
from broker.publication import Publication
from broker.question import address
from broker.replies import Refusal, Reloaded
from broker.states import GalleryState
from broker.topics import Topics

log = logging.getLogger(__name__)

ASKERS_AT_MOST = 32
SECONDS_BETWEEN = 1.0
"""Whatever comes in that time is answered by one reading of the source."""

Address = tuple[str, bytes | None]


class Reloads:
    """Between the network thread, which asks, and the gallery's, which reads."""

    def __init__(self, node: str, topics: Topics, publish: Callable[[Publication], object]) -> None:
        self._node = node
        self._topics = topics
        self._publish = publish
        self._lock = threading.Lock()
        self._askers: list[Address] = []
        self._asked = threading.Event()

    def receive(self, publication: Publication) -> None:
        """For the network thread. Without a response topic the source is read and nothing is said."""
        if publication.retain:
            return
        if publication.response_topic:
            try:
                self._add(address(publication, self._topics))
            except MessageError as error:
                log.warning("reload refused: %s (%.200s)", error.reason, error)
                return
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Until somebody asks, or until then."""
        self._asked.wait(seconds)

    def end(self) -> None:
        """Lets go of who waits."""
        self._asked.set()

    def take(self) -> list[Address]:
        """Those whom the reading that begins now will answer."""
        with self._lock:
            self._asked.clear()
            askers, self._askers = self._askers, []
            return askers

    def answer(self, askers: list[Address], state: GalleryState) -> None:
        reloaded = Reloaded(
            node=self._node,
            ok=not state.stale,
            version=state.version,
            people=state.people,
            templates=state.templates,
            detail=state.stale_reason,
        )
        for reply_to, correlation in askers:
            self._publish(reloaded.to_publication(reply_to, correlation))

    def _add(self, asker: Address) -> None:
        with self._lock:
            is_room = len(self._askers) < ASKERS_AT_MOST
            if is_room:
                self._askers.append(asker)
        if not is_room:
            refusal = Refusal(
                node=self._node, error="busy", detail=f"{ASKERS_AT_MOST} wait already; ask again"
            )
            self._publish(refusal.to_publication(*asker))
