"""The gallery as the page shows and changes it."""

import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from broker.messages import EventType
from broker.states import PhotoProblem
from edge_node.decode import thumbnail
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.errors import GalleryError
from edge_node.jpeg import read_header
from edge_node.names import display_name
from edge_node.ports import GalleryWriter, Photo, PhotoStore
from edge_node.settings import GallerySettings
from edge_node.stores.build import build_store, build_writer
from edge_node.stores.layout import Layout

SECONDS_BETWEEN = 3.0
SIDE = 320


class Shown(Struct, frozen=True, kw_only=True):
    """One photo. version: changes when its bytes do."""

    key: str
    version: str


class Person(Struct, frozen=True, kw_only=True):
    name: str
    group: EventType
    photos: list[Shown]


class Contents(Struct, frozen=True, kw_only=True):
    """writable: whether photos can be put here. fault: why the source cannot be read, or null."""

    people: list[Person]
    problems: list[PhotoProblem]
    writable: bool
    fault: str | None


class Album:
    """Reads and writes the source itself, so that a change shows at once. Its methods may block."""

    def __init__(self, settings: GallerySettings, cache: Path) -> None:
        self._layout = Layout(settings.authorised, settings.restricted)
        self._store: PhotoStore = build_store(settings, cache)
        self._writer: GalleryWriter | None = build_writer(settings)
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._fault: str | None = None

    def contents(self) -> Contents:
        with self._lock:
            photos = self._photos()
            problems = list(self._store.problems()) if photos or self._fault is None else []
        people: dict[tuple[EventType, str], list[Shown]] = {}
        for photo in photos:
            shown = Shown(key=photo.key, version=hashlib.sha256(photo.fingerprint.encode()).hexdigest()[:16])
            people.setdefault((photo.group, photo.person), []).append(shown)
        return Contents(
            people=[
                Person(name=name, group=group, photos=shown)
                for (group, name), shown in sorted(people.items(), key=lambda one: one[0][1].casefold())
            ],
            problems=problems,
            writable=self._writer is not None,
            fault=self._fault,
        )

    def thumbnail(self, key: str) -> bytes | None:
        """A small JPEG; None when there is no such photo. Raises DecodeError for one that is no picture."""
        with self._lock:
            path = next((photo.path for photo in self._photos() if photo.key == key), None)
        if path is None:
            return None
        try:
            jpeg = path.read_bytes()
        except OSError:
            return None
        return thumbnail(jpeg, side=SIDE, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)

    def add(self, name: str, group: EventType, jpeg: bytes) -> str:
        """The key of the new photo. Raises GalleryError, and DecodeError for what is no acceptable JPEG."""
        person = display_name(name)
        read_header(jpeg, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        thumbnail(jpeg, side=SIDE, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        key = person and self._layout.key(group, person, hashlib.sha256(jpeg).hexdigest()[:16])
        if not key:
            raise GalleryError(
                "bad_name", "expected a name that a folder can have: no slash, no dots before it"
            )
        with self._lock:
            self._writing().put(key, jpeg)
            self._read_at = 0.0
        return key

    def remove(self, key: str) -> bool:
        """Whether there was such a photo."""
        return self._remove([key]) == 1

    def remove_person(self, name: str, group: EventType) -> int:
        """How many photos went."""
        with self._lock:
            keys = [one.key for one in self._photos() if (one.person, one.group) == (name, group)]
        return self._remove(keys)

    def _remove(self, keys: Sequence[str]) -> int:
        """Only what was listed is removed: no other file, whatever the key says."""
        with self._lock:
            known = {photo.key for photo in self._photos()} | self._problem_keys()
            wanted = [key for key in keys if key in known]
            for key in wanted:
                self._writing().remove(key)
            self._read_at = 0.0
        return len(wanted)

    def _problem_keys(self) -> set[str]:
        """Photos with problems can be taken away too, if their place is one of a photo."""
        return {
            one.photo
            for one in self._store.problems()
            if (place := self._layout.place(one.photo)) is not None and "/?" not in one.photo and place.person
        }

    def _writing(self) -> GalleryWriter:
        if self._writer is None:
            raise GalleryError("no_source", "gallery.source is not set: there is nowhere to put photos")
        return self._writer

    def _photos(self) -> Sequence[Photo]:
        now = time.monotonic()
        if not self._read_at or now - self._read_at > SECONDS_BETWEEN:
            self._read_at = now
            try:
                self._store.sync()
                self._fault = None
            except GalleryError as error:
                self._fault = str(error)
        try:
            return self._store.photos()
        except GalleryError:
            return ()
