"""One photo of this machine looked at: decoded, recognised, and on request drawn on and cut up."""

import math
from collections.abc import Sequence
from pathlib import Path

from edge_node.album import keep
from edge_node.answer import Answer, AnsweredFace
from edge_node.decode import decode
from edge_node.draw import UNKNOWN, draw, label
from edge_node.encode import encode
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.errors import DecodeError, EngineError
from edge_node.faces import Box, Face, Image
from edge_node.names import printable
from edge_node.pipeline import Pipeline
from edge_node.report import recognised
from edge_node.still import recognise

MARGIN = 0.3
"""Of the face's size, on each side of a cutting: hair, chin and ears."""


def answer(
    photo: Path, pipeline: Pipeline, *, labelled: Path | None = None, cut_outs: Path | None = None
) -> Answer:
    """labelled, cut_outs: folders for pictures; AlbumError if one of them cannot be written."""
    name = printable(str(photo), limit=1000)
    model, gallery = pipeline.model, pipeline.gallery.version
    try:
        image = decode(_read(photo), max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
        faces = recognise(image, pipeline)
    except OSError as error:
        return Answer(photo=name, rejected="unreadable", detail=error.strerror, model=model, gallery=gallery)
    except DecodeError as error:
        return Answer(photo=name, rejected=error.reason, detail=str(error), model=model, gallery=gallery)
    except EngineError as error:
        return Answer(photo=name, rejected="no_vector", detail=str(error), model=model, gallery=gallery)
    files = _cut_outs(photo, image, faces, cut_outs) if cut_outs else [None] * len(faces)
    shown = draw(image, [label(face) for face in faces]) if labelled else None
    return Answer(
        photo=name,
        size=(image.shape[1], image.shape[0]),
        faces=tuple(AnsweredFace.of(recognised(face), file) for face, file in zip(faces, files, strict=True)),
        labelled=str(keep(encode(shown), labelled, photo.stem)) if labelled and shown is not None else None,
        model=model,
        gallery=gallery,
    )


def _read(photo: Path) -> bytes:
    with photo.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _cut_outs(photo: Path, image: Image, faces: Sequence[Face], folder: Path) -> list[str | None]:
    files: list[str | None] = []
    for number, face in enumerate(faces, start=1):
        who = face.match.person.id if face.match.person else UNKNOWN
        files.append(
            str(keep(encode(cut_out(image, face.seen.detection.box)), folder, f"{photo.stem}-{number}-{who}"))
        )
    return files


def cut_out(image: Image, box: Box) -> Image:
    """The face with a margin, as far as the picture goes; not turned."""
    across, down = MARGIN * box.width, MARGIN * box.height
    left, top = max(0, int(box.x - across)), max(0, int(box.y - down))
    right, bottom = math.ceil(box.x + box.width + across), math.ceil(box.y + box.height + down)
    return image[top:bottom, left:right]
