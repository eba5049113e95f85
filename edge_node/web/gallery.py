"""Endpoints of the gallery: who is in it, small pictures, and changes."""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from broker.messages import JPEG, EventType
from broker.states import GalleryState
from edge_node.errors import DecodeError, GalleryError
from edge_node.names import NAME_MAX
from edge_node.web.album import Album, Contents
from edge_node.web.endpoint import Endpoint, RefusedError, body_of

T = TypeVar("T")

UPLOAD_BYTES = 20_000_000
UPLOADS_AT_ONCE = 2
Group = EventType
_Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]


class PersonQuery(Struct, frozen=True, kw_only=True):
    """group: authorised or restricted."""

    name: _Name
    group: Group


class PhotoQuery(Struct, frozen=True, kw_only=True):
    """key: as the gallery lists it. v: the version, so that browsers keep no old picture."""

    key: Annotated[str, Meta(min_length=1, max_length=1024)]
    v: str | None = None


class Gallery(Struct, frozen=True, kw_only=True):
    """contents: what the source holds; state: what the node makes of it, null until it says so."""

    contents: Contents
    state: GalleryState | None


class Added(Struct, frozen=True, kw_only=True):
    key: str


class Removed(Struct, frozen=True, kw_only=True):
    photos: int


class GalleryDesk:
    """reload: asks the nodes to read the gallery; called after each change."""

    def __init__(
        self, album: Album, state: Callable[[], GalleryState | None], reload: Callable[[], None]
    ) -> None:
        self._album = album
        self._state = state
        self._reload = reload
        self._uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)

    def endpoints(self) -> list[Endpoint]:
        photos, people = "/api/gallery/photos", "/api/gallery/people"
        return [
            Endpoint(path="/api/gallery", says="Who is known", handle=self._contents, answer=Gallery),
            Endpoint(
                path="/api/gallery/thumbnail",
                says="A photo, made small",
                handle=self._thumbnail,
                query=PhotoQuery,
                media=JPEG,
            ),
            Endpoint(
                method="PUT",
                path=photos,
                says="Puts a photo of somebody into the gallery",
                handle=self._add,
                query=PersonQuery,
                body=JPEG,
                answer=Added,
            ),
            Endpoint(
                method="DELETE",
                path=photos,
                says="Removes a photo",
                handle=self._remove,
                query=PhotoQuery,
                answer=Removed,
            ),
            Endpoint(
                method="DELETE",
                path=people,
                says="Removes all photos of somebody",
                handle=self._remove_person,
                query=PersonQuery,
                answer=Removed,
            ),
        ]

    async def _contents(self, _request: Request, _query: Struct) -> Gallery:
        return Gallery(contents=await asyncio.to_thread(self._album.contents), state=self._state())

    async def _thumbnail(self, _request: Request, query: PhotoQuery) -> Response:
        picture = await _done(lambda: self._album.thumbnail(query.key))
        if picture is None:
            raise RefusedError(404, "no_photo", "there is no such photo")
        return Response(picture, media_type=JPEG, headers={"cache-control": "private, max-age=86400"})

    async def _add(self, request: Request, query: PersonQuery) -> Added:
        group = _of_a_person(query.group)
        async with self._uploads:
            jpeg = await body_of(request, UPLOAD_BYTES)
            key = await _done(lambda: self._album.add(query.name, group, jpeg))
        self._reload()
        return Added(key=key)

    async def _remove(self, _request: Request, query: PhotoQuery) -> Removed:
        if not await _done(lambda: self._album.remove(query.key)):
            raise RefusedError(404, "no_photo", "there is no such photo")
        self._reload()
        return Removed(photos=1)

    async def _remove_person(self, _request: Request, query: PersonQuery) -> Removed:
        photos = await _done(lambda: self._album.remove_person(query.name, _of_a_person(query.group)))
        if not photos:
            raise RefusedError(404, "no_person", "nobody of that name is in that group")
        self._reload()
        return Removed(photos=photos)


def _of_a_person(group: EventType) -> EventType:
    if group is EventType.UNKNOWN:
        raise RefusedError(400, "bad_parameter", "group: expected authorised or restricted")
    return group


async def _done(work: Callable[[], T]) -> T:
    """On a thread. The faults of pictures and of the source become refusals."""
    try:
        return await asyncio.to_thread(work)
    except DecodeError as error:
        raise RefusedError(422, error.reason, str(error)) from error
    except GalleryError as error:
        raise RefusedError(422 if error.reason == "bad_name" else 502, error.reason, str(error)) from error
