"""What all sinks have in common: they take events of the log, or say why not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

Record = dict[str, Any]
"""One line of the log: an event with the keys of its stamp, and of later versions."""


class SinkError(Exception):
    """Events were not taken.

    is_final: it is about these very events, others might be taken. status: of the HTTP answer that said so.
    """

    def __init__(self, detail: str, *, is_final: bool = False, status: int | None = None) -> None:
        super().__init__(detail)
        self.is_final = is_final
        self.status = status


class Sink(Protocol):
    batch: int
    """How many records it takes at once."""

    def deliver(self, records: Sequence[Record]) -> bool:
        """Returns when all are taken, and whether the place had to take any: a sink may pass over some.

        Records may come twice. Raises SinkError.
        """
        ...


@contextmanager
def forming() -> Iterator[None]:
    """Around what puts records into the form of a sink: what fails there is about them and nothing else."""
    try:
        yield
    except Exception as error:
        detail = f"has no form for this sink: {type(error).__name__}: {error}"
        raise SinkError(detail, is_final=True) from error
