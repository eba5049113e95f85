"""Between the network and the worker: the newest frame of each camera, in turn."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Keeps one item a key. A newer item takes the place of an older one without losing its turn.

    most: keys that may wait at once; further ones are refused, so that nobody can crowd the others out.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._items: OrderedDict[str, T] = OrderedDict()
        self._changed = threading.Condition()
        self._replaced: Counter[str] = Counter()
        self._woken = False

    @property
    def replaced(self) -> Mapping[str, int]:
        """How many items of each key were replaced before anyone took them."""
        with self._changed:
            return dict(self._replaced)

    def put(self, key: str, item: T) -> bool:
        """Never blocks. False when the item was refused."""
        with self._changed:
            older = key in self._items
            if not older and len(self._items) >= self._most:
                return False
            self._items[key] = item
            if older:
                self._replaced[key] += 1
            self._changed.notify()
            return True

    def take(self, timeout_seconds: float) -> tuple[str, T] | None:
        """The item whose key has waited longest, or None when none came in time, or on `wake`."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._woken, timeout_seconds)
            self._woken = False
            return self._items.popitem(last=False) if self._items else None

    def wake(self) -> None:
        """Ends the waiting of a `take`, under way or next to come."""
        with self._changed:
            self._woken = True
            self._changed.notify()
