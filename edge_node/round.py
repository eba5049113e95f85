"""Many questions, few at a time: which to ask now, which to ask again, and their answers in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.1
PAUSE_MAX_SECONDS = 2.0


@dataclass(slots=True)
class _Asked:
    """A question under way: when it was asked first, when to ask it next, until when at all, and how often it
    was turned away."""

    since: float
    due: float
    until: float
    turned_away: int = 0


class Round(Generic[T]):
    """A question is its number, from 0 to count - 1. Times are monotonic seconds.

    at_once: how many may be under way, to be changed at will. timeout_seconds: after which a question is
    asked again. patience_seconds: after which it is given up.
    """

    def __init__(self, count: int, *, at_once: int, timeout_seconds: float, patience_seconds: float) -> None:
        self.at_once = at_once
        self._count = count
        self._timeout_seconds = timeout_seconds
        self._patience_seconds = patience_seconds
        self._under_way: dict[int, _Asked] = {}
        self._begun = 0
        self._answers: dict[int, T] = {}
        self._given = 0

    @property
    def is_over(self) -> bool:
        return self._given == self._count

    @property
    def is_waiting(self) -> bool:
        """Whether anything under way has no answer yet."""
        return bool(self._under_way)

    @property
    def answered(self) -> int:
        return self._given + len(self._answers)

    def due(self, now: float) -> Iterator[int]:
        """What to ask now, for the first time or again. It counts as asked."""
        while self._begun < self._count and len(self._under_way) < self.at_once:
            self._under_way[self._begun] = _Asked(now, due=now, until=now + self._patience_seconds)
            self._begun += 1
        for number, asked in list(self._under_way.items()):
            if asked.due <= now < asked.until:
                asked.due = now + self._timeout_seconds
                yield number

    def hopeless(self, now: float) -> list[int]:
        """What nobody has answered in all that time; to be settled."""
        return [number for number, asked in self._under_way.items() if now >= asked.until]

    def asked_at(self, number: int) -> float:
        """When what is under way was asked for the first time."""
        return self._under_way[number].since

    def next_due(self) -> float:
        """When there is something to do, if nothing is answered before."""
        return min((min(asked.due, asked.until) for asked in self._under_way.values()), default=0.0)

    def is_under_way(self, number: int) -> bool:
        """Whether it was asked and nobody has answered yet."""
        return number in self._under_way

    def settle(self, number: int, answer: T) -> bool:
        """The first answer of a question stands. False for any other."""
        if self._under_way.pop(number, None) is None:
            return False
        self._answers[number] = answer
        return True

    def turn_away(self, number: int, now: float) -> None:
        """Nobody had time for it: to be asked again after a pause that grows."""
        asked = self._under_way.get(number)
        if asked is not None:
            asked.due = now + min(PAUSE_SECONDS * 2**asked.turned_away, PAUSE_MAX_SECONDS)
            asked.turned_away += 1

    def hurry(self, now: float) -> None:
        """Everything under way is to be asked again: one of those asked is gone, and nobody knows which."""
        for asked in self._under_way.values():
            asked.due = min(asked.due, now)

    def in_order(self) -> Iterator[T]:
        """Answers that no earlier question keeps waiting, each once."""
        while self._given in self._answers:
            answer = self._answers.pop(self._given)
            self._given += 1
            yield answer

    def rest(self) -> list[T]:
        """All other answers, in order, when the round ends early."""
        return [self._answers[number] for number in sorted(self._answers)]
