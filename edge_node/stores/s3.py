"""Reference photos in a bucket, mirrored to this machine so that recognition never waits for a network.

    mirror/index.json           key -> etag, size, reason
    mirror/objects/<hash>.jpg   the bytes; a key never becomes a file name

What is new or changed is fetched, what is gone is deleted; `deletion` says when not.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from broker.states import PhotoProblem
from edge_node import durable
from edge_node.enrol import MAX_BYTES
from edge_node.errors import DecodeError, GalleryError
from edge_node.ports import Photo
from edge_node.progress import track
from edge_node.stores import index
from edge_node.stores.bucket import CONNECTIONS, Bucket, Listed
from edge_node.stores.deletion import awaited, doubt
from edge_node.stores.index import Entry, Index
from edge_node.stores.layout import Layout
from edge_node.stores.listing import Item, Listing
from edge_node.stores.s3_faults import SOURCE_WIDE

FAULTS_TO_GIVE_UP = 2 * CONNECTIONS
"""So many in a row are the service's and no object's: the rest waits for the next poll."""


class S3Store:
    """A mirror of one bucket. Works from the last good state while the bucket cannot be read."""

    def __init__(self, bucket: Bucket, layout: Layout, folder: Path) -> None:
        self._bucket = bucket
        self._layout = layout
        self._objects = folder / "objects"
        self._index_path = folder / "index.json"
        self._index: Index | None = None

    def sync(self) -> None:
        """Raises GalleryError when the bucket cannot be read, after keeping what did arrive."""
        try:
            durable.make_folder(self._index_path.parent)
            durable.make_folder(self._objects)
            self._sync()
        except OSError as error:
            raise GalleryError("mirror", f"{error}: make room, or correct the owner of the folder") from error
        finally:
            self._bucket.close()

    def photos(self) -> Sequence[Photo]:
        """As of the last sync, of this process or an earlier one. Raises GalleryError if there was none."""
        return self._listing().photos()

    def problems(self) -> Sequence[PhotoProblem]:
        return self._listing().problems()

    def restricted(self) -> Collection[str]:
        return self._listing().restricted()

    def _listing(self) -> Listing:
        if self._index is None:
            self._index = index.load(self._index_path, self._bucket.name)
        if self._index is None:
            raise GalleryError("no_mirror", f"{self._bucket.name} was not yet read on this machine")
        places = ((key, self._layout.place(key), entry) for key, entry in sorted(self._index.entries.items()))
        return Listing(
            tuple(
                Item(key, place, self._path(key), entry.etag, entry.reason)
                for key, place, entry in places
                if place is not None
            )
        )

    def _sync(self) -> None:
        listed = self._listed()
        saved = index.load(self._index_path, self._bucket.name)
        before = saved or Index(source=self._bucket.name)
        stale = {
            key: one for key, one in listed.items() if not self._is_current(key, one, before.entries.get(key))
        }
        fetched, fault = self._fetch(stale)
        entries = {key: _entry(one, fetched.get(key), before.entries.get(key)) for key, one in listed.items()}
        doubted = doubt(before, listed)
        kept = before.entries if doubted.error else awaited(before.entries, entries, self._layout)
        after = Index(
            source=before.source, entries={**kept, **entries}, missing=doubted.missing, polls=doubted.polls
        )
        if after != saved:
            index.save(self._index_path, after)
        self._index = after
        self._sweep()
        failure = fault or doubted.error
        if failure is not None:
            raise failure

    def _listed(self) -> dict[str, Listed]:
        prefixes = [prefix for prefix, _ in self._layout.groups()]
        listed = {key: one for prefix in prefixes for key, one in self._bucket.listing(prefix).items()}
        return {key: one for key, one in listed.items() if self._layout.place(key) is not None}

    def _is_current(self, key: str, listed: Listed, entry: Entry | None) -> bool:
        if entry is None or entry.to_fetch or (entry.etag, entry.size) != (listed.etag, listed.size):
            return False
        return entry.reason is not None or _size(self._path(key)) == listed.size

    def _fetch(
        self, wanted: Mapping[str, Listed]
    ) -> tuple[dict[str, Entry | GalleryError], GalleryError | None]:
        """What became of each object, and the last fault of the source itself."""
        outcomes: dict[str, Entry | GalleryError] = {}
        fault, faults_in_a_row = None, 0
        with ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="s3") as pool:
            results = pool.map(self._fetch_one, wanted.keys(), wanted.values())
            for key, outcome in track(zip(wanted, results, strict=False), "fetching photos", len(wanted)):
                outcomes[key] = outcome
                faults_in_a_row += 1
                if not isinstance(outcome, GalleryError) or outcome.reason not in SOURCE_WIDE:
                    faults_in_a_row = 0
                    continue
                fault = outcome
                if faults_in_a_row == FAULTS_TO_GIVE_UP:
                    pool.shutdown(wait=False, cancel_futures=True)
                    return {key: outcomes.get(key, fault) for key in wanted}, fault
        return outcomes, fault

    def _fetch_one(self, key: str, listed: Listed) -> Entry | GalleryError:
        place = self._layout.place(key)
        reason = place.reason if place else None
        if reason is None and listed.size == 0:
            reason = "empty"
        if reason is None and listed.size > MAX_BYTES:
            reason = "too_large"
        if reason is None:
            try:
                durable.write(self._path(key), _jpeg(self._bucket.fetch(key, listed)))
            except DecodeError as error:
                reason = error.reason
            except GalleryError as error:
                return error
        return Entry(etag=listed.etag, size=listed.size, reason=reason)

    def _path(self, key: str) -> Path:
        return self._objects / f"{hashlib.sha256(key.encode()).hexdigest()}.jpg"

    def _sweep(self) -> None:
        """Deletes the bytes of what is gone, and what a crash left behind."""
        kept = {photo.path for photo in self.photos()}
        for path in self._objects.iterdir():
            if path not in kept:
                path.unlink(missing_ok=True)


def _entry(listed: Listed, fetched: Entry | GalleryError | None, before: Entry | None) -> Entry:
    if isinstance(fetched, Entry):
        return fetched
    if before is not None and (fetched is None or before.reason is None):
        return before
    reason = fetched.reason if fetched else "failed"
    return Entry(etag=listed.etag, size=listed.size, reason=reason, to_fetch=True)


def _jpeg(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Passes bytes on if the first are a JPEG's; the whole gate comes with enrolment."""
    for position, chunk in enumerate(chunks):
        if position == 0 and len(chunk) >= 3 and not chunk.startswith(b"\xff\xd8\xff"):
            raise DecodeError("not_jpeg", f"starts with {chunk[:3].hex(' ')}")
        yield chunk


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
