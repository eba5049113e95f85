import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_node.decode import decode, glance_at, glance_of
from edge_node.errors import DecodeError
from edge_node.jpeg import MAX_SCANS, JpegHeader, read_header

LIMITS = {"max_bytes": 4_000_000, "max_pixels": 8_000_000}


def picture(width: int = 64, height: int = 48) -> cv2.typing.MatLike:
    """Smooth, with every corner of another colour, so that a turn shows."""
    corners = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)


def jpeg_of(image: cv2.typing.MatLike, *flags: int) -> bytes:
    encoded, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95, *flags])
    assert encoded
    return data.tobytes()


GOOD = jpeg_of(picture())


def with_exif(jpeg: bytes, orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    tiff = mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def with_sides(jpeg: bytes, width: int, height: int) -> bytes:
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def with_scans(jpeg: bytes, scans: int) -> bytes:
    at = jpeg.index(b"\xff\xda")
    return jpeg[:at] + jpeg[at:-2] * scans + jpeg[-2:]


def test_a_picture_comes_back_as_it_was() -> None:
    image = decode(GOOD, **LIMITS)
    assert image.shape == (48, 64, 3)
    assert np.abs(image.astype(int) - picture()).mean() < 3


def test_grey_and_progressive_pictures_are_taken() -> None:
    grey = jpeg_of(cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY))
    assert decode(grey, **LIMITS).shape == (48, 64, 3)
    assert decode(jpeg_of(picture(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1), **LIMITS).shape == (48, 64, 3)


TURNS: dict[int, Callable[[cv2.typing.MatLike], cv2.typing.MatLike]] = {
    1: lambda image: image,
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: lambda image: cv2.transpose(image),
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    7: lambda image: cv2.flip(cv2.transpose(image), -1),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_pictures_are_turned_upright(orientation: int, order: str) -> None:
    upright = TURNS[orientation](picture())
    image = decode(with_exif(GOOD, orientation, order), **LIMITS)
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 3


HOSTILE = {
    "empty": (b"", "empty"),
    "text": (b"hello, I am a JPEG, honestly", "not_jpeg"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_jpeg"),
    "gif": (b"GIF89a" + bytes(100), "not_jpeg"),
    "start marker alone": (b"\xff\xd8\xff", "truncated"),
    "start and end": (b"\xff\xd8\xff\xd9", "corrupt"),
    "cut in the header": (GOOD[:100], "truncated"),
    "cut in the scan": (GOOD[: len(GOOD) * 3 // 4], "truncated"),
    "cut, with an end marker": (GOOD[: len(GOOD) * 3 // 4] + b"\xff\xd9", "corrupt"),
    "huge payload": (GOOD + bytes(5_000_000), "too_large"),
    "claims 8000 x 8000": (with_sides(GOOD, 8000, 8000), "too_many_pixels"),
    "claims 65535 x 1": (with_sides(GOOD, 65535, 1), "bad_size"),
    "claims 0 x 0": (with_sides(GOOD, 0, 0), "bad_size"),
    "hundreds of scans": (
        with_scans(jpeg_of(picture(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1), 500),
        "too_many_scans",
    ),
    "two frame headers": (
        GOOD[: GOOD.index(b"\xff\xda")] + GOOD[GOOD.index(b"\xff\xc0") :],
        "unsupported",
    ),
    "arithmetic coding": (GOOD.replace(b"\xff\xc0", b"\xff\xc9", 1), "unsupported"),
    "lossless": (GOOD.replace(b"\xff\xc0", b"\xff\xc3", 1), "unsupported"),
    "scan before frame": (b"\xff\xd8" + GOOD[GOOD.index(b"\xff\xda") :], "corrupt"),
    "segment of no length": (b"\xff\xd8\xff\xe0\x00\x00" + bytes(50), "corrupt"),
}


@pytest.mark.parametrize(("jpeg", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_each_hostile_frame_has_its_reason_and_the_next_good_one_works(jpeg: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(jpeg, **LIMITS)
    assert caught.value.reason == reason
    assert decode(GOOD, **LIMITS).shape == (48, 64, 3)


def test_as_many_scans_as_allowed_pass_the_gate() -> None:
    progressive = jpeg_of(picture(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    scans = progressive.count(b"\xff\xda")
    assert scans < MAX_SCANS
    assert read_header(progressive, **LIMITS) == JpegHeader(64, 48)


def test_bytes_after_the_end_marker_are_no_fault() -> None:
    assert decode(GOOD + GOOD[:50], **LIMITS).shape == (48, 64, 3)


def test_the_header_is_read_without_decoding(photos: Path) -> None:
    header = read_header((photos / "obama3.jpg").read_bytes(), **LIMITS)
    assert (header.width, header.height) == (1434, 2333)


@settings(max_examples=300)
@given(st.data())
def test_no_damage_raises_anything_but_a_decode_error(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode(bytes(damaged), **LIMITS)
    except DecodeError as error:
        assert error.reason  # noqa: PT017  either outcome is right
    else:
        assert image.dtype == np.uint8


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_decode_error(junk: bytes) -> None:
    for jpeg in (junk, b"\xff\xd8\xff" + junk, GOOD[:200] + junk):
        with pytest.raises(DecodeError):
            decode(jpeg, **LIMITS)


@pytest.mark.parametrize("size", [(64, 48), (8, 8), (640, 480)])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_glance_is_the_same_before_and_after_decoding(size: tuple[int, int], orientation: int) -> None:
    jpeg = with_exif(jpeg_of(picture(*size)), orientation)
    first, later = glance_at(jpeg, **LIMITS), glance_of(decode(jpeg, **LIMITS))
    assert later is not None
    assert first.frame_size == later.frame_size
    assert first.blocks.shape == later.blocks.shape
    assert np.abs(first.blocks.astype(int) - later.blocks).max() <= 6


@pytest.mark.parametrize("size", [(61, 43), (1, 1), (450, 338)])
def test_a_glance_at_odd_sizes_covers_the_picture(size: tuple[int, int]) -> None:
    jpeg = jpeg_of(picture(*size))
    glance = glance_at(jpeg, **LIMITS)
    assert glance.frame_size == size
    assert glance.blocks.shape == (-(-size[1] // 8), -(-size[0] // 8))
    assert glance_of(decode(jpeg, **LIMITS)) is None


@given(st.binary(max_size=200))
def test_a_glance_at_anything_is_a_glance_or_one_reason(data: bytes) -> None:
    with pytest.raises(DecodeError):
        glance_at(GOOD[:20] + data, **LIMITS)
