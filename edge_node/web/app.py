"""All routes behind the guard."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge_node.web.access import Access
from edge_node.web.endpoint import Endpoint
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

    return Starlette(
        routes=[
            *(endpoint.route() for endpoint in endpoints),
            Route("/openapi.json", openapi),
            *pages.routes(),
        ],
        middleware=[Middleware(Guard, access=access, names=names)],
        exception_handlers={404: pages.missing},
        lifespan=lifespan,
    )
