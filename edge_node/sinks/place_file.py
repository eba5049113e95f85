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
    once and tried again with the next place, or by `save`.

    `<path>.before` holds an earlier place, for the day when the file is damaged: the first one since the
    start, or in the file of the log.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = path.with_name(path.name + ".before")
        self._number_before: int | None = None
        self._unsaved: Place | None = None
        self._failing = False
        self._tried = 0.0

    def read(self) -> Place | None:
        """What was kept, or an earlier place when that is damaged; None for the oldest event there is.

        Raises LookupError when nothing was ever kept, and OSError.
        """
        try:
            return _read(self.path)
        except FileNotFoundError as error:
            raise LookupError from error
        except ValueError as damage:
            try:
                place = _read(self._before)
            except (FileNotFoundError, ValueError):
                place = None
            log.warning(
                "%s is damaged (%s); the sink goes on from %s, and some events come again",
                self.path, damage, self._before.name if place else "the oldest event of the log",
            )  # fmt: skip
            return place

    def keep(self, place: Place) -> None:
        self._unsaved = place
        self.save()

    def save(self) -> None:
        """Writes what is not on disk yet, unless that has failed just before."""
        if self._unsaved is None or (self._failing and time.monotonic() < self._tried + AGAIN_SECONDS):
            return
        try:
            self._write(self._unsaved)
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

    def _write(self, place: Place) -> None:
        content = [msgspec.json.encode(place)]
        try:
            durable.write(self.path, content)
        except FileNotFoundError:
            durable.make_folder(self.path.parent)
            durable.write(self.path, content)
        if place.number != self._number_before:
            durable.write(self._before, content)
            self._number_before = place.number


def _read(path: Path) -> Place | None:
    """Raises OSError, and ValueError when it is damaged."""
    place = msgspec.json.decode(path.read_bytes(), type=Place | None)
    if place is not None and not (0 <= place.offset < MOST and 0 <= place.number < MOST):
        raise ValueError("no such place")
    return place


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
