"""Outcomes in the words of the wire: events and observations."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.messages import Event, Frame, Observation, ObservedFace
from broker.replies import RecognisedFace
from edge_node.decide import Decision
from edge_node.faces import Face
from edge_node.pipeline import Outcome


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame that has come in: when, by both clocks, and how old it was by then, in seconds.

    max_age_seconds: older than this it is not looked at; None is the node's own limit.
    """

    frame: Frame
    received_at: datetime
    monotonic: float
    age: float = 0.0
    max_age_seconds: float | None = None

    @property
    def captured_at(self) -> datetime:
        """By this machine's clock, so that a camera with a wrong one does not date events wrongly."""
        return self.received_at - timedelta(seconds=self.age)


@dataclass(frozen=True, slots=True)
class Reporter:
    """Fills in what is the same for all reports of a node: its id and its model."""

    node: str
    model: str

    def event(
        self,
        event_id: str,
        arrival: Arrival,
        decision: Decision,
        outcome: Outcome,
        decided: float,
    ) -> Event:
        """`decided` in monotonic seconds."""
        match = decision.face.match
        waited = decided - arrival.monotonic
        return Event(
            event_id=event_id,
            sighting_id=decision.sighting_id,
            event_type=decision.event_type,
            device=arrival.frame.device,
            node=self.node,
            person=decision.person.name if decision.person else None,
            person_id=decision.person.id if decision.person else None,
            similarity=_cosine(match.similarity),
            threshold=round(outcome.view.threshold, 4),
            margin=_rounded(match.margin),
            reason=decision.reason,
            frames=decision.frames,
            zone=decision.face.seen.zone,
            box=decision.face.seen.detection.box.rounded(),
            frame_size=outcome.frame_size,
            captured_at=arrival.captured_at,
            received_at=arrival.received_at,
            decided_at=arrival.received_at + timedelta(seconds=waited),
            latency_ms=round((arrival.age + waited) * 1000),
            model=self.model,
            gallery=outcome.gallery.version,
            test=arrival.frame.test,
        )

    def observation(self, arrival: Arrival, outcome: Outcome) -> Observation:
        faces = [_observed(face) for face in outcome.faces]
        return self._observation(arrival, outcome.frame_size, faces, None, outcome.gallery.version)

    def rejection(self, arrival: Arrival, reason: str, gallery_version: str) -> Observation:
        return self._observation(arrival, None, [], reason, gallery_version)

    def _observation(
        self,
        arrival: Arrival,
        frame_size: tuple[int, int] | None,
        faces: list[ObservedFace],
        rejected: str | None,
        gallery_version: str,
    ) -> Observation:
        frame = arrival.frame
        return Observation(
            device=frame.device,
            node=self.node,
            seq=frame.seq,
            boot_id=frame.boot_id,
            captured_at=frame.captured_at,
            received_at=arrival.received_at,
            frame_size=frame_size,
            faces=faces,
            rejected=rejected,
            model=self.model,
            gallery=gallery_version,
        )


def _observed(face: Face) -> ObservedFace:
    match = face.match
    return ObservedFace(
        box=face.seen.detection.box.rounded(),
        score=round(face.seen.detection.score, 3),
        event_type=match.event_type,
        person=match.person.name if match.person else None,
        person_id=match.person.id if match.person else None,
        similarity=_cosine(match.similarity),
        margin=_rounded(match.margin),
        reason=match.reason,
        zone=face.seen.zone,
    )


def recognised(face: Face) -> RecognisedFace:
    """A face of a picture that no camera sent."""
    match, detection = face.match, face.seen.detection
    return RecognisedFace(
        event_type=match.event_type,
        person=match.person.name if match.person else None,
        person_id=match.person.id if match.person else None,
        similarity=_cosine(match.similarity),
        margin=_rounded(match.margin),
        reason=match.reason,
        score=round(detection.score, 3),
        box=detection.box.rounded(),
    )


def _cosine(number: float | None) -> float | None:
    rounded = _rounded(number)
    return None if rounded is None else max(-1.0, min(1.0, rounded))


def _rounded(number: float | None) -> float | None:
    """None as well for what is not a number, of a vector that is none."""
    return None if number is None or not math.isfinite(number) else round(number, 4)
