"""One JSON endpoint: how it is reached, what it takes, what it answers; routes and OpenAPI are made of it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

JSON = "application/json"


class Fault(Struct, frozen=True, kw_only=True):
    """Why a request is not granted. error: a short code; detail: the same in words."""

    error: str
    detail: str


class RefusedError(Exception):
    """What a handler raises instead of an answer."""

    def __init__(self, status: int, error: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.error = error


class Nothing(Struct, frozen=True, kw_only=True):
    """No parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """handle: gets the request and its query as `query`; answers a Struct of type `answer`, or a Response of
    the media type `media`. body: media type of what is sent along."""

    path: str
    says: str
    handle: Callable[[Request, Any], Awaitable[Any]]
    method: str = "GET"
    query: type[Struct] = Nothing
    answer: type[Struct] | None = None
    media: str = JSON
    body: str | None = None

    def route(self) -> Route:
        return Route(self.path, self._respond, methods=[self.method])

    async def _respond(self, request: Request) -> Response:
        try:
            parameters = {**request.query_params, **request.path_params}
            query = msgspec.convert(
                {k: v for k, v in parameters.items() if v != ""}, self.query, strict=False
            )
            answer = await self.handle(request, query)
        except msgspec.ValidationError as error:
            return refusal(400, "bad_parameter", str(error))
        except RefusedError as error:
            return refusal(error.status, error.error, str(error))
        if isinstance(answer, Response):
            return answer
        return Response(msgspec.json.encode(answer), media_type=JSON)


def refusal(status: int, error: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(Fault(error=error, detail=detail)), status, headers, media_type=JSON)


async def body_of(request: Request, max_bytes: int) -> bytes:
    """Raises RefusedError for more than that, without having read it all."""
    chunks: list[bytes] = []
    size = 0
    stream: AsyncIterator[bytes] = request.stream()
    async for chunk in stream:
        size += len(chunk)
        if size > max_bytes:
            raise RefusedError(413, "too_large", f"{max_bytes} bytes at most")
        chunks.append(chunk)
    return b"".join(chunks)
