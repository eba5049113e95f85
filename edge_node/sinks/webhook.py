"""Each event as an HTTP POST of its JSON, signed so that the receiver knows whose it is.

The headers are those of Standard Webhooks, for which there are libraries to verify them: `webhook-id` is the
event's id, the same when it comes twice; `webhook-timestamp` the second of the attempt; `webhook-signature`
`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`. `X-Hub-Signature-256`, as GitHub sends it, signs
the body alone, for receivers that know nothing else.
"""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from edge_node.log_settings import WebhookSink
from edge_node.sinks.post import post
from edge_node.sinks.secret import secret
from edge_node.sinks.sink import Record, SinkError, forming

STANDARD_SECRET = b"whsec_"
"""What a secret begins with whose rest is Base64 of the key, by Standard Webhooks."""


class Webhook:
    batch = 1

    def __init__(self, settings: WebhookSink, *, clock: Callable[[], float] = time.time) -> None:
        """Raises SinkError when the file with the secret cannot be used."""
        self._settings = settings
        self._clock = clock
        self._key = None if settings.secret_file is None else _key(settings.secret_file)

    def deliver(self, records: Sequence[Record]) -> bool:
        wanted = [
            one for one in records if one.get("muted") is None and one["event_type"] in self._settings.types
        ]
        for record in wanted:
            self._post(record)
        return bool(wanted)

    def _post(self, record: Record) -> None:
        with forming():
            body = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
            name = quote(str(record["event_id"]), safe="")
        moment = str(int(self._clock()))
        headers = {"Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": moment}
        if self._key is not None:
            signed = hmac.digest(self._key, f"{name}.{moment}.".encode() + body, "sha256")
            headers["webhook-signature"] = "v1," + base64.b64encode(signed).decode()
            headers["X-Hub-Signature-256"] = "sha256=" + hmac.digest(self._key, body, "sha256").hex()
        post(self._settings.url, body, headers, timeout_seconds=self._settings.timeout_seconds)


def _key(file: Path) -> bytes:
    text = secret("secret_file", file)
    if not text.startswith(STANDARD_SECRET):
        return text
    try:
        key = base64.b64decode(text.removeprefix(STANDARD_SECRET).rstrip(), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise SinkError(f"secret_file: {file}: expected Base64 of the key after whsec_")
    return key
