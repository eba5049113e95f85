"""All routes behind the guard."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route

from edge_node.web.access import Access
from edge_node.web.endpoint import Endpoint, refusal
from edge_node.web.guard import Guard
from edge_node.web.openapi import description
from edge_node.web.pages import Pages


def build_app(
    endpoints: Sequence[Endpoint],
    access: Access,
    names: Sequence[str],
    lifespan: Any,
) -> Starlette:
    """lifespan: what runs in the event loop beside the requests."""
    pages = Pages(access)
    described = description(endpoints)

    async def openapi(_request: Request) -> Response:
        return JSONResponse(described)

    routes: list[BaseRoute] = [
        *(endpoint.route() for endpoint in endpoints),
        Route("/openapi.json", openapi, methods=["GET"]),
        *pages.routes(),
    ]

    async def missing(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            return refusal(404, "no_endpoint", "there is no such endpoint; /openapi.json has those there are")
        return pages.missing(request, error)

    async def wrong_method(request: Request, _error: Exception) -> Response:
        allowed = {
            method
            for route in routes
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE
            for method in route.methods or ()
        }
        methods = ", ".join(sorted(allowed or {"GET", "HEAD"}))
        return refusal(405, "bad_method", f"expected {methods}", {"allow": methods})

    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access, names=names)],
        exception_handlers={404: missing, 405: wrong_method},
        lifespan=lifespan,
    )
