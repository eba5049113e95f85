"""Endpoints of the gallery: who is in it, small pictures, and changes."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from broker.messages import JPEG, EventType, Time
from broker.states import GalleryState
from edge_node.errors import DecodeError, GalleryError
from edge_node.names import NAME_MAX
from edge_node.web.album import Album
from edge_node.web.body import Room
from edge_node.web.contents import Contents
from edge_node.web.endpoint import Endpoint, RefusedError
from edge_node.web.thumbnails import AT_ONCE

T = TypeVar("T")

UPLOAD_BYTES = 20_000_000
UPLOADS_BYTES = 3 * UPLOAD_BYTES
Group = Literal["authorised", "restricted"]
_STATUS = {"bad_name": 422, "shared_photo": 409}
_Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]


class PersonQuery(Struct, frozen=True, kw_only=True):
    """Somebody, and in which group."""

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
    """synced_at: when the node had last read the gallery; it has the photo when it says a later time."""

    key: str
    synced_at: Time | None


class Removed(Struct, frozen=True, kw_only=True):
    photos: int


class GalleryDesk:
    """state: what the nodes said; reload: asks them to read the gallery, called after each change."""

    def __init__(
        self, album: Album, state: Callable[[], GalleryState | None], reload: Callable[[], None]
    ) -> None:
        self._album = album
        self._state = state
        self._reload = reload
        self._uploads = Room(UPLOADS_BYTES)
        # Of its own: a source that does not answer must not hold up events and pages.
        self._thumbnails = ThreadPoolExecutor(AT_ONCE, "thumbnails")
        self._changes = ThreadPoolExecutor(1, "changes")

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
        is_late = not await self._is_read()
        return Gallery(contents=self._album.contents(is_late=is_late), state=self._state())

    async def _thumbnail(self, _request: Request, query: PhotoQuery) -> Response:
        if not self._album.lists(query.key):
            await self._is_read()
        picture = await _done(self._thumbnails, lambda: self._album.thumbnail(query.key))
        if picture is None:
            raise RefusedError(404, "no_photo", "there is no such photo")
        return Response(picture, media_type=JPEG, headers={"cache-control": "private, max-age=86400"})

    async def _add(self, request: Request, query: PersonQuery) -> Added:
        group = EventType(query.group)
        async with self._uploads.body(request, UPLOAD_BYTES) as jpeg:
            key = await _done(self._changes, lambda: self._album.add(query.name, group, jpeg))
        state = self._state()
        self._reload()
        return Added(key=key, synced_at=None if state is None else state.synced_at)

    async def _remove(self, _request: Request, query: PhotoQuery) -> Removed:
        if not await _done(self._changes, lambda: self._album.remove(query.key)):
            raise RefusedError(404, "no_photo", "there is no such photo")
        self._reload()
        return Removed(photos=1)

    async def _remove_person(self, _request: Request, query: PersonQuery) -> Removed:
        group = EventType(query.group)
        photos = await _done(self._changes, lambda: self._album.remove_person(query.name, group))
        if not photos:
            raise RefusedError(404, "no_person", "nobody of that name is in that group")
        self._reload()
        return Removed(photos=photos)

    async def _is_read(self) -> bool:
        """Waits a little for the source to be read; whether it was."""
        reading = self._album.refresh()
        if reading is None:
            return True
        done, _ = await asyncio.wait([asyncio.wrap_future(reading.done)], timeout=reading.patience)
        for one in done:
            one.result()
        return bool(done)


async def _done(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """The faults of pictures and of the source become refusals."""
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, work)
    except DecodeError as error:
        raise RefusedError(422, error.reason, str(error)) from error
    except GalleryError as error:
        raise RefusedError(_STATUS.get(error.reason, 502), error.reason, str(error)) from error
