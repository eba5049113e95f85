"""Endpoints about past events: pages of them, counts, and all of them as a file."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from broker.messages import EventType, Id
from edge_node.history.query import HistoryError, ReadingError
from edge_node.history.show import as_text
from edge_node.web.broadcast import Broadcast, TooManyError
from edge_node.web.endpoint import Endpoint, RefusedError
from edge_node.web.exports import Chunks, Exports
from edge_node.web.history import PAGE_MAX, EventHistory, Filters, Hour, Names, Page, Row, Sort, SortKey, Span

T = TypeVar("T")

_ROWS_AT_ONCE = 500
_Text = Annotated[str, Meta(max_length=200)]


class FilterQuery(Struct, frozen=True, kw_only=True):
    """person: an id or a name; since, until: RFC 3339 with zone; text: part of a name, camera or zone."""

    person: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    device: Id | None = None
    type: EventType | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None
    until: Annotated[datetime, Meta(tz=True)] | None = None
    text: _Text | None = None

    def filters(self) -> Filters:
        return Filters(**{name: getattr(self, name) for name in Filters.__struct_fields__})


class PageQuery(FilterQuery, frozen=True, kw_only=True):
    sort: SortKey = "time"
    descending: bool = True
    offset: Annotated[int, Meta(ge=0, le=2**53)] = 0
    limit: Annotated[int, Meta(ge=0, le=PAGE_MAX)] = 50


class HoursQuery(FilterQuery, frozen=True, kw_only=True):
    """shift: minutes by which the hours begin before those of UTC, as 30 where clocks are 5:30 ahead."""

    shift: Annotated[int, Meta(ge=0, le=59)] = 0


class Hours(Struct, frozen=True, kw_only=True):
    hours: list[Hour]


class News(Struct, frozen=True, kw_only=True):
    """What the stream says when events were logged: the latest of them."""

    rows: list[Row]


class Events:
    """EventHistory over HTTP."""

    def __init__(self, history: EventHistory, broadcast: Broadcast) -> None:
        self._history = history
        self._broadcast = broadcast
        self._exports = Exports()

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                path="/api/events", says="A page of events", handle=self._find, query=PageQuery, answer=Page
            ),
            Endpoint(
                path="/api/events.csv",
                says="All events that the filters leave, oldest first, as CSV for spreadsheets",
                handle=self._csv,
                query=FilterQuery,
                media="text/csv",
            ),
            Endpoint(
                path="/api/events.json",
                says="All events that the filters leave, oldest first, as a JSON array",
                handle=self._json,
                query=FilterQuery,
                answer=list[Row],
            ),
            Endpoint(
                path="/api/events/stream",
                says="News of events as they are logged; each message is a News object",
                handle=self._stream,
                media="text/event-stream",
                parts=(News,),
            ),
            Endpoint(
                path="/api/hours",
                says="Events by hour and type",
                handle=self._hours,
                query=HoursQuery,
                answer=Hours,
            ),
            Endpoint(
                path="/api/span",
                says="Counts, first and last of the events that the filters leave",
                handle=self._span,
                query=FilterQuery,
                answer=Span,
            ),
            Endpoint(path="/api/names", says="Who and what is in the log", handle=self._names, answer=Names),
        ]

    async def _find(self, _request: Request, query: PageQuery) -> Page:
        sort = Sort(key=query.sort, descending=query.descending)
        find = partial(self._history.find, query.filters(), sort, offset=query.offset, limit=query.limit)
        return await _answer(find)

    async def _hours(self, _request: Request, query: HoursQuery) -> Hours:
        return Hours(hours=await _answer(partial(self._history.hours, query.filters(), query.shift)))

    async def _span(self, _request: Request, query: FilterQuery) -> Span:
        return await _answer(partial(self._history.span, query.filters()))

    async def _names(self, _request: Request, _query: Struct) -> Names:
        return await _answer(self._history.names)

    async def _csv(self, request: Request, query: FilterQuery) -> Response:
        chunks = _csv(self._history.all(query.filters()))
        return await _granted(
            self._exports.begin(request, chunks, name="events.csv", media="text/csv; charset=utf-8")
        )

    async def _json(self, request: Request, query: FilterQuery) -> Response:
        chunks = _json(self._history.all(query.filters()))
        return await _granted(
            self._exports.begin(request, chunks, name="events.json", media="application/json")
        )

    async def _stream(self, _request: Request, _query: Struct) -> Response:
        try:
            news = self._broadcast.listen()
        except TooManyError as error:
            raise RefusedError(503, "busy", "too many pages are open; close one") from error
        return StreamingResponse(news, media_type="text/event-stream")


async def _answer(question: Callable[[], T]) -> T:
    """Asked on another thread, for the disk may be slow."""
    return await _granted(asyncio.to_thread(question))


async def _granted(answer: Awaitable[T]) -> T:
    """The faults of the history become refusals."""
    try:
        return await answer
    except ReadingError as error:
        raise RefusedError(503, "reading", str(error)) from error
    except HistoryError as error:
        raise RefusedError(503, "no_log", str(error)) from error


def _csv(rows: Iterable[Row]) -> Chunks:
    text = io.StringIO()
    writer = csv.writer(text)
    text.write("\ufeff")  # by which Excel knows UTF-8
    writer.writerow(Row.__struct_fields__)
    for number, row in enumerate(rows, 1):
        writer.writerow([as_text(value) for value in msgspec.structs.astuple(row)])
        if number % _ROWS_AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _json(rows: Iterable[Row]) -> Chunks:
    gathered = [b"["]
    for number, row in enumerate(rows):
        gathered.append((b",\n" if number else b"\n") + msgspec.json.encode(row))
        if len(gathered) >= _ROWS_AT_ONCE:
            yield b"".join(gathered)
            gathered = []
    yield b"".join(gathered) + b"\n]\n"
