"""The door before every page and endpoint: the right host, the right origin, somebody who is let in."""

import ipaddress
from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_node.web.access import COOKIE, Access
from edge_node.web.endpoint import refusal

OPEN_TO_ALL = ("/login", "/static/")
HEADERS = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """ASGI middleware.

    A name in the Host header that is none of ours is another site's, whose owner has pointed it at this
    machine (DNS rebinding); addresses cannot be used so. Whatever changes something must come from a page of
    ours, or show the token itself.
    """

    def __init__(self, app: ASGIApp, access: Access, names: Iterable[str]) -> None:
        self._app = app
        self._access = access
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        refused = self._refused(Request(scope))
        await (refused or self._app)(scope, receive, send_guarded)

    def _refused(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not self._is_ours(host):
            return refusal(421, "bad_host", "reached by a name that is not in web.names")
        bearer = self._shows_token(request)
        is_ours = bearer or request.headers.get("origin") == f"{request.url.scheme}://{host}"
        if request.method not in ("GET", "HEAD") and not is_ours:
            return refusal(403, "bad_origin", "expected the Origin header of this page, or a Bearer token")
        if bearer or self._access.is_open or request.url.path.startswith(OPEN_TO_ALL):
            return None
        if self._access.knows(request.cookies.get(COOKIE, "")):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)
        return refusal(401, "no_token", "log in, or send the token as Authorization: Bearer")

    def _is_ours(self, host: str) -> bool:
        name = (
            host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        )
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name.lower() in self._names
        return True

    def _shows_token(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return False
        address = address_of(request)
        if self._access.is_blocked(address):
            return False
        if self._access.admits(token):
            return True
        self._access.fail(address)
        return False


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""
