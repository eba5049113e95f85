"""One HTTP POST, and what its answer means for what was posted."""

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from edge_node.sinks.sink import SinkError

ANSWER_BYTES = 2_000
LATER = frozenset({401, 403, 404, 405, 407, 408, 425, 429})
"""Refusals that are about the address, the credentials or the moment, and not about what was posted."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_seconds: float) -> None:
    """Raises SinkError unless the answer is 2xx. Redirects are not followed, proxies not used."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=timeout_seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        status, said = answer.status, answer.read(ANSWER_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise SinkError(f"{parts.hostname}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        text = said.decode("utf-8", "replace").strip()
        detail = f"{parts.hostname} answers {status} {text[:200]!r}"
        raise SinkError(detail, is_final=400 <= status < 500 and status not in LATER)
