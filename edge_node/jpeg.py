"""The gate before the decoder: what a JPEG claims, read without decoding it.

Decoders believe headers: 900 bytes can ask for gigabytes, and thousands of progressive scans for seconds. The
layout of segments is ITU-T T.81 annex B, the orientation tag Exif 2.3 table 3.
"""

import re
import struct
from dataclasses import dataclass

from edge_node.errors import DecodeError

MAX_SIDE = 8192
MAX_SCANS = 32

_BASELINE_EXTENDED_PROGRESSIVE = (0xC0, 0xC1, 0xC2)
_OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_SOS, _EOI, _APP1 = 0xDA, 0xD9, 0xE1
_NO_LENGTH = (0x01, *range(0xD0, 0xD9))
_MARKER_AFTER_SCAN = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """Width and height in pixels as stored, and the Exif orientation, 1..8, that makes them upright."""

    width: int
    height: int
    orientation: int = 1


def read_header(jpeg: bytes, *, max_bytes: int, max_pixels: int) -> JpegHeader:
    """Walks every segment up to the end marker. Raises DecodeError for what should not be decoded."""
    if not jpeg:
        raise DecodeError("empty", "no bytes")
    if len(jpeg) > max_bytes:
        raise DecodeError("too_large", f"{len(jpeg)} bytes, {max_bytes} at most")
    if jpeg[:3] != b"\xff\xd8\xff":
        raise DecodeError("not_jpeg", f"starts with {jpeg[:3].hex(' ')}, not with ff d8 ff")
    frame: JpegHeader | None = None
    orientation, scans, position = 1, 0, 2
    while True:
        marker, body, position = _segment(jpeg, position)
        if marker == _EOI:
            break
        if marker in _BASELINE_EXTENDED_PROGRESSIVE:
            if frame is not None:
                raise DecodeError("unsupported", "more than one frame header")
            frame = _frame(body, max_pixels)
        elif marker in _OTHER_FRAMES:
            raise DecodeError("unsupported", f"JPEG process {marker:#x}")
        elif marker == _APP1 and orientation == 1:
            orientation = _orientation(body)
        elif marker == _SOS:
            scans += 1
            if frame is None:
                raise DecodeError("corrupt", "a scan before its frame header")
            if scans > MAX_SCANS:
                raise DecodeError("too_many_scans", f"more than {MAX_SCANS} scans")
            position = _end_of_scan(jpeg, position)
    if frame is None or scans == 0:
        raise DecodeError("corrupt", "no picture between start and end")
    return JpegHeader(frame.width, frame.height, orientation)


def _segment(jpeg: bytes, position: int) -> tuple[int, bytes, int]:
    while jpeg[position : position + 2] == b"\xff\xff":
        position += 1
    lead = jpeg[position : position + 2]
    if len(lead) < 2:
        raise DecodeError("truncated", "no end marker")
    marker = lead[1]
    if lead[0] != 0xFF or marker in (0x00, *_NO_LENGTH):
        raise DecodeError("corrupt", f"no marker at byte {position}")
    if marker == _EOI:
        return marker, b"", position + 2
    size = int.from_bytes(jpeg[position + 2 : position + 4])
    end = position + 2 + size
    if end > len(jpeg):
        raise DecodeError("truncated", "a segment runs over the end")
    if size < 2:
        raise DecodeError("corrupt", f"segment of {size} bytes at byte {position}")
    return marker, jpeg[position + 4 : end], end


def _end_of_scan(jpeg: bytes, position: int) -> int:
    found = _MARKER_AFTER_SCAN.search(jpeg, position)
    if found is None:
        raise DecodeError("truncated", "no end marker")
    return found.start(1) - 1


def _frame(body: bytes, max_pixels: int) -> JpegHeader:
    if len(body) < 6:
        raise DecodeError("corrupt", "short frame header")
    bits, height, width, components = struct.unpack_from(">BHHB", body)
    if bits != 8 or components not in (1, 3):
        raise DecodeError("unsupported", f"{components} components of {bits} bits")
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise DecodeError("bad_size", f"{width} x {height}, sides of 1 to {MAX_SIDE} are taken")
    if width * height > max_pixels:
        raise DecodeError("too_many_pixels", f"{width} x {height}, {max_pixels} pixels at most")
    return JpegHeader(width, height)


def _orientation(app1: bytes) -> int:
    if app1[:6] != b"Exif\0\0" or app1[6:10] not in (b"II*\0", b"MM\0*"):
        return 1
    tiff, order = app1[6:], "<" if app1[6:8] == b"II" else ">"
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for index in range(min(entries, 512)):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * index)
            if tag == 0x0112:
                return int(value) if (kind, count) == (3, 1) and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
