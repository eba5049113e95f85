"""Frames made from the real photos, as a camera would send them."""

from datetime import datetime, timedelta
from pathlib import Path

import cv2
from cv2.typing import MatLike

from broker import timestamps
from broker.messages import Frame
from edge_node.faces import Image


def read(photos: Path, name: str) -> Image:
    image = cv2.imread(str(photos / name))
    assert image is not None
    return image.astype("uint8", copy=False)


def jpeg(image: MatLike, height: int = 720) -> bytes:
    scale = height / image.shape[0]
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    encoded, data = cv2.imencode(".jpg", resized)
    assert encoded
    return data.tobytes()


def mirrored(photos: Path, name: str) -> bytes:
    """Another picture of the same person: mirrored and darker."""
    return jpeg(cv2.convertScaleAbs(cv2.flip(read(photos, name), 1), alpha=0.8))


def frame(
    device: str,
    picture: bytes,
    *,
    seq: int = 0,
    age_seconds: float = 0.0,
    captured_at: datetime | None = None,
) -> Frame:
    at = captured_at or timestamps.now() - timedelta(seconds=age_seconds)
    return Frame(device=device, jpeg=picture, captured_at=at, seq=seq, boot_id="boot")
