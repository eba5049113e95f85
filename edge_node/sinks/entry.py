"""A line of the log, and the event in it."""

from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from edge_node.sinks.sink import Record


class Entry(NamedTuple):
    line: bytes
    record: Record


def entry(line: bytes) -> Entry:
    """As the log has it. Raises ValueError for a line that is no event: it was damaged later."""
    try:
        msgspec.json.decode(line, type=_Event)
        return Entry(line, msgspec.json.decode(line))
    except RecursionError as error:
        raise ValueError(str(error)) from error


class _Event(msgspec.Struct):
    """By what a line of the log is known to be an event; the logger has looked at the rest."""

    event_id: Annotated[str, Meta(min_length=1)]
    event_type: str
    device: str
    decided_at: str
