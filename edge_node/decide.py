"""From faces to decisions: frames must agree, and a visit is news once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from broker.messages import EventType
from edge_node.faces import Face, Person
from edge_node.track import Track, Tracker

FORGET_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing worth telling: about which face of the frame, and how many frames agreed on it."""

    event_type: EventType
    person: Person | None
    face: Face
    frames: int
    reason: str
    sighting_id: str


@dataclass(slots=True, eq=False)
class _Visit:
    """Somebody was here and told about; `person` is None for a stranger, known again by the vector."""

    person: Person | None
    vector: npt.NDArray[np.float32]
    last_seen: float
    sighting_id: str


@dataclass(slots=True, eq=False)
class _Camera:
    tracker: Tracker
    visits: list[_Visit] = field(default_factory=list)
    last_frame: float = 0.0


class Decider:
    """The state of deciding: tracks and visits of every camera, in one object. Times are monotonic seconds.

    frames, unknown_frames: how many must agree; buffer_seconds: a visit ends when its person was not seen for
    this long; same: cosine at which two faces are one person's; new_id: makes sighting ids.
    """

    def __init__(
        self,
        *,
        frames: int,
        unknown_frames: int,
        buffer_seconds: float,
        same: float,
        new_id: Callable[[], str],
    ) -> None:
        self._frames = frames
        self._unknown_frames = unknown_frames
        self._buffer_seconds = buffer_seconds
        self._same = same
        self._new_id = new_id
        self._cameras: dict[str, _Camera] = {}

    def decide(self, device: str, faces: Sequence[Face], now: float) -> list[Decision]:
        """Counts one frame's faces and returns what has become certain with it."""
        camera = self._camera(device, now)
        tracks = camera.tracker.update(faces, now)
        pairs = zip(tracks, faces, strict=True)
        decided = [self._decide(track, face, camera.visits, now) for track, face in pairs]
        return [decision for decision in decided if decision is not None]

    def _camera(self, device: str, now: float) -> _Camera:
        kept_seconds = self._buffer_seconds + FORGET_SECONDS
        for other in [name for name, known in self._cameras.items() if now - known.last_frame > kept_seconds]:
            del self._cameras[other]
        if device not in self._cameras:
            forget_seconds = min(FORGET_SECONDS, self._buffer_seconds)
            self._cameras[device] = _Camera(Tracker(same=self._same, forget_seconds=forget_seconds))
        camera = self._cameras[device]
        camera.last_frame = now
        camera.visits = [v for v in camera.visits if now - v.last_seen <= self._buffer_seconds]
        return camera

    def _decide(self, track: Track, face: Face, visits: list[_Visit], now: float) -> Decision | None:
        agreed = track.agreed(self._frames)
        if agreed is not None and not track.would_downgrade(agreed[0]):
            return self._recognised(track, face, *agreed, visits, now)
        if track.named is not None:
            _stay(track, visits, now)
            return None
        if track.unanswered() >= self._unknown_frames:
            return self._unknown(track, face, visits, now)
        return None

    def _recognised(
        self, track: Track, face: Face, person: Person, frames: int, visits: list[_Visit], now: float
    ) -> Decision | None:
        if face.match.person != person:
            _stay(track, visits, now)
            return None
        visit = next((visit for visit in visits if visit.person == person), None)
        news = visit is None
        if visit is None:
            visit = self._as_stranger(track, visits) or self._begin(visits, face, now)
            visit.person = person
        visit.vector, visit.last_seen = face.vector, now
        track.named, track.sighting_id = person, visit.sighting_id
        if not news:
            return None
        return Decision(person.group, person, face, frames, face.match.reason, visit.sighting_id)

    def _unknown(self, track: Track, face: Face, visits: list[_Visit], now: float) -> Decision | None:
        visit = self._as_stranger(track, visits) or next(
            (visit for visit in visits if float(np.dot(visit.vector, face.vector)) >= self._same), None
        )
        news = visit is None
        if visit is None:
            visit = self._begin(visits, face, now)
        visit.last_seen = now
        track.sighting_id = visit.sighting_id
        if not news:
            return None
        frames, reason = track.unanswered(), face.match.reason
        return Decision(EventType.UNKNOWN, None, face, frames, reason, visit.sighting_id)

    def _begin(self, visits: list[_Visit], face: Face, now: float) -> _Visit:
        visit = _Visit(None, face.vector, now, self._new_id())
        visits.append(visit)
        return visit

    def _as_stranger(self, track: Track, visits: list[_Visit]) -> _Visit | None:
        """The visit that this track began before anybody could name it."""
        same = (visit for visit in visits if visit.sighting_id == track.sighting_id)
        return next((visit for visit in same if visit.person is None), None)


def _stay(track: Track, visits: list[_Visit], now: float) -> None:
    for visit in visits:
        if visit.sighting_id == track.sighting_id:
            visit.last_seen = now
