"""Words for why there is no connection: each said once as a warning, until a connection has lasted."""

import logging
import time
from collections.abc import Callable

from broker.settings import BrokerSettings

log = logging.getLogger(__name__)

LASTING_SECONDS = 10.0
SHORT_CONNECTIONS = 3
"""So many in a row suggest another program with the same client id; Mosquitto 2.0.11 gives no reason."""

_TAKEN_OVER = "Session taken over"
_KEEP_ALIVE_TIMEOUT = "Keep alive timeout"
_ADVICE = {
    "Not authorized": "; check broker.username and broker.password_file",
    "Bad user name or password": "; check broker.username and broker.password_file",
    "Unsupported protocol version": "; the broker must speak MQTT v5",
}


class Failures:
    """Follows the attempts of one session to connect. clock: monotonic seconds."""

    def __init__(
        self, settings: BrokerSettings, client_id: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.latest: str | None = None
        self._broker = settings.place
        self._client_id = client_id
        self._keepalive_seconds = settings.keepalive_seconds
        self._expected = "an MQTT v5 broker with TLS" if settings.tls else "an MQTT v5 broker without TLS"
        self._clock = clock
        self._is_asking = False
        self._accepted_at: float | None = None
        self._short_connections = 0
        self._said: set[str] = set()

    def ask(self) -> None:
        """An attempt begins."""
        self._is_asking = True

    def accept(self) -> None:
        """The broker took us; what comes after an end to this is a loss."""
        self._is_asking = False
        self._accepted_at = self._clock()

    def refuse(self, username: str | None, reason: str) -> None:
        self._is_asking = False
        who = f"user {username!r}" if username else "an anonymous client"
        self._say(f"{self._broker} refused {who}: {reason}{_ADVICE.get(reason, '')}")

    def cannot_reach(self, error: BaseException | None) -> None:
        self._is_asking = False
        self._say(f"{self._broker} cannot be reached: {error}")

    def end(self, reason: str) -> None:
        """The connection is gone; nothing is added to a refusal."""
        accepted_at, self._accepted_at = self._accepted_at, None
        if accepted_at is not None:
            self._lose(reason, self._clock() - accepted_at)
        elif self._is_asking:
            self._is_asking = False
            self._say(f"{self._silence(reason)}: is it {self._expected}?")

    def _lose(self, reason: str, lasted_seconds: float) -> None:
        if lasted_seconds < LASTING_SECONDS:
            self._short_connections += 1
        else:
            self._short_connections = 0
            self._said.clear()
        is_suspicious = self._short_connections >= SHORT_CONNECTIONS or reason == _TAKEN_OVER
        hint = f"; is another program using the id {self._client_id}?" if is_suspicious else ""
        self._say(f"connection to {self._broker} lost: {reason}{hint}")

    def _silence(self, reason: str) -> str:
        if reason == _KEEP_ALIVE_TIMEOUT:
            return f"no answer from {self._broker} within {self._keepalive_seconds} s"
        return f"{self._broker} ended the connection without an answer ({reason})"

    def _say(self, failure: str) -> None:
        log.log(logging.DEBUG if failure in self._said else logging.WARNING, "%s; trying again", failure)
        self._said.add(failure)
        self.latest = failure
