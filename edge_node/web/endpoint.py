"""One JSON endpoint: how it is reached, what it takes, what it answers; routes and OpenAPI are made of it."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
import msgspec.inspect
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

log = logging.getLogger(__name__)

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
    """handle: gets the request and its query as `query`; answers what is of type `answer`, or a Response of
    the media type `media`. answer: a Struct or a list of them, also what a Response of JSON holds. parts:
    what an answer of another media type is made of. body: media type of what is sent along.

    Only the lists in `query` may be repeated; of all others the last counts, and empty ones do not.
    """

    path: str
    says: str
    handle: Callable[[Request, Any], Awaitable[Any]]
    method: str = "GET"
    query: type[Struct] = Nothing
    answer: Any = None
    parts: tuple[type[Struct], ...] = ()
    media: str = JSON
    body: str | None = None

    def route(self) -> Route:
        route = Route(self.path, self._respond, methods=[self.method])
        # Answers are long and some never end: HEAD would make all of it for nobody.
        route.methods = {self.method}
        return route

    async def _respond(self, request: Request) -> Response:
        try:
            answer = await self.handle(request, self._asked(request))
        except RefusedError as error:
            return refusal(error.status, error.error, str(error))
        except Exception:
            log.exception("a bug; %s %s is not answered", self.method, self.path)
            return refusal(500, "bug", "a bug of the page; its log says more")
        if isinstance(answer, Response):
            return answer
        return Response(msgspec.json.encode(answer), media_type=JSON)

    def _asked(self, request: Request) -> Struct:
        given = request.query_params
        try:
            unquote_to_bytes(request.scope["query_string"]).decode()  # else it would become other characters
            lists = {name: given.getlist(name) for name in given if name in _lists(self.query)}
            several = {name: [value for value in values if value] for name, values in lists.items()}
            parameters: dict[str, Any] = {**given, **several, **request.path_params}
            return msgspec.convert({k: v for k, v in parameters.items() if v}, self.query, strict=False)
        except (msgspec.ValidationError, UnicodeDecodeError) as error:
            raise RefusedError(400, "bad_parameter", str(error)) from error


@cache
def _lists(query: type[Struct]) -> frozenset[str]:
    described = msgspec.inspect.type_info(query)
    assert isinstance(described, msgspec.inspect.StructType)
    return frozenset(one.name for one in described.fields if isinstance(one.type, msgspec.inspect.ListType))


def refusal(status: int, error: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(Fault(error=error, detail=detail)), status, headers, media_type=JSON)
