"""From faces to decisions: frames must agree, and a visit is news once."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from broker.messages import EventType
from edge_node.faces import Box, Detection, Face, Person, Seen, Vector
from edge_node.track import Track, Tracker
from edge_node.view import View

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
class Visit:
    """Somebody is or was here and told about; `person` is None for a stranger, known again by the vector.

    since, last_seen: monotonic seconds. zone: where the face was when it was last decided about.
    """

    person: Person | None
    vector: Vector
    since: float
    last_seen: float
    sighting_id: str
    zone: str | None = None


@dataclass(slots=True, eq=False)
class _Camera:
    tracker: Tracker
    visits: list[Visit] = field(default_factory=list)
    kept_until: float = 0.0


class Decider:
    """The state of deciding: tracks and visits of every camera, in one object. Times are monotonic seconds.

    new_id makes the ids of sightings.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._cameras: dict[str, _Camera] = {}

    @property
    def devices(self) -> list[str]:
        """Cameras of which something is remembered."""
        return list(self._cameras)

    def visits(self, device: str, now: float, view: View) -> Sequence[Visit]:
        """Those of a camera that are not over."""
        camera = self._cameras.get(device)
        visits = camera.visits if camera is not None else ()
        return [visit for visit in visits if now - visit.last_seen <= view.buffer_seconds]

    def renew(self, people: Collection[Person]) -> None:
        """The gallery has changed to these people: whoever is here is asked for again.

        Who has become restricted is news. A name that is no longer known is forgotten.
        """
        known = {person.id: person for person in people}
        for camera in self._cameras.values():
            camera.tracker.renew()
            kept = []
            for visit in camera.visits:
                before, after = visit.person, known.get(visit.person.id) if visit.person else None
                visit.person = after
                if before == after or after is None or after.group is not EventType.RESTRICTED:
                    kept.append(visit)
            camera.visits = kept

    def resume(self, device: str, visits: Sequence[Visit], now: float, view: View) -> None:
        """Goes on with visits from before a restart: who is still there is no news."""
        self._camera(device, now, view).visits = list(visits)

    def settled(
        self, detections: Sequence[Detection], *, device: str, now: float, view: View
    ) -> list[Track | None]:
        """For each face the track that answers for it, so that it need not be embedded again."""
        return self._camera(device, now, view).tracker.settled(detections, now, view.recheck_seconds)

    def known(self, device: str, now: float, view: View) -> list[Box]:
        """Where faces are expected that need no second look by the detector."""
        return self._camera(device, now, view).tracker.known(now, view.recheck_seconds)

    def follow(self, device: str, faces: Sequence[Seen], now: float, view: View) -> list[Track | None]:
        """The track of each face; None for one that is too poor and in nobody's place.

        view.threshold is also the cosine at which two faces are one person's.
        """
        return self._camera(device, now, view).tracker.update(faces, now)

    def stay(self, device: str, now: float, view: View) -> None:
        """Everybody of the camera's last picture is still there."""
        camera = self._camera(device, now, view)
        for track in camera.tracker.stay(now):
            _stay(track, camera.visits, now)

    def decide(
        self, device: str, tracks: Sequence[Track | None], faces: Sequence[Face], now: float, view: View
    ) -> list[Decision]:
        """Counts one frame's answers and returns what has become certain with them.

        A visit ends when its person was not seen for view.buffer_seconds.
        """
        visits = self._camera(device, now, view).visits
        decisions = []
        for track, face in zip(tracks, faces, strict=True):
            if track is None:
                continue
            if not face.seen.fault:
                track.votes.append(face.match)
            decision = self._decide(track, face, visits, now, view)
            if decision is not None:
                decisions.append(decision)
        return decisions

    def _camera(self, device: str, now: float, view: View) -> _Camera:
        for other in [name for name, known in self._cameras.items() if now > known.kept_until]:
            del self._cameras[other]
        if device not in self._cameras:
            forget_seconds = min(FORGET_SECONDS, view.buffer_seconds)
            self._cameras[device] = _Camera(Tracker(same=view.threshold, forget_seconds=forget_seconds))
        camera = self._cameras[device]
        camera.kept_until = now + view.buffer_seconds + FORGET_SECONDS
        camera.visits = [v for v in camera.visits if now - v.last_seen <= view.buffer_seconds]
        return camera

    def _decide(
        self, track: Track, face: Face, visits: list[Visit], now: float, view: View
    ) -> Decision | None:
        agreed = track.agreed(view.frames)
        if agreed is not None and not track.would_downgrade(agreed[0]) and face.match.person == agreed[0]:
            return self._recognised(track, face, *agreed, visits, now)
        if track.named is not None or face.seen.fault:
            _stay(track, visits, now)
            return None
        if track.unanswered() >= view.unknown_frames:
            return self._unknown(track, face, visits, now, view.threshold)
        return None

    def _recognised(
        self, track: Track, face: Face, person: Person, frames: int, visits: list[Visit], now: float
    ) -> Decision | None:
        visit = next((visit for visit in visits if visit.person == person), None)
        news = visit is None
        if visit is None:
            visit = self._as_stranger(track, visits) or self._begin(visits, track, now)
            visit.person = person
        visit.vector, visit.last_seen, visit.zone = track.vector, now, face.seen.zone
        track.named, track.sighting_id, track.is_pending = person, visit.sighting_id, False
        if not news:
            return None
        return Decision(person.group, person, face, frames, face.match.reason, visit.sighting_id)

    def _unknown(
        self, track: Track, face: Face, visits: list[Visit], now: float, same: float
    ) -> Decision | None:
        visit = self._as_stranger(track, visits) or next(
            (visit for visit in visits if float(np.dot(visit.vector, track.vector)) >= same), None
        )
        news = visit is None
        if visit is None:
            visit = self._begin(visits, track, now)
        visit.last_seen, visit.zone = now, face.seen.zone
        track.sighting_id, track.is_pending = visit.sighting_id, False
        if not news:
            return None
        frames, reason = track.unanswered(), face.match.reason
        return Decision(EventType.UNKNOWN, None, face, frames, reason, visit.sighting_id)

    def _begin(self, visits: list[Visit], track: Track, now: float) -> Visit:
        visit = Visit(None, track.vector, now, now, self._new_id())
        visits.append(visit)
        return visit

    def _as_stranger(self, track: Track, visits: list[Visit]) -> Visit | None:
        """The visit that this track began before anybody could name it."""
        same = (visit for visit in visits if visit.sighting_id == track.sighting_id)
        return next((visit for visit in same if visit.person is None), None)


def _stay(track: Track, visits: list[Visit], now: float) -> None:
    for visit in visits:
        if visit.sighting_id == track.sighting_id:
            visit.last_seen = now
