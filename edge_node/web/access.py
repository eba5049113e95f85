"""Who is let in: a token, exchanged for a cookie or shown with each request."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque

COOKIE, SECURE_COOKIE = COOKIES = ("edge_web", "__Host-edge_web")
"""Without TLS and with it: browsers keep the first from taking the place of the second."""
SESSION_SECONDS = 30 * 86_400
SESSIONS_AT_MOST = 1_000
FAILURES = 5
RETRY_SECONDS = 60
FAILURES_REMEMBERED = 1_000


class Access:
    """token: None lets everybody in. Sessions are random, and known here by their hash alone."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._sessions: OrderedDict[str, float] = OrderedDict()
        self._failures: deque[tuple[float, str]] = deque(maxlen=FAILURES_REMEMBERED)

    @property
    def is_open(self) -> bool:
        return self._token is None

    def admits(self, token: str) -> bool:
        return self._token is not None and hmac.compare_digest(token.encode(), self._token.encode())

    def fail(self, address: str) -> bool:
        """Notes a wrong token; False when more than five came from there within a minute.

        The right one is taken even then: it is too long to be guessed, and whoever has it is not kept out by
        others, or by an old program, behind the same address.
        """
        now = time.monotonic()
        self._failures.append((now, address))
        return sum(one == address and at > now - RETRY_SECONDS for at, one in self._failures) <= FAILURES

    def begin(self) -> str:
        """A new session, for the cookie."""
        session = secrets.token_urlsafe(32)
        self._sessions[_hash(session)] = time.monotonic() + SESSION_SECONDS
        if len(self._sessions) > SESSIONS_AT_MOST:
            self._sessions.popitem(last=False)
        return session

    def knows(self, session: str) -> bool:
        return self._sessions.get(_hash(session), 0.0) > time.monotonic()

    def end(self, session: str) -> None:
        self._sessions.pop(_hash(session), None)


def _hash(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()
