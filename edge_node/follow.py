"""The thread that follows the gallery's source: polls it, and tells everybody what it holds."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from broker.publication import Publication
from broker.topics import Topics
from edge_node.homeassistant.announcer import Announcer
from edge_node.pipeline import Pipeline
from edge_node.refresh import Refresher
from edge_node.reloads import SECONDS_BETWEEN, Reloads

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Follower:
    """polled: set once the source was asked, or could not be."""

    refresher: Refresher
    pipeline: Pipeline
    reloads: Reloads
    announcer: Announcer
    topics: Topics
    poll_seconds: float
    publish: Callable[[Publication], object]
    stop: threading.Event
    polled: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        while not self.stop.is_set():
            self._poll()
            pause = min(SECONDS_BETWEEN, self.poll_seconds)
            if not self.stop.wait(pause):
                self.reloads.wait(self.poll_seconds - pause)

    def _poll(self) -> None:
        askers = self.reloads.take()
        gallery = self.refresher.poll()
        if gallery is not None:
            self.pipeline.gallery = gallery
            log.info("gallery %s: %d people", gallery.version, len(gallery.people))
        state = self.refresher.state()
        self.publish(state.to_publication(self.topics))
        if state.synced_at is not None:
            self.announcer.meet(self.pipeline.gallery.people)
        self.reloads.answer(askers, state)
        self.polled.set()
