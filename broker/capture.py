"""How a camera takes its pictures: what its agent says of it, and what may be asked of it."""

from typing import Annotated

from msgspec import Meta

from broker.errors import MessageError
from broker.messages import JSON, WireJson
from broker.publication import Publication
from broker.topics import Topics

Fps = Annotated[float, Meta(gt=0, le=60)]
MIN_FPS_ASKED = 0.2
"""Below it whoever stands before the camera would come and go with its frames."""
MIN_SIDE, MAX_SIDE = 16, 8192
Side = Annotated[int, Meta(ge=MIN_SIDE, le=MAX_SIDE)]
Quality = Annotated[int, Meta(ge=1, le=100)]


class Capture(WireJson, frozen=True, kw_only=True):
    """A camera's settings now: frames a second at most, pixels across, JPEG quality. None: as it comes."""

    fps: Fps
    width: Side | None
    quality: Quality | None

    def to_publication(self, device: str, topics: Topics) -> Publication:
        return Publication(
            topic=topics.device_settings(device),
            payload=self.to_json(),
            qos=1,
            retain=True,
            content_type=JSON,
        )


class CaptureChange(WireJson, frozen=True, kw_only=True):
    """Any of the settings; what is absent or null stays as it is."""

    fps: Annotated[float, Meta(ge=MIN_FPS_ASKED, le=60)] | None = None
    width: Side | None = None
    quality: Quality | None = None

    @classmethod
    def from_publication(cls, publication: Publication) -> "CaptureChange":
        """Raises MessageError, also for a message that changes nothing."""
        if publication.retain:
            raise MessageError("retained", "a retained message is an old wish; publish it without `retain`")
        change = cls.from_json(publication.payload)
        if change == cls():
            raise MessageError("bad_message", "expected a JSON object with fps, width or quality")
        return change
