"""From the log to one sink, in order, each record at least once, at the sink's own pace."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from edge_node.log_files import LogFiles, Place
from edge_node.sinks.entry import Entry, entry
from edge_node.sinks.offers import Offers
from edge_node.sinks.outage import Outage
from edge_node.sinks.place_file import PlaceFile, beginning
from edge_node.sinks.refusals import Refusals
from edge_node.sinks.sink import Sink, SinkError
from edge_node.synced import Synced

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5


class Delivery:
    """A thread that reads the log behind the logger and never makes it wait, nor ends it.

    The log is the spool: it is bounded by its retention, and outlives a restart. `<name>.place` in the folder
    says how far the sink has got. What a sink refuses for good goes to `<name>.refused.jsonl` and the
    next one is delivered; while the sink cannot be made or reached, all wait.

    make: the sink, at first and again after each failure; may raise SinkError.
    synced: what the writer of the log has on disk; nothing later is read. Without it, all is.
    """

    def __init__(
        self,
        name: str,
        make: Callable[[], Sink],
        logged: Path,
        folder: Path,
        *,
        backfill: bool,
        synced: Callable[[], Synced] | None = None,
    ) -> None:
        self.name = name
        self.refusals = Refusals(folder / f"{name}.refused.jsonl", name)
        self.files_missed = 0
        self.lines_passed = 0
        self._make = make
        self._files = LogFiles(logged)
        self._backfill = backfill
        self._synced = synced
        self._offers = Offers(self._files, self.refusals, synced)
        self._kept = PlaceFile(folder / f"{name}.place")
        self._stop = threading.Event()
        self._step = ""
        self._outage = Outage(name)
        self._thread: threading.Thread | None = None
        self._sink: Sink | None = None
        self._place: Place | None = None
        self._has_all = False  # of the file in which the place is; kept while it does not move
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001  nothing about a sink may keep the log from starting
            self._fail(error)

    def start(self) -> None:
        """May be called again: while there is no room for a thread, the events wait in the log."""
        if self._thread is not None:
            return
        thread = threading.Thread(target=self._run, name=f"sink {self.name}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._step = "start"
            self._fail(SinkError(str(error)))
        else:
            self._thread = thread

    def stop(self) -> None:
        """What is under way may be delivered once more after the next start."""
        self._stop.set()

    def wait_stopped(self, timeout_seconds: float) -> bool:
        if self._thread is None:
            return True
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def turn(self) -> bool:
        """Delivers what comes next; whether there was anything. Raises SinkError and OSError."""
        before = self._place or self._begin()
        sink = self._sink or self._set_up()
        self._step = "delivery"
        most = self._offers.most(sink)
        lines, place = self._files.read(before, most, self._synced and self._synced())
        if not lines or place is None:
            self._has_all = True
            self._kept.save()
            return False
        self._look_back(before, place)
        entries = [one for one in map(self._entry, lines) if one is not None]
        if entries and not self._offers.make(sink, entries):
            return self.turn()
        self._move(place)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                wait = 0.0 if self.turn() else POLL_SECONDS
            except Exception as error:  # noqa: BLE001  whatever it is, events wait in the log and none is lost
                wait = self._fail(error)
            else:
                self._outage.end()
            self.refusals.report()
            self._stop.wait(wait)
        self._kept.save()

    def _begin(self) -> Place:
        """Where it was, or where the first start begins."""
        self._step = "place"
        try:
            place = self._kept.read()
        except LookupError:
            place = None if self._backfill else self._files.end() or beginning(self._files.next_number())
        if place is None:
            files = self._files.listed()
            place = beginning(files[0].number if files else self._files.next_number())
        self._move(place)
        return place

    def _set_up(self) -> Sink:
        self._step = "set-up"
        self._sink = self._make()
        return self._sink

    def _look_back(self, before: Place, found: Place) -> None:
        """Says which files went by retention before all of their events were delivered."""
        if found.mark == before.mark:
            self._has_all = False
            return
        first = before.number + (1 if self._has_all and before.mark else 0)
        missed = found.number - first
        if missed <= 0:
            return
        if any(file.mark == before.mark for file in self._files.listed()):
            self._has_all = True
            return
        self.files_missed += missed
        log.warning(
            "sink %s: log files %d to %d are gone, and it may not have had all of their events",
            self.name, first, found.number - 1,
        )  # fmt: skip
        self._move(beginning(found.number))

    def _move(self, place: Place) -> None:
        self._place = place
        self._has_all = False
        self._kept.keep(place)

    def _entry(self, line: bytes) -> Entry | None:
        try:
            return entry(line)
        except ValueError as error:
            if not self.lines_passed:
                log.warning("sink %s passes over lines of the log that are no events: %s", self.name, error)
            self.lines_passed += 1
            return None

    def _fail(self, error: Exception) -> float:
        self._sink = None
        return self._outage.failed(self._step, error)
