"""Events as points in InfluxDB: one line of its line protocol each.

Measurement `edge_events`. Tags: device, node, event_type, person, person_id, zone, muted, where the event has
them. Fields: event_id, sighting_id, similarity, threshold, margin, frames, latency_ms, reason, model, test.
The time is `decided_at`, or `logged_at` where that one is doubtful. Its nanoseconds below a millisecond are
made of the event's id: two events are two points, and one that comes twice is one point.
"""

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from unicodedata import category
from urllib.parse import urlencode

import msgspec

from broker.messages import Time
from edge_node.log_settings import InfluxSink
from edge_node.sinks.post import post
from edge_node.sinks.secret import secret, token
from edge_node.sinks.sink import Record, forming

TAGS = ("device", "event_type", "muted", "node", "person", "person_id", "zone")
FLOATS = ("similarity", "threshold", "margin")
INTEGERS = ("frames", "latency_ms")
TEXTS = ("event_id", "sighting_id", "reason", "model")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class InfluxDb:
    def __init__(self, settings: InfluxSink) -> None:
        """Raises SinkError when a file with a password or token cannot be used."""
        self.batch = settings.batch
        self._settings = settings
        self._url = f"{settings.url.rstrip('/')}/write?" + urlencode(
            {"db": settings.database, "precision": "ns"}
        )
        self._headers = {"Content-Type": "text/plain; charset=utf-8"}
        if settings.token_file is not None:
            self._headers["Authorization"] = f"Token {token('token_file', settings.token_file)}"
        if settings.password_file is not None:
            pair = f"{settings.username}:".encode() + secret("password_file", settings.password_file)
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"

    def deliver(self, records: Sequence[Record]) -> bool:
        with forming():
            body = "\n".join(point(record, self._settings.measurement) for record in records).encode()
        post(self._url, body, self._headers, timeout_seconds=self._settings.timeout_seconds)
        return True


def point(record: Record, measurement: str) -> str:
    tags = [(name, _tag(str(record[name]))) for name in TAGS if record.get(name) is not None]
    fields = [f"{name}={float(record[name])!r}" for name in FLOATS if record.get(name) is not None]
    fields += [f"{name}={record[name]:d}i" for name in INTEGERS]
    fields += [f"{name}={_quoted(str(record[name]))}" for name in TEXTS]
    fields.append(f"test={'true' if record.get('test') else 'false'}")
    head = ",".join([measurement, *(f"{name}={value}" for name, value in tags if value)])
    return f"{head} {','.join(fields)} {nanoseconds(record)}"


def nanoseconds(record: Record) -> int:
    """Of what the logger took, whatever a sender has put under the keys of the stamp."""
    doubtful = record.get("time_doubtful")
    name = "logged_at" if isinstance(doubtful, list) and "decided_at" in doubtful else "decided_at"
    milliseconds = (msgspec.convert(record[name], Time) - _EPOCH) // timedelta(milliseconds=1)
    digest = blake2b(str(record["event_id"]).encode(), digest_size=8).digest()
    return milliseconds * 1_000_000 + int.from_bytes(digest, "big") % 1_000_000


def _tag(text: str) -> str:
    """A backslash at the end would escape what comes after it; there is no way to write one."""
    return re.sub(r"([,= ])", r"\\\1", _one_line(text).rstrip("\\"))


def _quoted(text: str) -> str:
    escaped = _one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _one_line(text: str) -> str:
    """A space for each control character, end of a line and half of a surrogate pair.

    Joiners and other marks stay: names in Persian, Hindi and emoji are spelled with them.
    """
    return "".join(" " if category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text)
