"""Small pictures of photos, made when they are first asked for."""

import threading
from collections import OrderedDict
from contextlib import nullcontext

from edge_node.decode import thumbnail
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.jpeg import read_header
from edge_node.ports import Photo

SIDE = 320
AT_ONCE = 2
LARGE_PIXELS = 16_000_000
"""One of those at a time: a progressive JPEG of 50 megapixels takes 160 MB while it is decoded."""
KEPT_BYTES = 16_000_000


class Thumbnails:
    """For several threads. The latest are kept in memory."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._large = threading.Lock()
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._bytes = 0

    def of(self, photo: Photo) -> bytes:
        """A JPEG. Raises DecodeError, and OSError for a file that is gone."""
        place = photo.key, photo.fingerprint
        with self._lock:
            kept = self._kept.get(place)
            if kept is not None:
                self._kept.move_to_end(place)
                return kept
        small = self._made(photo.path.read_bytes())
        self._keep(place, small)
        return small

    def check(self, jpeg: bytes) -> None:
        """Raises DecodeError for what is no acceptable JPEG."""
        self._made(jpeg)

    def _made(self, jpeg: bytes) -> bytes:
        header = read_header(jpeg, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        is_large = header.width * header.height > LARGE_PIXELS
        with self._large if is_large else nullcontext(), self._turns:
            return thumbnail(jpeg, side=SIDE, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)

    def _keep(self, place: tuple[str, str], small: bytes) -> None:
        with self._lock:
            self._bytes += len(small) - len(self._kept.get(place, b""))
            self._kept[place] = small
            while self._bytes > KEPT_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])
