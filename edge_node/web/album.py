"""The gallery as the page shows and changes it."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from broker.messages import EventType
from edge_node.errors import GalleryError
from edge_node.names import caseless, display_name
from edge_node.ports import GalleryWriter
from edge_node.settings import FolderSource, GallerySettings
from edge_node.stores.build import build_store, build_writer
from edge_node.stores.layout import Layout
from edge_node.web.catalogue import Catalogue, Listed, Reading
from edge_node.web.contents import Contents
from edge_node.web.thumbnails import Thumbnails

FOLDER_BYTES = 255


class Album:
    """Reads and writes the source itself, so that a change shows at once. Changes block, as thumbnails do."""

    def __init__(self, settings: GallerySettings, cache: Path) -> None:
        self._layout = Layout(settings.authorised, settings.restricted)
        self._writer: GalleryWriter | None = build_writer(settings)
        self._thumbnails = Thumbnails()
        self._catalogue = Catalogue(
            build_store(settings, cache),
            writable=self._writer is not None,
            awaits_first=lambda: _takes_folders(settings),
        )

    def refresh(self) -> Reading | None:
        """A reading of the source that is worth waiting for; None when it was read just now."""
        return self._catalogue.refresh()

    def contents(self, *, is_late: bool = False) -> Contents:
        """As last read, at once. is_late: a reading took longer than was waited for."""
        contents = self._catalogue.last().contents
        if is_late and contents.fault is None:
            fault = "the source of the gallery is still being read; this is what was known before"
            return msgspec.structs.replace(contents, fault=fault)
        return contents

    def lists(self, key: str) -> bool:
        return key in self._catalogue.last().photos

    def thumbnail(self, key: str) -> bytes | None:
        """A small JPEG; None when there is no such photo. Raises DecodeError for one that is no picture."""
        photo = self._catalogue.last().photos.get(key)
        try:
            return None if photo is None else self._thumbnails.of(photo)
        except OSError:
            return None

    def add(self, name: str, group: EventType, jpeg: bytes) -> str:
        """The key of the new photo. Raises GalleryError, and DecodeError for what is no acceptable JPEG."""
        self._thumbnails.check(jpeg)
        listed = self._catalogue.fresh()
        person, stem = _person(name, listed), hashlib.sha256(jpeg).hexdigest()[:16]
        key = person and self._layout.key(group, person, stem)
        if not key:
            raise GalleryError(
                "bad_name", "expected a name that a folder can have: no slash, no dots before it"
            )
        same = listed.same_as(jpeg)
        if same is not None and (same.person, same.group) != (person, group):
            raise GalleryError("shared_photo", f"it is a photo of {same.person} ({same.group.value}) already")
        try:
            self._writing().put(key, jpeg)
        finally:
            self._catalogue.forget()
        return key

    def remove(self, key: str) -> bool:
        """Whether there was such a photo."""
        return self._remove(self._catalogue.fresh(), [key]) == 1

    def remove_person(self, name: str, group: EventType) -> int:
        """How many photos went."""
        listed = self._catalogue.fresh()
        theirs = [one.key for one in listed.photos.values() if (one.person, one.group) == (name, group)]
        return self._remove(listed, theirs)

    def _remove(self, listed: Listed, keys: Iterable[str]) -> int:
        """Only what was listed is removed: no other file, whatever the key says."""
        known = {*listed.photos, *self._with_problems(listed)}
        wanted = [key for key in keys if key in known]
        try:
            for key in wanted:
                self._writing().remove(key)
        finally:
            self._catalogue.forget()
        return len(wanted)

    def _with_problems(self, listed: Listed) -> Sequence[str]:
        """Photos with problems can be taken away too, if their place is one of a photo."""
        return [
            one.photo
            for one in listed.problems
            if (place := self._layout.place(one.photo)) is not None and "/?" not in one.photo and place.person
        ]

    def _writing(self) -> GalleryWriter:
        if self._writer is None:
            raise GalleryError("no_source", "gallery.source is not set: there is nowhere to put photos")
        return self._writer


def _person(name: str, listed: Listed) -> str | None:
    """As they are spelled already, if only case differs."""
    person = display_name(name)
    if person is None:
        return None
    person = listed.spellings.get(caseless(person), person)
    if len(person.encode()) > FOLDER_BYTES:
        raise GalleryError("bad_name", f"too long: {len(person.encode())} bytes, {FOLDER_BYTES} at most")
    return person


def _takes_folders(settings: GallerySettings) -> bool:
    source = settings.source
    return isinstance(source, FolderSource) and source.path.is_dir() and os.access(source.path, os.W_OK)
