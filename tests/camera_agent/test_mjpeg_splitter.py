from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_agent.sources.mjpeg import Splitter


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def jpeg(segments: list[tuple[int, bytes]], scans: list[list[bytes]]) -> bytes:
    """A picture as the standard builds it; what is in the segments is up to the caller."""
    head = b"".join(segment(marker, body) for marker, body in segments)
    frame = segment(0xC0, bytes(15))
    coded = b"".join(segment(0xDA, bytes(10)) + b"".join(scan) for scan in scans)
    return b"\xff\xd8" + head + frame + coded + b"\xff\xd9"


coded_bytes = st.binary(max_size=30).map(lambda raw: raw.replace(b"\xff", b"\xff\x00"))
restart_markers = st.integers(0xD0, 0xD7).map(lambda marker: bytes([0xFF, marker]))
segments = st.tuples(
    st.sampled_from([0xE0, 0xE1, 0xFE, 0xDB, 0xC4, 0xDD]),
    st.binary(max_size=40) | st.just(b"Exif\0\0\xff\xd8\xff\xdb thumbnail \xff\xd9"),
)
jpegs = st.builds(
    jpeg,
    st.lists(segments, max_size=4),
    st.lists(st.lists(coded_bytes | restart_markers, max_size=4), min_size=1, max_size=3),
)
garbage = st.binary(max_size=40).map(lambda raw: raw.replace(b"\xff\xd8\xff", b"--boundary"))


def split(chunks: list[bytes], **limits: int) -> list[bytes]:
    splitter = Splitter(**limits)
    return [picture for chunk in chunks for picture in splitter.feed(chunk)]


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(place % (len(stream) + 1) for place in cuts)})
    return [stream[a:b] for a, b in pairwise(places)]


places = st.lists(st.integers(0, 10_000), max_size=20)


@given(st.lists(st.tuples(garbage, jpegs), max_size=5), garbage, places)
def test_any_chunking_with_garbage_between_gives_the_same_pictures(
    parts: list[tuple[bytes, bytes]], last: bytes, cuts: list[int]
) -> None:
    stream = b"".join(rubbish + picture for rubbish, picture in parts) + last
    assert split(cut(stream, cuts)) == [picture for _, picture in parts]


@given(
    st.lists(st.binary(max_size=60) | jpegs | st.just(b"\xff\xd8\xff"), max_size=8).map(b"".join),
    places,
    st.sampled_from([50, 200, 1_000_000]),
)
def test_any_chunking_of_any_bytes_gives_the_same(stream: bytes, cuts: list[int], limit: int) -> None:
    whole = split([stream], max_picture_bytes=limit)
    assert split(cut(stream, cuts), max_picture_bytes=limit) == whole
    assert all(len(picture) <= limit for picture in whole)


PICTURE = jpeg([(0xE0, b"JFIF\0" + bytes(9)), (0xDB, bytes(65))], [[b"\x12\x34\xff\x00\x56" * 40]])


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x00",
        b"\xff\xd8\xff\xe0\x00\x30 says it goes on into the next picture",
        b"\xff\xd8\xff\xda\x00\x02 a scan without an end",
        PICTURE[:100],
        PICTURE[:-2],
        PICTURE[:-1],
    ],
    ids=[
        "soi",
        "soi-ff",
        "empty",
        "no-length",
        "long-segment",
        "open-scan",
        "cut-in-head",
        "cut-end",
        "cut-ff",
    ],
)
def test_begins_again_after_a_false_or_broken_start(rubbish: bytes) -> None:
    stream = rubbish + PICTURE + PICTURE
    assert split([stream]) == [PICTURE, PICTURE]
    assert split([bytes([byte]) for byte in stream]) == [PICTURE, PICTURE]


def test_keeps_no_more_than_its_limit() -> None:
    splitter = Splitter(max_picture_bytes=10_000)
    endless = b"\xff\xd8\xff\xda\x00\x02" + bytes(1000)
    for _ in range(100):
        assert splitter.feed(endless) == []
        assert len(splitter._buffer) <= 10_000
    assert splitter.feed(PICTURE) == [PICTURE]


def test_real_photos_come_out_byte_for_byte(photos: Path) -> None:
    pictures = [file.read_bytes() for file in sorted(photos.glob("obama*.jpg"))]
    stream = b"".join(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture for picture in pictures)
    assert split([stream[i : i + 4096] for i in range(0, len(stream), 4096)]) == pictures
