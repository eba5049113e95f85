"""The door before every page and endpoint: the right host, the right origin, somebody who is let in."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge_node.web.access import COOKIES, RETRY_SECONDS, Access
from edge_node.web.endpoint import refusal
from edge_node.web.host import is_ours

OPEN_TO_ALL = ("/login", "/static/")
CHALLENGE = {"www-authenticate": "Bearer"}
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
    ours, or show the token itself. An origin with TLS is ours too: a proxy before the page ends it.
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
        if not is_ours(host, self._names):
            return refusal(421, "bad_host", "reached by a name that is not in web.names")
        token = None if self._access.is_open else _bearer(request)
        if token is not None and not self._access.admits(token):
            return self._wrong_token(address_of(request))
        is_our_page = request.headers.get("origin") in (f"http://{host}", f"https://{host}")
        if request.method not in ("GET", "HEAD") and token is None and not is_our_page:
            return refusal(403, "bad_origin", "expected the Origin header of this page, or a Bearer token")
        if token is not None or self._access.is_open or request.url.path.startswith(OPEN_TO_ALL):
            return None
        if any(self._access.knows(request.cookies.get(cookie, "")) for cookie in COOKIES):
            return None
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)
        return refusal(401, "no_token", "log in, or send the token as Authorization: Bearer", CHALLENGE)

    def _wrong_token(self, address: str) -> Response:
        if self._access.fail(address):
            return refusal(401, "wrong_token", "this is not the token of the page", CHALLENGE)
        retry = {"retry-after": str(RETRY_SECONDS)}
        return refusal(429, "wrong_token", "not the token, and many wrong ones came from this address", retry)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""
