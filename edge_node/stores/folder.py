"""Reference photos in a folder of this machine, read where they are."""

import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from broker.states import PhotoProblem
from edge_node.errors import GalleryError
from edge_node.ports import Photo
from edge_node.stores.layout import Layout
from edge_node.stores.listing import Item, Listing


class FolderStore:
    """Two levels deep and no deeper, so that links in circles lead nowhere. Nothing is ever written."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self._listing: Listing | None = None

    def sync(self) -> None:
        """Reads the folder. Raises GalleryError when it is not there, as with a disk that is not mounted."""
        prefixes = [prefix for prefix, _ in self._layout.groups()]
        try:
            present = [prefix for prefix in prefixes if (self._path / prefix).is_dir()]
            if not present:
                expected = " nor ".join(str(self._path / prefix) for prefix in prefixes)
                raise GalleryError(
                    "no_folder", f"found neither {expected}: mount the disk or correct gallery.source.path"
                )
            items = {item.key: item for prefix in present for item in self._items(prefix)}
        except OSError as error:
            what = f"{error.filename or self._path} cannot be read: {error.strerror or error}"
            raise GalleryError("unreadable", f"{what}: check the disk and the permissions") from error
        self._listing = Listing(tuple(items[key] for key in sorted(items)))

    def photos(self) -> Sequence[Photo]:
        """As of the last sync; the first call may be one, and raise GalleryError."""
        return self._last().photos()

    def problems(self) -> Sequence[PhotoProblem]:
        return self._last().problems()

    def restricted(self) -> Collection[str]:
        return self._last().restricted()

    def _last(self) -> Listing:
        if self._listing is None:
            self.sync()
        return self._listing or Listing()

    def _items(self, prefix: str) -> Iterator[Item]:
        for path in (self._path / prefix).iterdir():
            key = f"{prefix}{path.name}"
            if not path.is_dir():
                yield from self._item(key, path)
                continue
            try:
                inside = list(path.iterdir())
            except OSError:
                yield from self._item(f"{key}/?", path, reason="unreadable")
                continue
            for file in inside:
                if file.is_dir():
                    yield from self._item(f"{key}/{file.name}/?", file)
                else:
                    yield from self._item(f"{key}/{file.name}", file)

    def _item(self, key: str, path: Path, reason: str | None = None) -> Iterator[Item]:
        place = self._layout.place(key)
        if place is None:
            return
        fingerprint = ""
        if place.reason is None and reason is None:
            try:
                facts = path.stat()
            except OSError:
                reason = "unreadable"
            else:
                fingerprint = f"{facts.st_size}-{facts.st_mtime_ns}"
                reason = None if stat.S_ISREG(facts.st_mode) else "not_a_file"
        yield Item(key, place, path, fingerprint, reason)
