"""What is said of one photo: every face and whose it is, or why nothing can be said."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from broker.messages import EventType, Id, WireJson
from edge_node.album import cut_out, keep
from edge_node.decode import decode
from edge_node.draw import UNKNOWN, draw, label
from edge_node.enrol import MAX_BYTES, MAX_PIXELS
from edge_node.errors import DecodeError, EngineError
from edge_node.faces import Face, Image
from edge_node.names import printable
from edge_node.pipeline import Pipeline
from edge_node.still import recognise


class AnsweredFace(Struct, frozen=True, kw_only=True):
    """One face and its match, in the words of the wire. cut_out: the file it was put into."""

    event_type: EventType
    person: str | None
    person_id: Id | None
    similarity: float | None
    margin: float | None
    reason: str
    score: float
    box: tuple[int, int, int, int]
    cut_out: str | None = None


class Answer(WireJson, frozen=True, kw_only=True):
    """size: width and height in pixels; rejected, detail: why the photo could not be looked at."""

    photo: str
    size: tuple[int, int] | None = None
    faces: tuple[AnsweredFace, ...] = ()
    labelled: str | None = None
    rejected: str | None = None
    detail: str | None = None
    model: str
    gallery: str


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
        faces=tuple(_answered(face, file) for face, file in zip(faces, files, strict=True)),
        labelled=str(keep(shown, labelled, photo.stem)) if labelled and shown is not None else None,
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
            str(keep(cut_out(image, face.seen.detection.box), folder, f"{photo.stem}-{number}-{who}"))
        )
    return files


def _answered(face: Face, file: str | None) -> AnsweredFace:
    match, detection = face.match, face.seen.detection
    return AnsweredFace(
        event_type=match.event_type,
        person=match.person.name if match.person else None,
        person_id=match.person.id if match.person else None,
        similarity=_rounded(match.similarity),
        margin=_rounded(match.margin),
        reason=match.reason,
        score=round(detection.score, 3),
        box=detection.box.rounded(),
        cut_out=file,
    )


def _rounded(cosine: float | None) -> float | None:
    return None if cosine is None else round(cosine, 4)
