"""The HTML: a frame for each page, filled by its script from the endpoints."""

from pathlib import Path
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from broker.topics import is_id
from edge_node.web.access import COOKIE, COOKIES, RETRY_SECONDS, SECURE_COOKIE, SESSION_SECONDS, Access
from edge_node.web.body import Room
from edge_node.web.endpoint import RefusedError
from edge_node.web.guard import address_of

HERE = Path(__file__).parent
PAGES = {"/": "events", "/live": "live", "/charts": "charts", "/gallery": "gallery", "/system": "system"}
SUBJECTS = {"/people/{id}": "person", "/devices/{id}": "device"}
LOGIN_BYTES = 4_096
LOGINS_BYTES = 1_000_000


class Pages:
    """Names and events never stand in the HTML: scripts put them in as text."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._room = Room(LOGINS_BYTES)
        self._templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)

    def routes(self) -> list[BaseRoute]:
        return [
            *(Route(path, self._page, name=name) for path, name in PAGES.items()),
            *(Route(path, self._page, name=name) for path, name in SUBJECTS.items()),
            Route("/login", self._login, methods=["GET"]),
            Route("/login", self._log_in, methods=["POST"]),
            Route("/logout", self._log_out, methods=["POST"]),
            Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
        ]

    def missing(self, _request: Request, _error: Exception) -> Response:
        return self._html("missing", 404)

    async def _page(self, request: Request) -> Response:
        subject = request.path_params.get("id")
        if subject is not None and not is_id(subject):
            return self._html("missing", 404)
        name = request.scope["route"].name
        return self._html(name) if subject is None else self._html("subject", kind=name, subject=subject)

    async def _login(self, request: Request) -> Response:
        if self._access.is_open:
            return RedirectResponse("/", 303)
        return self._html("login", wanted=_local(request.query_params.get("next", "/")))

    async def _log_in(self, request: Request) -> Response:
        try:
            async with self._room.body(request, LOGIN_BYTES) as body:
                form = parse_qs(body.decode("utf-8", "replace"))
        except RefusedError:
            form = {}
        wanted = _local(form.get("next", ["/"])[0])
        if not self._access.admits(form.get("token", [""])[0].strip()):
            return self._wrong_token(request, wanted)
        answer = RedirectResponse(wanted, 303)
        is_secure = request.headers.get("origin", "").startswith("https:")
        answer.set_cookie(
            SECURE_COOKIE if is_secure else COOKIE,
            self._access.begin(),
            max_age=SESSION_SECONDS,
            httponly=True,
            samesite="strict",
            secure=is_secure,
        )
        return answer

    def _wrong_token(self, request: Request, wanted: str) -> Response:
        if self._access.fail(address_of(request)):
            return self._html("login", 403, wanted=wanted, fault="This is not the token.")
        fault = "This is not the token. Many wrong ones came from your address."
        answer = self._html("login", 429, wanted=wanted, fault=fault)
        answer.headers["retry-after"] = str(RETRY_SECONDS)
        return answer

    async def _log_out(self, request: Request) -> Response:
        answer = RedirectResponse("/login", 303)
        for cookie in COOKIES:
            self._access.end(request.cookies.get(cookie, ""))
            answer.delete_cookie(cookie, secure=cookie == SECURE_COOKIE, httponly=True, samesite="strict")
        return answer

    def _html(self, name: str, status: int = 200, **values: str) -> Response:
        template = self._templates.get_template(f"{name}.html")
        return HTMLResponse(template.render(page=name, can_leave=not self._access.is_open, **values), status)


def _local(path: str) -> str:
    """A path of this page and no other site's address."""
    is_path = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_path else "/"
