"""Events offered to a sink, and what its refusals are taken for."""

from collections.abc import Callable, Sequence

from edge_node.log_files import LogFiles
from edge_node.sinks.entry import Entry, entry
from edge_node.sinks.refusals import Refusals
from edge_node.sinks.sink import Sink, SinkError
from edge_node.synced import Synced

TRUSTED_REFUSALS = 10
"""So many in a row are believed to be about the events. Of a place that has taken none, not one is."""


class Offers:
    """A refused batch is to be offered again in smaller parts; an event refused alone is put aside, once it
    is clear that the place takes others: the newest one is tried where that is not known."""

    def __init__(self, files: LogFiles, refusals: Refusals, synced: Callable[[], Synced] | None) -> None:
        self._files = files
        self._refusals = refusals
        self._synced = synced
        self._most: int | None = None
        self._trusted = 0

    def most(self, sink: Sink) -> int:
        """How many to offer at once: fewer than the sink takes while one is looked for that it refuses."""
        return sink.batch if self._most is None else min(self._most, sink.batch)

    def make(self, sink: Sink, entries: Sequence[Entry]) -> bool:
        """Whether they are done with, taken or put aside; if not, they are to be offered again, or fewer.

        Raises SinkError when nothing is known against the events, and OSError.
        """
        try:
            self._is_taken(sink, entries)
        except SinkError as error:
            if not error.is_final:
                raise
            if len(entries) > 1:
                self._most = len(entries) // 2
                return False
            return self._put_aside(sink, entries[0].line, error)
        if self._most is not None:
            self._most = None if self._most >= sink.batch else 2 * self._most
        return True

    def _is_taken(self, sink: Sink, entries: Sequence[Entry]) -> bool:
        """Whether the place had to take any. Raises SinkError."""
        is_taken = sink.deliver([one.record for one in entries])
        if is_taken:
            self._trusted = TRUSTED_REFUSALS
        return is_taken

    def _put_aside(self, sink: Sink, line: bytes, error: SinkError) -> bool:
        """False for an event that is to be offered once more: the place may have been mended since."""
        if error.status is not None:
            if not self._trusted:
                if self._takes_newest(sink, line):
                    return False
                detail = f"{error}; it has taken no other event, so this may be about the address"
                raise SinkError(detail, status=error.status) from error
            self._trusted -= 1
        self._refusals.put(line, error)
        return True

    def _takes_newest(self, sink: Sink, refused: bytes) -> bool:
        """The newest event that the place is to have; never one before the refused one."""
        for line in self._files.newest(self._synced and self._synced()):
            if line == refused:
                return False
            try:
                one = entry(line)
            except ValueError:
                continue
            try:
                if self._is_taken(sink, [one]):
                    return True
            except SinkError as error:
                if not error.is_final:
                    raise
                if error.status is not None:
                    return False
        return False
