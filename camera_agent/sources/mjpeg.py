"""A stream of bytes -> the JPEG pictures in it.

Follows the segments of ISO/IEC 10918-1 Annex B by their lengths, so that a thumbnail inside a segment does
not end its picture, and begins again one byte after a start that turns out to be none.
"""

START = b"\xff\xd8\xff"
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""SOF0 to SOF15; the three left out are DHT, JPG and DAC."""
STUFFED = frozenset({0x00, *range(0xD0, 0xD8)})
"""What follows 0xFF within a scan: a stuffed zero, or a restart marker."""

MAX_PICTURE_BYTES = 16_000_000


class Splitter:
    """Feed it chunks of any size; it gives each picture once its last byte is there."""

    def __init__(self, max_picture_bytes: int = MAX_PICTURE_BYTES) -> None:
        self._max_picture_bytes = max_picture_bytes
        self._buffer = bytearray()
        self._begin()

    def feed(self, chunk: bytes) -> list[bytes]:
        self._buffer += chunk
        pictures = []
        while self._find_start():
            end = self._walk()
            if end is None and len(self._buffer) <= self._max_picture_bytes:
                break
            if end is None or not 0 < end <= self._max_picture_bytes:
                self._drop(1)
                continue
            pictures.append(bytes(self._buffer[:end]))
            self._drop(end)
        return pictures

    def _begin(self) -> None:
        self._at = 2
        self._in_scan = self._has_frame = self._has_scan = False

    def _drop(self, size: int) -> None:
        del self._buffer[:size]
        self._begin()

    def _find_start(self) -> bool:
        """Brings a start of picture to the front of the buffer, if there is one."""
        if self._buffer.startswith(START):
            return True
        found = self._buffer.find(START)
        self._drop(found if found >= 0 else max(0, len(self._buffer) - len(START) + 1))
        return found >= 0

    def _walk(self) -> int | None:
        """Where the picture ends; 0 when it is none; None when more bytes are needed."""
        buffer = self._buffer
        while True:
            if self._in_scan and not self._skip_scan():
                return None
            if self._at + 2 > len(buffer):
                return None
            if buffer[self._at] != 0xFF:
                return 0
            marker = buffer[self._at + 1]
            if marker == 0xFF:
                self._at += 1
            elif marker == EOI:
                return self._at + 2 if self._has_frame and self._has_scan else 0
            elif marker < 0xC0 or marker == SOI or marker in STUFFED:
                return 0
            elif self._at + 4 > len(buffer):
                return None
            else:
                length = int.from_bytes(buffer[self._at + 2 : self._at + 4], "big")
                if length < 2:
                    return 0
                self._at += 2 + length
                self._has_frame |= marker in FRAME_HEADERS
                self._in_scan = marker == SOS
                self._has_scan |= self._in_scan

    def _skip_scan(self) -> bool:
        """Moves to the marker that ends the scan; False when it has not come yet."""
        while True:
            found = self._buffer.find(0xFF, self._at)
            if found < 0 or found + 1 >= len(self._buffer):
                self._at = max(self._at, found if found >= 0 else len(self._buffer))
                return False
            self._at = found
            if self._buffer[found + 1] not in STUFFED:
                self._in_scan = False
                return True
            self._at += 2
