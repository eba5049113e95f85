"""The log as something to ask: for the command `events` and for the web page."""

import hashlib
import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec

from broker.messages import EventType
from edge_node.history import select
from edge_node.history.index import Index, Statement
from edge_node.history.live_index import LiveIndex
from edge_node.history.query import Hour, Known, Page, Query, Row
from edge_node.history.records import Records
from edge_node.history.rows import EPOCH, MILLISECOND, TYPES
from edge_node.log_files import LogFiles

INDEX_SUFFIX = ".index"


class History:
    """Answers from an index of the log's files, which every question first brings up to date.

    path: the log's open file, `log.file` of the settings. The index stands beside it as `<name>.index`, or in
    the cache folder where there is no room or no right to write; `index` names another place. told: gets the
    share of the work that is done, while much of the log is new. Safe to use from several threads. Every
    method raises HistoryError, and ReadingError while another thread reads much of the log.
    """

    def __init__(
        self, path: Path, index: Path | None = None, told: Callable[[float], None] = lambda _share: None
    ) -> None:
        self._files = LogFiles(path)
        self._index = LiveIndex(self._files, [index] if index else _index_files(path), told)
        self._ask = self._index.ask

    @property
    def index_file(self) -> Path:
        return self._index.file

    def close(self) -> None:
        self._index.close()

    def find(self, query: Query) -> Page:
        """The events of one page and how many there are on all pages."""

        def answer(index: Index) -> Page:
            (total,) = index.first(select.total(query, index))
            if total <= query.offset:
                return Page([], total)
            places = select.places(query, index, total)
            rows = self._rows(index, places.statement)
            return Page(rows[::-1] if places.is_reversed else rows, total)

        return self._ask(answer)

    def lines(self, query: Query) -> Iterator[bytes]:
        """The same events as lines of the log, each with its newline, however many: they are read as they are
        taken. The answer is that of the moment when the first is taken."""

        def answer(index: Index) -> tuple[Sequence[int], dict[int, str]]:
            (total,) = index.first(select.total(query, index))
            places = select.places(query, index, total, may_reverse=False)
            return array("q", index.flat(places.statement)), index.marks()

        numbers, marks = self._ask(answer)
        with Records(self._files, marks) as records:
            yield from records.lines(zip(*[iter(numbers)] * 3, strict=True))

    def total(self, query: Query) -> int:
        """How many events there are on all pages."""
        return int(self._ask(lambda index: index.first(select.total(query, index)))[0])

    def latest(self, limit: int) -> list[Row]:
        """The events that were logged last, the last first, whenever they were decided."""
        some = Statement("SELECT file, offset, length FROM events ORDER BY id DESC LIMIT ?", (limit,))
        return self._ask(lambda index: self._rows(index, some))

    def types(self, query: Query) -> dict[EventType, int]:
        """How many events there are of each type, on all pages; types without events left out."""
        counted = self._ask(lambda index: index.all(select.by_type(query, index)))
        return {TYPES[kind]: number for kind, number in counted}

    def hours(self, query: Query, shift: timedelta = timedelta()) -> list[Hour]:
        """The same by hour, oldest first, hours without events left out. shift: how much earlier than those
        of UTC the hours begin, where clocks differ from it by half an hour."""
        hours: dict[int, Hour] = {}
        milliseconds = shift // MILLISECOND
        for hour, kind, number in self._ask(
            lambda index: index.all(select.by_hour(query, index, milliseconds))
        ):
            begins = EPOCH + timedelta(hours=hour) - shift
            hours.setdefault(hour, Hour(begins, {})).counts[TYPES[kind]] = number
        return list(hours.values())

    def most(self, query: Query, column: Literal["device", "person_id"], limit: int) -> list[tuple[str, int]]:
        """The cameras or people of most events, and of how many."""
        return self._ask(lambda index: index.all(select.most(query, index, column, limit)))

    def people(self) -> list[Known]:
        """Everybody with a name in the log, by name."""
        return self._ask(lambda index: self._known(index, "person"))

    def devices(self) -> list[Known]:
        """Every device in the log, by id."""
        return self._ask(lambda index: self._known(index, "device"))

    def _known(self, index: Index, column: str) -> list[Known]:
        known = []
        for key, number, last in index.all(select.known(column)):
            for row in self._rows(index, select.last_of(column, key)):
                identity = row["person_id"] if column == "person" else row[column]
                known.append(Known(identity, row[column], number, EPOCH + last * MILLISECOND))
        return known

    def _rows(self, index: Index, places: Statement) -> list[Row]:
        with Records(self._files, index.marks()) as records:
            return [msgspec.json.decode(line) for line in records.lines(index.all(places))]


def _index_files(path: Path) -> list[Path]:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111  may have no home
    name = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:16] + INDEX_SUFFIX
    return [path.with_name(path.name + INDEX_SUFFIX), Path(cache, "edge-node", name)]
