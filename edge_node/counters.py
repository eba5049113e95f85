"""Counting what the node does, so that a lost frame is never a silent one."""

import math
import threading
from collections import Counter, deque

from broker.states import NodeStats

LATENCIES_KEPT = 1_000
PACE_SECONDS = 60.0


class Counters:
    """Totals since the start, and the pace of the last minute. Safe from any thread; times are monotonic."""

    def __init__(self, now: float) -> None:
        self._lock = threading.Lock()
        self._started = now
        self._totals: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._questions: Counter[str] = Counter()
        self._recent: deque[tuple[float, float]] = deque(maxlen=LATENCIES_KEPT)

    @property
    def processed(self) -> int:
        with self._lock:
            return self._totals["processed"]

    def receive(self) -> None:
        with self._lock:
            self._totals["received"] += 1

    def reject(self, reason: str) -> None:
        with self._lock:
            self._rejected[reason] += 1

    def event(self, event_type: str) -> None:
        with self._lock:
            self._events[event_type] += 1

    def question(self, outcome: str) -> None:
        """`answered`, or the reason why not."""
        with self._lock:
            self._questions[outcome] += 1

    def process(self, faces: int, latency_seconds: float, now: float) -> None:
        with self._lock:
            self._totals["processed"] += 1
            self._totals["faces"] += faces
            self._recent.append((now, latency_seconds))

    def stats(self, node: str, replaced: int, now: float) -> NodeStats:
        with self._lock:
            since = max(now - PACE_SECONDS, self._started)
            recent = sorted(latency for at, latency in self._recent if at >= since)
            return NodeStats(
                node=node,
                uptime_seconds=int(now - self._started),
                received=self._totals["received"],
                processed=self._totals["processed"],
                replaced=replaced,
                rejected=dict(self._rejected),
                faces=self._totals["faces"],
                events=dict(self._events),
                fps=round(len(recent) / max(now - since, 1.0), 2),
                latency_p50_ms=_percentile(recent, 0.50),
                latency_p95_ms=_percentile(recent, 0.95),
                questions=dict(self._questions),
            )


def _percentile(ordered: list[float], share: float) -> float | None:
    """Nearest rank, in milliseconds with one decimal."""
    if not ordered:
        return None
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000, 1)
