"""What a command says of one photo: every face and whose it is, or why nothing can be said."""

from typing import Self

from msgspec.structs import asdict

from broker.messages import WireJson
from broker.replies import RecognisedFace, Recognition


class AnsweredFace(RecognisedFace, frozen=True, kw_only=True):
    """cut_out: the file that the face was put into."""

    cut_out: str | None = None

    @classmethod
    def of(cls, face: RecognisedFace, cut_out: str | None = None) -> Self:
        return cls(**asdict(face), cut_out=cut_out)


class Answer(WireJson, frozen=True, kw_only=True):
    """size: width and height in pixels; rejected, detail: why the photo could not be looked at."""

    photo: str
    size: tuple[int, int] | None = None
    faces: tuple[AnsweredFace, ...] = ()
    labelled: str | None = None
    rejected: str | None = None
    detail: str | None = None
    model: str | None = None
    gallery: str | None = None


class NodeAnswer(Answer, frozen=True, kw_only=True):
    """One that came over MQTT. node: who answered, null if nobody did; took_ms: how long that took there."""

    node: str | None = None
    took_ms: int | None = None

    @classmethod
    def of(cls, photo: str, said: Recognition, *, labelled: str | None, detail: str | None) -> Self:
        return cls(
            photo=photo,
            size=said.frame_size,
            faces=tuple(map(AnsweredFace.of, said.faces)),
            labelled=labelled,
            detail=detail,
            model=said.model,
            gallery=said.gallery,
            node=said.node,
            took_ms=said.took_ms,
        )
