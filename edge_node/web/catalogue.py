"""What the source of the gallery holds, as it was last read.

A bucket that does not answer takes a minute to say so: reading is done on a thread of its own, by one for all
who wait, and nobody waits long.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from pathlib import Path

from broker.states import PhotoProblem
from edge_node.errors import GalleryError
from edge_node.names import caseless
from edge_node.ports import Photo, PhotoStore
from edge_node.web.contents import Contents, contents_of

SECONDS_BETWEEN = 3.0
WAIT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Listed:
    """photos: by key. spellings: names by what they have in common with others that differ in case."""

    contents: Contents
    photos: Mapping[str, Photo]
    problems: Sequence[PhotoProblem]
    spellings: Mapping[str, str]

    def same_as(self, jpeg: bytes) -> Photo | None:
        """A photo of the same bytes, whosever it is."""
        return next((one for one in self.photos.values() if _holds(one.path, jpeg)), None)


@dataclass(frozen=True, slots=True)
class Reading:
    """done: when it is. began: monotonic seconds."""

    done: Future[None] = field(default_factory=Future)
    began: float = field(default_factory=time.monotonic)

    @property
    def patience(self) -> float:
        """Seconds for which it is worth waiting for."""
        return max(0.0, self.began + WAIT_SECONDS - time.monotonic())


class Catalogue:
    """For several threads. awaits_first: whether photos can be put where there is no group yet."""

    def __init__(self, store: PhotoStore, *, writable: bool, awaits_first: Callable[[], bool]) -> None:
        self._store = store
        self._writable = writable
        self._awaits_first = awaits_first
        self._lock = threading.Lock()
        self._listed = self._of([], [], None)
        self._reading: Reading | None = None
        self._read_at: float | None = None
        self._is_changed = False

    def last(self) -> Listed:
        """At once."""
        return self._listed

    def refresh(self) -> Reading | None:
        """The reading that is under way, or None when the last one was just now."""
        with self._lock:
            now = time.monotonic()
            is_new = self._read_at is not None and now - self._read_at <= SECONDS_BETWEEN
            if self._reading is None and not is_new:
                self._reading = Reading()
                threading.Thread(target=self._read, args=[self._reading], name="gallery", daemon=True).start()
            return self._reading

    def fresh(self) -> Listed:
        """Waits for it a little."""
        reading = self.refresh()
        if reading is not None:
            wait([reading.done], reading.patience)
        return self._listed

    def forget(self) -> None:
        """After a change: what was read is not so any more, nor what is being read."""
        with self._lock:
            self._read_at = None
            self._is_changed = True

    def _read(self, reading: Reading) -> None:
        try:
            if self._read_at is None and not self._listed.photos:
                self._listed = self._as_kept(None)
            is_changed = True
            while is_changed:
                self._is_changed = False
                self._listed = self._as_kept(self._sync())
                with self._lock:
                    is_changed = self._is_changed
                    if not is_changed:
                        self._read_at, self._reading = time.monotonic(), None
        except BaseException as error:
            self._reading = None
            reading.done.set_exception(error)
            raise
        reading.done.set_result(None)

    def _sync(self) -> str | None:
        """What keeps the source from being read."""
        try:
            self._store.sync()
        except GalleryError as error:
            is_new = error.reason == "no_folder" and not self._listed.photos and self._awaits_first()
            return None if is_new else str(error)
        return None

    def _as_kept(self, fault: str | None) -> Listed:
        try:
            return self._of(self._store.photos(), self._store.problems(), fault)
        except GalleryError:
            return self._of([], [], fault)

    def _of(self, photos: Sequence[Photo], problems: Sequence[PhotoProblem], fault: str | None) -> Listed:
        return Listed(
            contents_of(photos, problems, writable=self._writable, fault=fault),
            {photo.key: photo for photo in photos},
            problems,
            {caseless(photo.person): photo.person for photo in photos},
        )


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False
