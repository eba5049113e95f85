"""From the log to one sink, in order, each record at least once, at the sink's own pace."""

import logging
import threading
from pathlib import Path

import msgspec

from broker.errors import MessageError
from broker.messages import Event
from edge_node import durable
from edge_node.log_files import LogFiles, Place
from edge_node.sinks.json_lines import JsonLines
from edge_node.sinks.sink import Record, Sink, SinkError

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
PAUSE_SECONDS = 1.0
PAUSE_AT_MOST_SECONDS = 60.0


class Delivery:
    """A thread that reads the log behind the logger and never makes it wait.

    The log is the spool: it is bounded by its retention, and outlives a restart. `<name>.place` in the folder
    says how far the sink has got. What a sink refuses for good goes to `<name>.refused.jsonl` and the
    next one is delivered; while the sink cannot be reached, all wait.
    """

    def __init__(self, sink: Sink, logged: Path, folder: Path, *, backfill: bool) -> None:
        self.sink = sink
        self.refused = 0
        self._files = LogFiles(logged)
        self._folder = folder
        self._file = folder / f"{sink.name}.place"
        self._stop = threading.Event()
        self._failing = False
        self._pause = PAUSE_SECONDS
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)
        durable.make_folder(folder)
        self._place = self._read_place(backfill=backfill)
        self._keep_place()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is under way may be delivered once more after the next start."""
        self._stop.set()

    def wait_stopped(self, timeout_seconds: float) -> bool:
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def turn(self) -> bool:
        """Delivers what comes next; whether there was anything. Raises SinkError and OSError."""
        lines, place = self._files.read(self._place, self.sink.batch)
        records = [record for record in map(_record, lines) if record is not None]
        if records:
            self._deliver(records)
        if lines:
            self._place = place
            self._keep_place()
        return bool(lines)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                wait = 0.0 if self.turn() else POLL_SECONDS
            except (SinkError, OSError) as error:
                wait = self._fail(error)
            else:
                self._recover()
            self._stop.wait(wait)

    def _deliver(self, records: list[Record]) -> None:
        refusal: Exception
        try:
            self.sink.deliver(records)
        except SinkError as error:
            if not error.is_final:
                raise
            refusal = error
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001  one record a sink stumbles over must not hold up the rest
            refusal = error
        else:
            return
        if len(records) == 1:
            self._put_aside(records[0], refusal)
            return
        for record in records:
            self._deliver([record])

    def _put_aside(self, record: Record, error: Exception) -> None:
        self.refused += 1
        level = logging.WARNING if self.refused == 1 else logging.DEBUG
        bug = None if isinstance(error, SinkError) else error
        log.log(
            level, "sink %s refuses event %s: %r", self.sink.name, record["event_id"], error, exc_info=bug
        )
        aside = JsonLines(self._folder / f"{self.sink.name}.refused.jsonl")
        try:
            aside.append([msgspec.json.encode({"refused": str(error) or repr(error), "event": record})])
        finally:
            aside.close()

    def _fail(self, error: Exception) -> float:
        level = logging.DEBUG if self._failing else logging.WARNING
        log.log(level, "sink %s: %s; events wait in the log", self.sink.name, error)
        pause = self._pause if self._failing else PAUSE_SECONDS
        self._failing = True
        self._pause = min(pause * 2, PAUSE_AT_MOST_SECONDS)
        return pause

    def _recover(self) -> None:
        if self._failing:
            log.warning("sink %s takes events again", self.sink.name)
            self._failing = False

    def _read_place(self, *, backfill: bool) -> Place | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Place | None)
        except FileNotFoundError:
            pass
        except msgspec.DecodeError as error:
            log.warning("%s is damaged (%s); sink %s begins anew", self._file, error, self.sink.name)
        return None if backfill else self._files.end()

    def _keep_place(self) -> None:
        durable.write(self._file, [msgspec.json.encode(self._place)])


def _record(line: bytes) -> Record | None:
    """An event of the log as it stands there, or None for a line that is none: it was damaged later."""
    try:
        Event.from_json(line)
        record: Record = msgspec.json.decode(line)
    except (MessageError, msgspec.DecodeError):
        return None
    return record
