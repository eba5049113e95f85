"""The last stop of a frame in the node: events, their picture, and the observation go to the broker."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from broker.messages import Event
from broker.publication import Publication
from broker.topics import Topics
from edge_node.counters import Counters
from edge_node.faces import Face, Image
from edge_node.identifiers import uuid7
from edge_node.pipeline import Outcome
from edge_node.presence import Presence
from edge_node.quiet import QuietRule, silenced_by
from edge_node.report import Arrival, Reporter
from edge_node.settings import NodeSettings

log = logging.getLogger(__name__)

SNAPSHOT_EXPIRY_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Publisher:
    """For the worker's thread. draw: makes the JPEG of a picture, its faces, and the local time. post: for
    events, which must not be lost; send: for the rest."""

    settings: NodeSettings
    quiet: Sequence[QuietRule]
    topics: Topics
    reporter: Reporter
    counters: Counters
    presence: Presence
    draw: Callable[[Image, Sequence[Face], datetime], bytes]
    send: Callable[[Publication], object]
    post: Callable[[Event], object]

    def answer(self, arrival: Arrival, outcome: Outcome, decided: float) -> None:
        """decided: when the outcome was known, in monotonic seconds."""
        events = [
            self._marked(self.reporter.event(uuid7(), arrival, decision, outcome, decided))
            for decision in outcome.decisions
        ]
        loud = [event for event in events if event.muted is None]
        if loud and outcome.image is not None and self.settings.snapshots != "off":
            # Before the events, so that who acts on one finds the picture that goes with it.
            self._show(loud[-1], outcome.image, outcome.faces)
        for event in events:
            self.post(event)
            self.counters.event(event.device, event.event_type.value)
            self.presence.note(event)
            log.info(
                "%s: %s %s (%s)%s",
                event.device,
                event.event_type,
                event.person or "",
                event.reason,
                f", muted by {event.muted}" if event.muted else "",
            )
        self.send(self.reporter.observation(arrival, outcome).to_publication(self.topics))
        self.counters.process(
            arrival.frame.device,
            len(outcome.faces),
            arrival.age + decided - arrival.monotonic,
            decided,
            is_repeated=outcome.is_repeated,
        )

    def reject(self, arrival: Arrival, reason: str, gallery_version: str) -> None:
        rejection = self.reporter.rejection(arrival, reason, gallery_version)
        self.send(rejection.to_publication(self.topics))

    def _marked(self, event: Event) -> Event:
        return msgspec.structs.replace(
            event, muted=silenced_by(self.quiet, event, event.captured_at.astimezone())
        )

    def _show(self, event: Event, image: Image, faces: Sequence[Face]) -> None:
        self.send(
            Publication(
                topic=self.topics.device_snapshot(event.device),
                payload=self.draw(image, faces, event.captured_at.astimezone()),
                retain=self.settings.snapshots == "retained",
                content_type="image/jpeg",
                expiry_seconds=SNAPSHOT_EXPIRY_SECONDS,
            )
        )
