"""What came as an event and is none, kept with the reason for people to look at."""

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from broker import timestamps
from broker.errors import MessageError
from broker.publication import Publication
from edge_node.sinks.json_lines import JsonLines

log = logging.getLogger(__name__)

PAYLOAD_BYTES = 4_096
FILE_BYTES = 10_000_000


class Quarantine:
    """The last ten to twenty megabytes of it. A file that cannot be written is said, and holds up nobody."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: JsonLines | None = None
        self._failing = False

    def keep(self, refused: Iterable[tuple[Publication, MessageError]]) -> bool:
        """Whether they are on disk now."""
        records = [_record(publication, error) for publication, error in refused]
        try:
            if self._lines is None:
                self._lines = JsonLines(self._path)
            if self._lines.size > FILE_BYTES:
                self._lines.begin_again()
            self._lines.append(records)
        except OSError as error:
            level = logging.DEBUG if self._failing else logging.WARNING
            log.log(level, "cannot write %s: %s; what is no event is passed over", self._path, error)
            self._failing = True
            return False
        if self._failing:
            log.warning("%s can be written again", self._path)
            self._failing = False
        return True

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()
            self._lines = None


def _record(publication: Publication, error: MessageError) -> bytes:
    record = {
        "received_at": timestamps.to_text(timestamps.now()),
        "topic": publication.topic,
        "reason": error.reason,
        "detail": str(error),
        "payload": publication.payload[:PAYLOAD_BYTES].decode("utf-8", "backslashreplace"),
    }
    return json.dumps(record, separators=(",", ":")).encode()
