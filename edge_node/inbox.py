"""Between the network and the worker: the newest frame of each camera, in turn."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Keeps one item a key. A newer item takes the place of an older one without losing its turn."""

    def __init__(self) -> None:
        self._items: OrderedDict[str, T] = OrderedDict()
        self._changed = threading.Condition()
        self._replaced = 0

    @property
    def replaced(self) -> int:
        """How many items were replaced before anyone took them."""
        with self._changed:
            return self._replaced

    def put(self, key: str, item: T) -> bool:
        """Never blocks. Says whether an older item of the key was replaced."""
        with self._changed:
            older = key in self._items
            self._items[key] = item
            self._replaced += older
            self._changed.notify()
            return older

    def take(self, timeout_seconds: float) -> tuple[str, T] | None:
        """The item whose key has waited longest, or None when none came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._items, timeout_seconds):
                return None
            return self._items.popitem(last=False)
