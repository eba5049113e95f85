"""What all sinks have in common: they take events of the log, or say why not."""

from collections.abc import Sequence
from typing import Any, Protocol

Record = dict[str, Any]
"""One line of the log: an event with the keys of its stamp, and of later versions."""


class SinkError(Exception):
    """Events were not taken. `is_final`: they would not be another time either, others might."""

    def __init__(self, detail: str, *, is_final: bool = False) -> None:
        super().__init__(detail)
        self.is_final = is_final


class Sink(Protocol):
    name: str
    batch: int
    """How many records it takes at once."""

    def deliver(self, records: Sequence[Record]) -> None:
        """Returns when all are taken. Records may come twice. Raises SinkError."""
        ...
