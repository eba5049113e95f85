"""Counting what the node does, so that a lost frame is never a silent one."""

import math
import threading
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from broker.states import DeviceStats, NodeStats
from broker.topics import is_id

LATENCIES_KEPT = 1_000
PACE_SECONDS = 60.0
DEVICES_AT_MOST = 256
"""Anybody who may publish frames can make up device ids; further ones are counted for the node alone."""


class Counters:
    """Totals since the start, and the pace of the last minute: of the node and of each camera.

    Safe from any thread; times are monotonic.
    """

    def __init__(self, now: float) -> None:
        self._lock = threading.Lock()
        self._started = now
        self._node = _Tally()
        self._devices: dict[str, _Tally] = {}
        self._questions: Counter[str] = Counter()

    def receive(self, device: str) -> None:
        with self._lock:
            for tally in self._tallies(device):
                tally.totals["received"] += 1

    def reject(self, device: str, reason: str) -> None:
        with self._lock:
            for tally in self._tallies(device):
                tally.rejected[reason] += 1

    def event(self, device: str, event_type: str) -> None:
        with self._lock:
            for tally in self._tallies(device):
                tally.events[event_type] += 1

    def process(
        self, device: str, faces: int, latency_seconds: float, now: float, *, is_repeated: bool
    ) -> None:
        """is_repeated: nothing had changed, and the frame was not looked at."""
        with self._lock:
            for tally in self._tallies(device):
                tally.totals["processed"] += 1
                tally.totals["unchanged"] += is_repeated
                tally.totals["faces"] += faces
                tally.recent.append((now, latency_seconds))

    def question(self, outcome: str) -> None:
        """`answered`, or the reason why not."""
        with self._lock:
            self._questions[outcome] += 1

    def node_stats(
        self, node: str, replaced: Mapping[str, int], now: float, outbox: Mapping[str, int] | None = None
    ) -> NodeStats:
        """replaced: frames of each camera for which a newer one came before they were looked at."""
        with self._lock:
            return NodeStats(
                node=node,
                uptime_seconds=int(now - self._started),
                replaced=sum(replaced.values()),
                questions=dict(self._questions),
                outbox=dict(outbox or {}),
                **self._node.fields(self._started, now),
            )

    def device_stats(self, node: str, replaced: Mapping[str, int], now: float) -> list[DeviceStats]:
        with self._lock:
            return [
                DeviceStats(
                    device=device,
                    node=node,
                    replaced=replaced.get(device, 0),
                    **tally.fields(self._started, now),
                )
                for device, tally in self._devices.items()
            ]

    def _tallies(self, device: str) -> "list[_Tally]":
        if device not in self._devices and is_id(device) and len(self._devices) < DEVICES_AT_MOST:
            self._devices[device] = _Tally()
        return [self._node, *filter(None, [self._devices.get(device)])]


class _Tally:
    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.recent: deque[tuple[float, float]] = deque(maxlen=LATENCIES_KEPT)

    def fields(self, started: float, now: float) -> dict[str, Any]:
        since = max(now - PACE_SECONDS, started)
        recent = sorted(latency for at, latency in self.recent if at >= since)
        totals = {name: self.totals[name] for name in ("received", "processed", "unchanged", "faces")}
        return totals | {
            "rejected": dict(self.rejected),
            "events": dict(self.events),
            "fps": round(len(recent) / max(now - since, 1.0), 2),
            "latency_p50_ms": _percentile(recent, 0.50),
            "latency_p95_ms": _percentile(recent, 0.95),
        }


def _percentile(ordered: list[float], share: float) -> float | None:
    """Nearest rank, in milliseconds with one decimal."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000, 1)
