"""Events as text: a table for people, or comma-separated for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator

from broker import timestamps
from broker.errors import MessageError
from edge_node.history.query import Row

COLUMNS = (
    "event_id", "decided_at", "event_type", "person", "person_id", "device", "zone", "node", "similarity",
    "threshold", "margin", "reason", "frames", "latency_ms", "captured_at", "logged_at", "model", "gallery",
    "muted", "test", "sighting_id",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet would calculate when a text begins with it."""


def as_table(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each event; times are local. What cannot be printed becomes `?`."""
    for row in rows:
        similarity = row.get("similarity")
        person = _printable(row.get("person") or "-")
        number = "-" if similarity is None else f"{similarity:.3f}"
        marks = "".join(f"  ({word})" for word in _marks(row))
        yield (
            f"{_local(row)}  {row['event_type']:<10}  {person:<24}  {_printable(row['device']):<16}"
            f"  {number:>6}  {_printable(row.get('reason', ''))}{marks}"
        )


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """Lines by RFC 4180 without their ends, the names of the columns first."""
    yield ",".join(COLUMNS)
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow(_cell(row.get(name)) for name in COLUMNS)
        yield line.getvalue().removesuffix("\r\n")


def _marks(row: Row) -> Iterator[str]:
    if row.get("time_doubtful"):
        yield "doubtful time"
    if row.get("muted") is not None:
        yield f"muted: {_printable(row['muted'])}"
    if row.get("test"):
        yield "test"


def _local(row: Row) -> str:
    try:
        return f"{timestamps.from_text(row['decided_at']).astimezone():%Y-%m-%d %H:%M:%S}"
    except (MessageError, OverflowError):
        return "?"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in str(text))


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else as_text(value)


def as_text(value: object) -> object:
    """A text that a spreadsheet would take for a formula stays text; anything else is as it was."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
