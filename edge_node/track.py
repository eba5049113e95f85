"""Following faces from frame to frame, so that frames can add up and agree."""

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from broker.messages import EventType
from edge_node.faces import Box, Detection, Match, Person, Seen, Vector

LEAST_OVERLAP = 0.3
SURE_OVERLAP = 0.5
STEP_SECONDS = 1.0
VOTES_KEPT = 8
VECTORS_FUSED = 5
ALIKE = 0.35
"""How far below the threshold a vector is not plainly another's, as a share of what is above it: there about
one stranger in a hundred is as alike (mobilefacenet 0.37, dlib_resnet 0.923; docs/evaluation.md)."""


@dataclass(slots=True, eq=False)
class Track:
    """One face over several frames: its best vectors, and what each frame said of it."""

    box: Box
    last_seen: float
    last_embedded: float = -np.inf
    best: list[tuple[float, Vector]] = field(default_factory=list)
    votes: deque[Match] = field(default_factory=lambda: deque(maxlen=VOTES_KEPT))
    velocity: tuple[float, float] = (0.0, 0.0)
    sighting_id: str | None = None
    named: Person | None = None
    is_pending: bool = False

    @property
    def vector(self) -> Vector:
        """The mean of the best frames' vectors, at unit length: worth more than any one of them."""
        mean = np.sum([vector for _, vector in self.best], axis=0)
        unit: Vector = (mean / np.linalg.norm(mean)).astype(np.float32)
        return unit

    def is_fresh(self, now: float, recheck_seconds: float) -> bool:
        """Whether the face was told about and looked at of late. Not while it is asked anew whose it is."""
        return (
            self.sighting_id is not None
            and not self.is_pending
            and now - self.last_embedded < recheck_seconds
        )

    def expected(self, now: float) -> Box:
        """Where the face should be now, if it moves on as it did."""
        seconds = now - self.last_seen
        across, down = self.velocity
        return self.box._replace(x=self.box.x + across * seconds, y=self.box.y + down * seconds)

    def see(self, seen: Seen, now: float, *, same: float) -> None:
        """Takes a frame's face in. Once there is a name, only a vector that is rather alike is fused."""
        self._move(seen.detection.box, now)
        if seen.vector is None or (seen.is_remembered and self.best):
            return
        self.last_embedded = now
        if self.named is not None and float(np.dot(seen.vector, self.vector)) < same:
            return
        self.best = sorted([*self.best, (seen.quality.grade, seen.vector)], key=_grade)[-VECTORS_FUSED:]

    def stay(self, now: float) -> None:
        """The same face again, in the same place. Its vector gets older all the same."""
        self.last_seen, self.velocity = now, (0.0, 0.0)

    def _move(self, box: Box, now: float) -> None:
        seconds = now - self.last_seen
        if 0 < seconds <= STEP_SECONDS:
            x, y = (box.x - self.box.x) + (box.width - self.box.width) / 2, (box.y - self.box.y)
            self.velocity = x / seconds, (y + (box.height - self.box.height) / 2) / seconds
        else:
            self.velocity = 0.0, 0.0
        self.box, self.last_seen = box, now

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
        named = self.named
        return named is not None and named.group is EventType.RESTRICTED and named != person

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

    A face goes on a track when its vector is alike (cosine of at least `same`), or when it can be no other:
    its box overlaps the track's of a moment ago, no third one interferes, and the vector is not plainly
    another's. So a head may turn, and names stay with people who cross or take each other's place. A track is
    forgotten after `forget_seconds`.
    """

    def __init__(self, *, same: float, forget_seconds: float) -> None:
        self._same = same
        self._alike = same - ALIKE * (1 - same)
        self._forget_seconds = forget_seconds
        self._tracks: list[Track] = []
        self._updated_at = -np.inf

    def settled(
        self, detections: Sequence[Detection], now: float, recheck_seconds: float
    ) -> list[Track | None]:
        """For each face the track it surely goes on, if that one was told about and looked at of late.

        Such a face need not be embedded again.
        """
        self._forget(now)
        boxes = [detection.box for detection in detections]
        steps = self._steps(boxes, now)
        settled: list[Track | None] = []
        for index, box in enumerate(boxes):
            track = self._tracks[steps[index]] if index in steps else None
            sure = (
                track is not None
                and track.is_fresh(now, recheck_seconds)
                and box.overlap(track.expected(now)) >= SURE_OVERLAP
            )
            settled.append(track if sure else None)
        return settled

    def renew(self) -> None:
        """Asks anew who everybody is: the gallery has changed."""
        for track in self._tracks:
            track.votes.clear()
            track.named, track.is_pending = None, True

    def known(self, now: float, recheck_seconds: float) -> list[Box]:
        """Where faces should be that were on the last picture, told about and looked at of late."""
        return [
            track.expected(now)
            for track in self._tracks
            if track.last_seen == self._updated_at and track.is_fresh(now, recheck_seconds)
        ]

    def stay(self, now: float) -> list[Track]:
        """The tracks of the last picture, kept as if the same picture had been looked at again now."""
        seen = [track for track in self._tracks if track.last_seen == self._updated_at]
        for track in seen:
            track.stay(now)
        self._updated_at = now
        return seen

    def update(self, faces: Sequence[Seen], now: float) -> list[Track | None]:
        """The track of each face, in the same order.

        A face without a vector begins none; it keeps alive a track in whose place it is, if there is one.
        """
        self._forget(now)
        self._updated_at = now
        tracks: list[Track | None] = [None] * len(faces)
        taken: set[int] = set()
        for _, face_index, track_index in sorted(self._links(faces, now), reverse=True):
            if tracks[face_index] is None and track_index not in taken:
                tracks[face_index] = self._tracks[track_index]
                taken.add(track_index)
        for index, face in enumerate(faces):
            track = tracks[index]
            if track is None and face.vector is not None:
                track = tracks[index] = Track(face.detection.box, now)
                self._tracks.append(track)
            if track is not None:
                track.see(face, now, same=self._fusable)
        return tracks

    def _forget(self, now: float) -> None:
        self._tracks = [track for track in self._tracks if now - track.last_seen <= self._forget_seconds]

    @property
    def _fusable(self) -> float:
        return (self._same + self._alike) / 2

    def _links(self, faces: Sequence[Seen], now: float) -> list[tuple[float, int, int]]:
        steps = self._steps([face.detection.box for face in faces], now)
        vectors = [track.vector for track in self._tracks]
        links = []
        for face_index, face in enumerate(faces):
            if face.vector is None:
                if face_index in steps:
                    links.append((-1.0, face_index, steps[face_index]))
                continue
            for track_index, track in enumerate(self._tracks):
                similarity = float(np.dot(face.vector, vectors[track_index]))
                step = steps.get(face_index) == track_index
                if similarity >= self._same or (step and similarity >= self._alike):
                    overlap = face.detection.box.overlap(track.expected(now))
                    links.append((similarity + overlap, face_index, track_index))
        return links

    def _steps(self, boxes: Sequence[Box], now: float) -> dict[int, int]:
        """Face to track, where the boxes overlap and neither overlaps any other."""
        near = [
            (face_index, track_index)
            for face_index, box in enumerate(boxes)
            for track_index, track in enumerate(self._tracks)
            if now - track.last_seen <= STEP_SECONDS and box.overlap(track.expected(now)) >= LEAST_OVERLAP
        ]
        of_face = Counter(face_index for face_index, _ in near)
        of_track = Counter(track_index for _, track_index in near)
        return {face: track for face, track in near if of_face[face] == of_track[track] == 1}


def _grade(graded: tuple[float, Vector]) -> float:
    return graded[0]
