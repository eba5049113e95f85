"""One HTTP POST, and what its answer means for what was posted."""

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from edge_node.names import printable
from edge_node.sinks.link import Link
from edge_node.sinks.sink import SinkError

ANSWER_BYTES = 2_000
SAID_LETTERS = 200
"""Of what a server says so much goes into a message; it may say anything."""
LATER = frozenset({401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 415, 421, 425, 426, 429, 431})
"""Refusals that are about the address, the credentials, the headers or the moment, and not about what was
posted."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_seconds: float) -> None:
    """Raises SinkError unless the answer is 2xx. Redirects are not followed, proxies not used.

    timeout_seconds: for all of it but the look-up of the name, which the resolver bounds.
    """
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname or ""
    try:
        context = ssl.create_default_context() if parts.scheme == "https" else None
        connection = _connection(host, parts.port, context)
        with Link(host, connection.port, timeout_seconds, context) as link:
            connection.sock = link
            connection.request("POST", target, body, dict(headers))
            answer = connection.getresponse()
            status = answer.status
            said = b"" if 200 <= status < 300 else answer.read(ANSWER_BYTES)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # ValueError: a name that cannot be one, a header that HTTP cannot carry.
        detail = printable(str(error), SAID_LETTERS) or type(error).__name__
        raise SinkError(f"{host}: {detail}") from error
    if not 200 <= status < 300:
        text = said.decode("utf-8", "replace").strip()
        detail = f"{host} answers {status} {text[:SAID_LETTERS]!r}"
        is_final = 400 <= status < 500 and status not in LATER
        raise SinkError(detail, is_final=is_final, status=status)


def _connection(host: str, port: int | None, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    if context is None:
        return http.client.HTTPConnection(host, port)
    return http.client.HTTPSConnection(host, port, context=context)
