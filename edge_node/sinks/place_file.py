"""How far one sink has got, kept beside the log."""

import logging
import time
from pathlib import Path

import msgspec

from edge_node import durable
from edge_node.log_files import Place

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0
MOST = 2**62


class PlaceFile:
    """`keep` never fails: while the file cannot be written, the place is known in memory only. That is said
    once and tried again with the next place, or by `save`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unsaved: Place | None = None
        self._failing = False
        self._tried = 0.0

    def read(self) -> Place | None:
        """What was kept; None for the oldest event there is. Raises LookupError for nothing, and OSError."""
        try:
            place = msgspec.json.decode(self.path.read_bytes(), type=Place | None)
        except FileNotFoundError as error:
            raise LookupError from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._damaged(str(error)) from error
        if place is not None and not (0 <= place.offset < MOST and 0 <= place.number < MOST):
            raise self._damaged("no such place")
        return place

    def keep(self, place: Place) -> None:
        self._unsaved = place
        self.save()

    def save(self) -> None:
        """Writes what is not on disk yet, unless that has failed just before."""
        if self._unsaved is None or (self._failing and time.monotonic() < self._tried + AGAIN_SECONDS):
            return
        try:
            self._write(msgspec.json.encode(self._unsaved))
        except OSError as error:
            if not self._failing:
                log.warning("%s cannot be written: %s; a restart would repeat events", self.path, error)
            self._failing = True
            self._tried = time.monotonic()
            return
        if self._failing:
            log.warning("%s can be written again", self.path)
        self._failing = False
        self._unsaved = None

    def _write(self, content: bytes) -> None:
        try:
            durable.write(self.path, [content])
        except FileNotFoundError:
            durable.make_folder(self.path.parent)
            durable.write(self.path, [content])

    def _damaged(self, detail: str) -> LookupError:
        log.warning("%s is damaged (%s); the sink begins as at its first start", self.path, detail)
        return LookupError(detail)


def beginning(number: int) -> Place:
    """Before the first line of the file that has this number, or will have."""
    return Place(number=number, mark="", offset=0, check="")


def remove_leftovers(folder: Path) -> None:
    """Of writes that a kill interrupted. For a folder that nobody writes to now."""
    for left in folder.glob(f"*{durable.TEMPORARY}"):
        try:
            left.unlink()
        except OSError as error:
            log.warning("%s cannot be removed: %s", left, error)
