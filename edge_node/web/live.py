"""The endpoint of the live pictures: what is newest of every camera on the page, in one answer."""

import asyncio
import struct
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from broker.messages import EventType
from broker.topics import is_id
from edge_node.web.cameras import AT_ONCE_MAX, Cameras
from edge_node.web.endpoint import Endpoint, RefusedError
from edge_node.web.newest import Picture
from edge_node.web.sending import Sending

MEDIA = "application/x-edge-pictures"
FACES_AT_MOST = 200
SENT_AT_ONCE = 32


class Face(Struct, frozen=True, kw_only=True):
    """box: left, top, width, height in pixels of the observed frame."""

    box: tuple[int, int, int, int]
    event_type: EventType
    person: str | None
    similarity: float | None
    reason: str


class Caption(Struct, frozen=True, kw_only=True):
    """Stands before each picture. matched: whether the faces are of this very picture."""

    device: str
    number: int
    seq: int | None
    boot_id: str | None
    captured_at: str | None
    frame_size: tuple[int, int] | None
    faces: list[Face]
    matched: bool


class LiveQuery(Struct, frozen=True, kw_only=True):
    """camera: `<device>:<number>` of the picture that is shown, 0 for none; may be repeated."""

    camera: list[str]


class Live:
    """The browser asks when it has drawn what it got: a slow one asks seldom."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras
        self._places = asyncio.Semaphore(SENT_AT_ONCE)

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                path="/api/live",
                says="Pictures newer than those shown, for each: length of a Caption (4 bytes, big endian), "
                "Caption, length of a JPEG, JPEG. Nothing after a few seconds without any",
                handle=self._next,
                query=LiveQuery,
                media=MEDIA,
                parts=(Caption,),
            )
        ]

    async def _next(self, _request: Request, query: LiveQuery) -> Response:
        shown = dict(_shown(one) for one in query.camera)
        if len(shown) > AT_ONCE_MAX:
            raise RefusedError(400, "too_many", f"{AT_ONCE_MAX} cameras at most")

        async def parts() -> Sequence[bytes]:
            return [*_packed(await self._cameras.next(shown))]

        return Sending(await parts(), parts, self._places, media=MEDIA)


def _shown(text: str) -> tuple[str, int]:
    device, _, number = text.partition(":")
    if not is_id(device) or not (number.isascii() and number.isdigit() and len(number) <= 15):
        raise RefusedError(400, "bad_parameter", "expected camera=<device>:<number>")
    return device, int(number)


def _packed(pictures: Iterable[Picture]) -> Iterable[bytes]:
    for picture in pictures:
        caption = msgspec.json.encode(_caption(picture))
        yield struct.pack(">I", len(caption)) + caption + struct.pack(">I", len(picture.frame.jpeg))
        yield picture.frame.jpeg


def _caption(picture: Picture) -> Caption:
    frame, seen = picture.frame, picture.observation
    return Caption(
        device=picture.device,
        number=picture.number,
        seq=frame.seq,
        boot_id=frame.boot_id,
        captured_at=None if frame.captured_at is None else frame.captured_at.isoformat(),
        frame_size=seen.frame_size if seen else None,
        faces=[
            Face(
                box=face.box,
                event_type=face.event_type,
                person=face.person,
                similarity=face.similarity,
                reason=face.reason,
            )
            for face in (seen.faces if seen else [])[:FACES_AT_MOST]
        ],
        matched=picture.matched,
    )
