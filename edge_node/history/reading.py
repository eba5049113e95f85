"""How much of what is new in a log has been read."""

from collections.abc import Callable, Iterable, Iterator

MUCH_BYTES = 4_000_000
INDEX_COST = 0.2
"""What one index takes to be made, where reading all the lines takes 1."""


class Reading:
    """told: gets the share of the work that is done, from 0 on, again and again; not at all when there is
    little to do. indices: how many are to be made when the lines are read."""

    def __init__(self, total_bytes: int, told: Callable[[float], None], *, indices: int = 0) -> None:
        self._is_told = total_bytes > MUCH_BYTES
        self._total = total_bytes * (1 + indices * INDEX_COST)
        self._index = total_bytes * INDEX_COST
        self._tell = told
        self._done = 0.0
        self._due = 0.0

    def follow(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        """The same lines."""
        for offset, line in lines:
            self._say()
            yield offset, line
            self._done += len(line)

    def index(self) -> None:
        """One more is made."""
        self._done += self._index
        self._say()

    def _say(self) -> None:
        if self._is_told and self._done >= self._due:
            self._due = self._done + MUCH_BYTES
            self._tell(min(1.0, self._done / self._total))
