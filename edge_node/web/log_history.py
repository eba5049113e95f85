"""The page's history: the log's, asked by way of its index."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from broker import timestamps
from broker.messages import EventType
from edge_node.history import query as asked
from edge_node.history.history import History
from edge_node.history.query import HistoryError
from edge_node.history.rows import time_of
from edge_node.log_files import LogFiles
from edge_node.web.history import PAGE_MAX, Filters, Hour, Named, Names, Page, Row, Sort, Span

NEWS_AT_MOST = 50
SORTS = {sort.value: sort for sort in asked.Sort}
OFTEN = 9
"""How many cameras and people are counted for an overview."""


class LogHistory:
    """An EventHistory over the log and its closed files. Methods raise HistoryError."""

    def __init__(self, log: Path, index: Path) -> None:
        self._files = LogFiles(log)
        index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._history = History(log, index)
        self._state: object = None
        self._latest: set[str] = set()

    def close(self) -> None:
        self._history.close()

    def update(self) -> list[Row]:
        try:
            state = [(file.mark, file.size_bytes) for file in self._files.listed()]
        except OSError as error:
            raise HistoryError(f"{error}; expected a log that this user may read") from error
        if state == self._state:
            return []
        rows = [_row(event) for event in self._history.latest(NEWS_AT_MOST)]
        new = [row for row in reversed(rows) if row.event_id not in self._latest]
        is_first, self._state = self._state is None, state
        self._latest = {row.event_id for row in rows}
        return [] if is_first else new

    def find(self, filters: Filters, sort: Sort, *, offset: int = 0, limit: int = 50) -> Page:
        wanted = _query(
            filters,
            sort=SORTS[sort.key],
            descending=sort.descending,
            offset=offset,
            limit=max(0, min(limit, PAGE_MAX)),
        )
        page = self._history.find(wanted)
        return Page(total=page.total, offset=offset, rows=[_row(event) for event in page.rows])

    def all(self, filters: Filters) -> Iterator[Row]:
        lines = self._history.lines(_query(filters, descending=False, limit=None))
        return (_row(msgspec.json.decode(line)) for line in lines)

    def hours(self, filters: Filters, shift_minutes: int = 0) -> list[Hour]:
        return [
            Hour(
                at=timestamps.to_text(hour.begins),
                authorised=hour.counts.get(EventType.AUTHORISED, 0),
                restricted=hour.counts.get(EventType.RESTRICTED, 0),
                unknown=hour.counts.get(EventType.UNKNOWN, 0),
            )
            for hour in self._history.hours(_query(filters), timedelta(minutes=shift_minutes))
        ]

    def span(self, filters: Filters) -> Span:
        first, last = (
            self._history.find(_query(filters, descending=descending, limit=1)).rows
            for descending in (False, True)
        )
        return Span(
            types=self._history.types(_query(filters)),
            first=_row(first[0]).at if first else None,
            last=_row(last[0]).at if last else None,
            by_device=self._history.most(_query(filters), "device", OFTEN),
            by_person=self._history.most(_query(filters), "person_id", OFTEN),
        )

    def names(self) -> Names:
        people = [Named(id=one.id or one.name, name=one.name) for one in self._history.people()]
        return Names(people=people, devices=[one.name for one in self._history.devices()])


def _row(event: asked.Row) -> Row:
    """Every event of the index can be shown, be the rest of its line as it may."""
    at = timestamps.to_text(time_of(event))
    try:
        return msgspec.convert({**event, "at": at}, Row)
    except msgspec.ValidationError:
        return Row(
            event_id=event["event_id"],
            event_type=EventType(event["event_type"]),
            at=at,
            device=event["device"],
        )


def _query(
    filters: Filters,
    *,
    sort: asked.Sort = asked.Sort.TIME,
    descending: bool = True,
    offset: int = 0,
    limit: int | None = 0,
) -> asked.Query:
    return asked.Query(
        since=_zoned(filters.since),
        until=_zoned(filters.until),
        types=() if filters.type is None else (filters.type,),
        people=() if filters.person is None else (filters.person,),
        devices=() if filters.device is None else (filters.device,),
        text=filters.text or "",
        sort=sort,
        descending=descending,
        offset=offset,
        limit=limit,
    )


def _zoned(time: datetime | None) -> datetime | None:
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)
