"""How full an outbox is."""

from dataclasses import dataclass

from broker.states import OutboxLevel

FILLING_SHARE = 0.5
FULL_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Filling:
    """What waits. dropped: given up since the outbox was made; unsaved: not put on disk since the start."""

    level: OutboxLevel
    waiting: int
    bytes: int
    dropped: int
    unsaved: int

    @property
    def losses(self) -> tuple[int, int]:
        """What only grows, and nobody wants to."""
        return self.dropped, self.unsaved

    def counts(self) -> dict[str, int]:
        return {
            "waiting": self.waiting,
            "bytes": self.bytes,
            "dropped": self.dropped,
            "unsaved": self.unsaved,
        }


def level_of(share: float) -> OutboxLevel:
    """share: from 0 to 1."""
    if share >= FULL_SHARE:
        return "full"
    return "filling" if share >= FILLING_SHARE else "ok"
