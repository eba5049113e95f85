"""Moments that can be compared across restarts of a process."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Self

from msgspec import Struct

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moment(Struct, frozen=True):
    """By the clock that runs since the machine started, and by the calendar."""

    boot_id: str
    monotonic: float
    at: datetime

    @classmethod
    def now(cls, monotonic: float, at: datetime) -> Self:
        return cls(_boot_id(), monotonic, at)

    def seconds_until(self, later: "Moment") -> float | None:
        """Exact while the machine runs on; else by the calendar, None when that went backwards."""
        if self.boot_id and self.boot_id == later.boot_id:
            return max(0.0, later.monotonic - self.monotonic)
        seconds = (later.at - self.at).total_seconds()
        return seconds if seconds >= 0 else None


@cache
def _boot_id() -> str:
    try:
        return BOOT_ID.read_text("ascii").strip()
    except OSError:
        return ""
