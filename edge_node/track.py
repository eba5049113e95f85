"""Following faces from frame to frame, so that frames can agree on an answer."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from broker.messages import EventType
from edge_node.faces import Box, Face, Match, Person

LEAST_OVERLAP = 0.3
STEP_SECONDS = 1.0
VOTES_KEPT = 8


@dataclass(slots=True, eq=False)
class Track:
    """One face over several frames, and what each frame said of it."""

    box: Box
    vector: npt.NDArray[np.float32]
    last_seen: float
    votes: deque[Match] = field(default_factory=lambda: deque(maxlen=VOTES_KEPT))
    sighting_id: str | None = None
    named: Person | None = None

    def see(self, face: Face, now: float) -> None:
        self.box, self.vector, self.last_seen = face.detection.box, face.vector, now
        self.votes.append(face.match)

    def agreed(self, frames: int) -> tuple[Person, int] | None:
        """The person that enough of the latest votes name, and how many do. Restricted wins in doubt."""
        counts = Counter(vote.person for vote in self.votes if vote.person is not None)
        enough = [(person, count) for person, count in counts.most_common() if count >= frames]
        for person, count in enough:
            if person.group is EventType.RESTRICTED:
                return person, count
        if not enough or (len(enough) > 1 and enough[0][1] == enough[1][1]):
            return None
        return enough[0]

    def would_downgrade(self, person: Person) -> bool:
        """Whether naming this person would take back that somebody restricted is here."""
        return self.named is not None and self.named.group is EventType.RESTRICTED and self.named != person

    def unanswered(self) -> int:
        """How many of the latest votes, without a break, named nobody."""
        count = 0
        for vote in reversed(self.votes):
            if vote.person is not None:
                break
            count += 1
        return count


class Tracker:
    """The tracks of one camera.

    A face goes on a track when its vector is alike (cosine of at least `same`), or when its box overlaps the
    track's last one of a moment ago and the vector is not plainly another's: a head turns gradually, while
    somebody else in the same place comes later. A track is forgotten after `forget_seconds`.
    """

    def __init__(self, *, same: float, forget_seconds: float) -> None:
        self._same = same
        self._alike = 2 * same - 1
        self._forget_seconds = forget_seconds
        self._tracks: list[Track] = []

    def update(self, faces: Sequence[Face], now: float) -> list[Track]:
        """The track of each face, in the same order, with the face's vote counted."""
        self._tracks = [track for track in self._tracks if now - track.last_seen <= self._forget_seconds]
        tracks: list[Track | None] = [None] * len(faces)
        taken: set[int] = set()
        for _, face_index, track_index in sorted(self._links(faces, now), reverse=True):
            if tracks[face_index] is None and track_index not in taken:
                tracks[face_index] = self._tracks[track_index]
                taken.add(track_index)
        return [self._continued(track, face, now) for track, face in zip(tracks, faces, strict=True)]

    def _continued(self, track: Track | None, face: Face, now: float) -> Track:
        if track is None:
            track = Track(face.detection.box, face.vector, now)
            self._tracks.append(track)
        track.see(face, now)
        return track

    def _links(self, faces: Sequence[Face], now: float) -> list[tuple[float, int, int]]:
        links = []
        for face_index, face in enumerate(faces):
            for track_index, track in enumerate(self._tracks):
                similarity = float(np.dot(face.vector, track.vector))
                overlap = face.detection.box.overlap(track.box)
                step = now - track.last_seen <= STEP_SECONDS and overlap >= LEAST_OVERLAP
                near = step and similarity >= self._alike
                if similarity >= self._same or near:
                    links.append((similarity + overlap, face_index, track_index))
        return links
