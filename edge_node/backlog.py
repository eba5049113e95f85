"""A short queue that nobody can fill for the others."""

import threading
from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Backlog(Generic[T]):
    """Takes turns between those who put items in. most: items that may wait at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[str, deque[T]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        with self._lock:
            return self._count()

    def put(self, who: str, item: T) -> T | None:
        """Never blocks. Returns the item for which there is no room, if there is one: the last of whoever has
        most waiting, or this one."""
        with self._lock:
            mine = self._items.setdefault(who, deque())
            mine.append(item)
            if self._count() <= self._most:
                return None
            # Of several who have as many, the one that came now gives way.
            greediest = max(self._items, key=lambda name: (len(self._items[name]), name == who))
            return self._pop(greediest, last=True)

    def take(self) -> T | None:
        """The oldest item of whoever has waited longest for a turn."""
        with self._lock:
            if not self._items:
                return None
            who = next(iter(self._items))
            item = self._pop(who)
            if who in self._items:
                self._items.move_to_end(who)
            return item

    def _pop(self, who: str, *, last: bool = False) -> T:
        theirs = self._items[who]
        item = theirs.pop() if last else theirs.popleft()
        if not theirs:
            del self._items[who]
        return item

    def _count(self) -> int:
        return sum(map(len, self._items.values()))
