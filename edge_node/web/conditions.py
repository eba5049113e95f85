"""Filters of events as a condition in SQL."""

import sqlite3
from typing import Any

from edge_node.web.history import Filters


def where(database: sqlite3.Connection, filters: Filters) -> tuple[str, list[Any]]:
    """A WHERE clause, or nothing, and the values to bind."""
    conditions: dict[str, list[Any]] = {}
    for column, value in (
        ("person_id", filters.person),
        ("device", filters.device),
        ("event_type", filters.type and filters.type.value),
    ):
        if value:
            conditions[f"{column} = ?"] = [value]
    if filters.since is not None:
        conditions["at >= ?"] = [filters.since.timestamp() * 1000]
    if filters.until is not None:
        conditions["at < ?"] = [filters.until.timestamp() * 1000]
    if filters.text:
        conditions.update([_with_text(database, filters.text)])
    if not conditions:
        return "", []
    return "WHERE " + " AND ".join(conditions), [value for values in conditions.values() for value in values]


def _with_text(database: sqlite3.Connection, text: str) -> tuple[str, list[str]]:
    """There are few words in many events: they are looked through, and the events by index."""
    wanted = text.casefold()
    found: dict[str, list[str]] = {}
    for kind, one, name in database.execute("SELECT kind, id, name FROM word"):
        if wanted in one.casefold() or wanted in name.casefold():
            found.setdefault(kind, []).append(one)
    places = [f"{kind} IN ({', '.join('?' * len(ids))})" for kind, ids in found.items()]
    return f"({' OR '.join(places) or 'FALSE'})", [one for ids in found.values() for one in ids]
