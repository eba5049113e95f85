"""The newest picture of one camera, and what was seen on it."""

from dataclasses import dataclass

from broker.messages import Frame, Observation

GRACE_SECONDS = 0.2
"""How long a picture waits for what was seen on it: a node takes about a tenth of a second."""
FRESH_SECONDS = 2.0
"""What was seen longer ago is drawn on no picture of a later moment."""


@dataclass(frozen=True, slots=True)
class Picture:
    """number: grows with each picture of the camera. observation: of this frame if `matched`, else the
    latest."""

    device: str
    number: int
    frame: Frame
    observation: Observation | None
    matched: bool


class Newest:
    """Times are monotonic seconds."""

    def __init__(self, device: str) -> None:
        self.device = device
        self._number = 0
        self._frame: Frame | None = None
        self._observation: Observation | None = None
        self._observed = 0.0
        self._is_matched = False
        self._was_bare = False

    def take(self, frame: Frame) -> None:
        self._frame = frame
        self._number += 1
        self._was_bare = False
        self._is_matched = frame.seq is not None and self._meets(self._observation)

    def see(self, observation: Observation, now: float) -> None:
        """Frames of other programs have no number: what is seen after one is taken to be on it."""
        self._observation, self._observed = observation, now
        self._is_matched = self._meets(observation)
        if self._was_bare and self._is_matched:
            # Where frames are rare no other one would come to draw the boxes on.
            self._number += 1
            self._was_bare = False

    def is_newer(self, than: int) -> bool:
        return self._frame is not None and self._number != than

    def picture(self, now: float, *, waits: bool) -> Picture | None:
        """None while there is none, or while it waits for what is seen on it."""
        if self._frame is None or (waits and not self._is_matched):
            return None
        self._was_bare = not self._is_matched
        is_late = not self._is_matched and now - self._observed > FRESH_SECONDS
        seen = None if is_late else self._observation
        return Picture(self.device, self._number, self._frame, seen, self._is_matched)

    def _meets(self, observation: Observation | None) -> bool:
        if self._frame is None or observation is None:
            return False
        return (observation.seq, observation.boot_id) == (self._frame.seq, self._frame.boot_id)
