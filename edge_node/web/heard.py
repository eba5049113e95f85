"""What was said last of each node or camera, however many there seem to be."""

import threading
import time
from dataclasses import dataclass
from typing import Any

KEPT_AT_MOST = 1_000
KEPT_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class _Said:
    value: Any
    size: int
    at: float


class Heard:
    """For several threads. When there are too many, whoever was heard longest ago and is not online gives
    way; among those online there is no room for another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._said: dict[str, dict[str, _Said]] = {}
        self._bytes = 0

    def keep(self, name: str, kind: str, value: Any, size: int) -> None:
        """size: bytes of the message."""
        with self._lock:
            said = self._said.pop(name, {})
            self._bytes += size - (said[kind].size if kind in said else 0)
            said[kind] = _Said(value, size, time.monotonic())
            self._said[name] = said
            while len(self._said) > KEPT_AT_MOST or self._bytes > KEPT_BYTES:
                self._forget(next((one for one in self._said if one != name and not self._is_on(one)), name))

    def drop(self, name: str, kind: str) -> None:
        """What was said is no longer so; nothing is left of whom nothing else is said."""
        with self._lock:
            said = self._said.get(name, {})
            gone = said.pop(kind, None)
            if gone is not None:
                self._bytes -= gone.size
            if name in self._said and not said:
                del self._said[name]

    def all(self) -> list[tuple[str, dict[str, Any]]]:
        """In the order of names. heard_seconds: since the last `stats`, None without any."""
        now = time.monotonic()
        with self._lock:
            copied = [(name, dict(said)) for name, said in sorted(self._said.items())]
        found = []
        for name, said in copied:
            values = {kind: one.value for kind, one in said.items()}
            stats = said.get("stats")
            found.append((name, {**values, "heard_seconds": stats and round(now - stats.at, 1)}))
        return found

    def _is_on(self, name: str) -> bool:
        status = self._said[name].get("status")
        return status is not None and status.value == "online"

    def _forget(self, name: str) -> None:
        self._bytes -= sum(one.size for one in self._said.pop(name).values())
