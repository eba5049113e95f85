"""From a query to SQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from edge_node.history.index import Index, Statement
from edge_node.history.query import Query, Sort
from edge_node.history.rows import TYPES, WORDS, folded, milliseconds
from edge_node.names import caseless

COLUMNS = {
    Sort.TIME: "time",
    Sort.PERSON: "person",
    Sort.DEVICE: "device",
    Sort.TYPE: "type",
    Sort.SIMILARITY: "similarity",
    Sort.ZONE: "zone",
    Sort.LATENCY: "latency",
}
HOUR_MILLISECONDS = 3_600_000
SORTED_AT_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Places:
    """Asks for file, offset and length of the events of one page. is_reversed: the last comes first."""

    statement: Statement
    is_reversed: bool


def places(query: Query, index: Index, total: int, *, may_reverse: bool = True) -> Places:
    """Of few, as `total` says, all are sorted: to look for them along an index of the order would take
    longer. A page near the end is looked for from there."""
    sign = "+" if total <= SORTED_AT_MOST else ""
    condition = _where(query, index)
    limit = total - query.offset if query.limit is None else min(query.limit, total - query.offset)
    from_end = total - query.offset - limit
    is_reversed = may_reverse and from_end < query.offset
    text = (
        f"SELECT file, offset, length FROM events WHERE {condition.text} "
        f"ORDER BY {sign}{_order(query, is_reversed=is_reversed)} LIMIT ? OFFSET ?"
    )
    window = (limit, from_end if is_reversed else query.offset)
    return Places(Statement(text, condition.parameters + window), is_reversed)


def total(query: Query, index: Index) -> Statement:
    condition = _where(query, index)
    return Statement(f"SELECT count(*) FROM events WHERE {condition.text}", condition.parameters)


def by_type(query: Query, index: Index) -> Statement:
    condition = _where(query, index)
    return Statement(
        f"SELECT type, count(*) FROM events WHERE {condition.text} GROUP BY type", condition.parameters
    )


def by_hour(query: Query, index: Index, shift_milliseconds: int) -> Statement:
    condition = _where(query, index)
    return Statement(
        f"SELECT (time + ?) / {HOUR_MILLISECONDS}, type, count(*) FROM events WHERE {condition.text} "
        "GROUP BY 1, 2 ORDER BY 1",
        (shift_milliseconds, *condition.parameters),
    )


def most(query: Query, index: Index, column: str, limit: int) -> Statement:
    """The most frequent values of a column, with how often they are there."""
    condition = _where(query, index)
    return Statement(
        f"SELECT {column}, count(*) FROM events WHERE ({condition.text}) AND {column} IS NOT NULL "
        "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
        (*condition.parameters, limit),
    )


def known(column: str) -> Statement:
    """Each person or device, how often, and when last."""
    return Statement(
        f"SELECT {column}, count(*), max(time) FROM events WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )


def last_of(column: str, key: str) -> Statement:
    return Statement(
        f"SELECT file, offset, length FROM events WHERE {column} = ? ORDER BY time DESC LIMIT 1", (key,)
    )


def _where(query: Query, index: Index) -> Statement:
    conditions = list(_conditions(query, index))
    text = " AND ".join(f"({condition.text})" for condition in conditions) or "1"
    return Statement(text, tuple(value for condition in conditions for value in condition.parameters))


def _order(query: Query, *, is_reversed: bool) -> str:
    """Equals are sorted by time, newest first, whatever the direction. Who has no name comes last."""
    down, up = ("ASC", "DESC") if is_reversed else ("DESC", "ASC")
    direction = down if query.descending else up
    column = COLUMNS[query.sort]
    if column == "time":
        return f"time {direction}, id {direction}"
    nulls = (
        f" NULLS {'FIRST' if is_reversed else 'LAST'}" if column in ("similarity", "person", "zone") else ""
    )
    return f"{column} {direction}{nulls}, time {down}, id {down}"


def _conditions(query: Query, index: Index) -> Iterable[Statement]:
    if query.since is not None:
        yield Statement("time >= ?", (milliseconds(query.since),))
    if query.until is not None:
        yield Statement("time < ?", (milliseconds(query.until),))
    if query.types:
        yield _any_of("type", [TYPES.index(one) for one in query.types])
    if query.devices:
        yield _any_of("device", [one.casefold() for one in query.devices])
    if query.people:
        people = [caseless(one) for one in query.people]
        names, ids = _any_of("person", people), _any_of("person_id", people)
        yield Statement(f"{names.text} OR {ids.text}", names.parameters + ids.parameters)
    if query.text:
        yield _about(query.text, index)


def _about(text: str, index: Index) -> Statement:
    """The words of the log are few: they are looked through first, and then their events."""
    wanted = folded(text)
    found = index.all(Statement("SELECT DISTINCT kind FROM words WHERE instr(folded, ?)", (wanted,)))
    kinds = [kind for (kind,) in found if kind in WORDS]
    some = [
        f"{kind} IN (SELECT word FROM words WHERE kind = '{kind}' AND instr(folded, ?))" for kind in kinds
    ]
    return Statement(" OR ".join(some) or "0", (wanted,) * len(kinds))


def _any_of(column: str, values: Iterable[Any]) -> Statement:
    parameters = tuple(dict.fromkeys(values))
    return Statement(f"{column} IN ({','.join('?' * len(parameters))})", parameters)
