"""Reference photos -> templates, one photo at a time; a bad one is a reason, never an end."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_node.decode import decode
from edge_node.errors import DecodeError, EngineError
from edge_node.gallery import Enrolment
from edge_node.ports import Detector, Embedder, Photo

MAX_BYTES = 50_000_000
MAX_PIXELS = 50_000_000


def enrol(
    photos: Iterable[Photo], detector: Detector, embedder: Embedder, known: Sequence[Enrolment] = ()
) -> Iterator[Enrolment]:
    """One enrolment a photo, in order.

    known: earlier enrolments by the same models. A photo with the key and fingerprint of one is not read, and
    one with the same bytes is not looked at again.
    """
    by_key = {(one.key, one.fingerprint): one for one in known if one.digest}
    by_digest = {one.digest: one for one in known}
    for photo in photos:
        same = by_key.get((photo.key, photo.fingerprint))
        if same is not None:
            yield _enrolment(photo, same.digest, same.template, same.reason)
            continue
        try:
            jpeg = _read(photo.path)
        except OSError:
            yield _enrolment(photo, "", None, "unreadable")
            continue
        digest = hashlib.sha256(jpeg).hexdigest()
        same = by_digest.get(digest)
        if same is None:
            template, reason = template_of(jpeg, detector, embedder)
            same = _enrolment(photo, digest, template, reason)
            by_digest[digest] = same
        yield _enrolment(photo, digest, same.template, same.reason)


def template_of(
    jpeg: bytes, detector: Detector, embedder: Embedder
) -> tuple[npt.NDArray[np.float32] | None, str | None]:
    """The unit vector of the only face, or the reason why there is none."""
    try:
        image = decode(jpeg, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
    except DecodeError as error:
        return None, error.reason
    faces = detector.detect(image)
    if len(faces) != 1:
        return None, "several_faces" if faces else "no_face"
    try:
        template = embedder.embed(image, faces)[0].astype(np.float32)
    except EngineError:
        return None, "no_vector"
    norm = float(np.linalg.norm(template))
    if not (np.isfinite(norm) and norm > 0):
        return None, "no_vector"
    return template / np.float32(norm), None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _enrolment(
    photo: Photo, digest: str, template: npt.NDArray[np.float32] | None, reason: str | None
) -> Enrolment:
    return Enrolment(photo.key, photo.group, photo.person, photo.fingerprint, digest, template, reason)
