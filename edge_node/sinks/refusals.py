"""What a sink refuses for good: kept beside the log, of a bounded size, and counted."""

import logging
import time
from pathlib import Path

import msgspec

from edge_node.sinks.json_lines import JsonLines

log = logging.getLogger(__name__)

FILE_BYTES = 10_000_000
REPORT_SECONDS = 600.0


class Refusals:
    """One JSON object a line: `refused` says why, `event` is the line of the log. The last ten to twenty
    megabytes are kept."""

    def __init__(self, path: Path, name: str) -> None:
        self.count = 0
        self._path = path
        self._name = name
        self._last = ""
        self._said = 0
        self._due = 0.0

    def put(self, line: bytes, error: Exception) -> None:
        """Raises OSError when it cannot be kept."""
        file = JsonLines(self._path)
        try:
            file.append(
                [b'{"refused":' + msgspec.json.encode(str(error)) + b',"event":' + line.strip() + b"}"]
            )
            if file.size > FILE_BYTES:
                file.begin_again()
        finally:
            file.close()
        self.count += 1
        self._last = str(error)

    def report(self) -> None:
        """Says the first at once, and how many there were now and then."""
        if self.count > self._said and time.monotonic() >= self._due:
            log.warning(
                "sink %s has refused %d events, put into %s; the last one: %s",
                self._name, self.count, self._path.name, self._last,
            )  # fmt: skip
            self._said = self.count
            self._due = time.monotonic() + REPORT_SECONDS
