"""A picture and the question who is on it, as it goes to whichever node takes it."""

from dataclasses import dataclass
from typing import Literal, Self, cast, get_args

from broker.errors import MessageError
from broker.messages import JPEG
from broker.publication import Publication
from broker.topics import Topics

Form = Literal["json", "jpeg", "both"]
"""What is answered: who is on the picture, the picture with boxes and names, or these in turn."""

MAX_CORRELATION_BYTES = 128
MAX_NAME_CHARACTERS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """reply_to: topic for the answers. correlation: comes back with each answer. expiry_seconds: how long an
    answer is of use."""

    jpeg: bytes
    reply_to: str
    correlation: bytes | None = None
    form: Form = "json"
    expiry_seconds: int | None = None

    VERB = "recognise"

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.requests(self.VERB),
            payload=self.jpeg,
            qos=1,
            content_type=JPEG,
            expiry_seconds=self.expiry_seconds,
            response_topic=self.reply_to,
            correlation_data=self.correlation,
            user_properties={"answer": self.form},
        )

    @classmethod
    def from_publication(cls, publication: Publication, topics: Topics) -> Self:
        """Reads the envelope only: the picture is not looked at. Raises MessageError."""
        reply_to, correlation = address(publication, topics)
        if publication.content_type not in (None, "", JPEG):
            raise MessageError("bad_content_type", f"content type {publication.content_type!r:.80}")
        return cls(
            jpeg=publication.payload,
            reply_to=reply_to,
            correlation=correlation,
            form=_form(publication.user_properties.get("answer", "json")),
            expiry_seconds=publication.expiry_seconds,
        )


def address(publication: Publication, topics: Topics) -> tuple[str, bytes | None]:
    """Response topic and correlation data of a request. Raises MessageError for one that nobody can be told
    about: there is no place for an answer, or none that the asker may choose.

    A node publishes with its own rights: only `<prefix>/replies/<name>` may be named to it.
    """
    if publication.retain:
        raise MessageError("retained", "a retained request is an old request")
    topic, correlation = publication.response_topic, publication.correlation_data
    if not topic:
        raise MessageError("no_response_topic", "no response topic, so there is nowhere to answer")
    name = topic.removeprefix(topics.replies(""))
    if name == topic or not _is_name(name):
        raise MessageError("foreign_response_topic", f"{topic!r:.80} is not {topics.replies('<name>')}")
    if correlation is not None and len(correlation) > MAX_CORRELATION_BYTES:
        raise MessageError("long_correlation", f"{len(correlation)} bytes, {MAX_CORRELATION_BYTES} at most")
    return topic, correlation


def _is_name(text: str) -> bool:
    is_short = 0 < len(text) <= MAX_NAME_CHARACTERS
    return is_short and text.isprintable() and not any(sign in text for sign in "/+#")


def _form(text: str) -> Form:
    if text not in get_args(Form):
        raise MessageError("bad_answer", f"answer: expected {', '.join(get_args(Form))}, got {text!r:.40}")
    return cast("Form", text)
