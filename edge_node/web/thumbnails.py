"""Small pictures of photos, made when they are first asked for."""

import threading
from collections import OrderedDict

from edge_node.decode import thumbnail
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.ports import Photo

SIDE = 320
AT_ONCE = 2
"""A progressive JPEG of 50 megapixels takes 150 MB while it is decoded."""
KEPT_BYTES = 16_000_000


class Thumbnails:
    """For several threads. The latest are kept in memory."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(AT_ONCE)
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
        with self._turns:
            small = _small(photo.path.read_bytes())
        self._keep(place, small)
        return small

    def check(self, jpeg: bytes) -> None:
        """Raises DecodeError for what is no acceptable JPEG."""
        with self._turns:
            _small(jpeg)

    def _keep(self, place: tuple[str, str], small: bytes) -> None:
        with self._lock:
            self._bytes += len(small) - len(self._kept.get(place, b""))
            self._kept[place] = small
            while self._bytes > KEPT_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])


def _small(jpeg: bytes) -> bytes:
    return thumbnail(jpeg, side=SIDE, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
