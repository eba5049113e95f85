"""The sections `log` and `sinks` of config.yaml."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from broker.errors import SettingError
from broker.messages import EventType, Id

MEASUREMENT_PATTERN = "^[A-Za-z][A-Za-z0-9_]{0,63}$"

Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
Megabytes = Annotated[int, Meta(ge=1, le=1_000_000)]
Days = Annotated[int, Meta(ge=1, le=36_500)]
Seconds = Annotated[float, Meta(ge=0.1, le=3_600)]


class LogSettings(Struct, frozen=True, kw_only=True):
    """The JSON log of events, see docs/log.md."""

    file: Path = Path("var/log/events.jsonl")
    """One JSON object a line. A file is closed at the end of the day (UTC) and gets a number and the day in
    its name: `events-000017-2026-01-31.jsonl`."""
    rotate_megabytes: Megabytes = 64
    """A file that would become larger, or than half of `keep_megabytes`, is closed earlier."""
    keep_days: Days | None = 365
    """Closed files with nothing younger are deleted; `null` for never."""
    keep_megabytes: Megabytes | None = 2_000
    """When all files together are larger, the oldest closed ones are deleted; `null` for never."""

    def __post_init__(self) -> None:
        if self.keep_megabytes is not None and self.keep_megabytes < self.rotate_megabytes:
            raise SettingError(["keep_megabytes"], "expected at least log.rotate_megabytes")


class InfluxSink(Struct, frozen=True, kw_only=True, tag="influxdb", tag_field="type"):
    """Events as points in InfluxDB 1, 2 or 3, by its `/write` address."""

    name: Id = "influxdb"
    """Name of the sink in the log, and of its files beside the log; unique."""
    url: Url = "http://127.0.0.1:8086"
    """Where InfluxDB is, without `/write`."""
    database: Annotated[str, Meta(min_length=1, max_length=128)] = "edge"
    """The database, which exists. In InfluxDB 2, one that is mapped to a bucket."""
    measurement: Annotated[str, Meta(pattern=MEASUREMENT_PATTERN)] = "edge_events"
    """Name of the measurement."""
    username: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    """User of InfluxDB 1, with `password_file`."""
    password_file: Path | None = None
    """File whose first line is the password."""
    token_file: Path | None = None
    """File whose first line is a token, for InfluxDB 2 and 3."""
    backfill: bool = True
    """Whether the first start begins with the oldest event of the log, or with the next one."""
    batch: Annotated[int, Meta(ge=1, le=5_000)] = 500
    """Points in one request, at most."""
    timeout_seconds: Seconds = 10.0
    """How long a request may take, from the connection to the end of the answer."""

    def __post_init__(self) -> None:
        _check_url(self.url)
        if (self.username is None) != (self.password_file is None):
            raise ValueError("expected username and password_file together")
        if self.username is not None and self.token_file is not None:
            raise SettingError(["token_file"], "expected a token or a user name, not both")


class WebhookSink(Struct, frozen=True, kw_only=True, tag="webhook", tag_field="type"):
    """Each event as a signed HTTP POST."""

    name: Id = "webhook"
    """Name of the sink in the log, and of its files beside the log; unique."""
    url: Url
    """Where events are posted."""
    secret_file: Path | None = None
    """File whose first line is the secret that signs; not signed when absent."""
    types: tuple[EventType, ...] = (EventType.AUTHORISED, EventType.RESTRICTED, EventType.UNKNOWN)
    """Only events of these types are posted; muted ones never are."""
    backfill: bool = False
    """Whether the first start begins with the oldest event of the log, or with the next one."""
    timeout_seconds: Seconds = 10.0
    """How long a request may take, from the connection to the end of the answer."""

    def __post_init__(self) -> None:
        _check_url(self.url)


SinkSettings = InfluxSink | WebhookSink


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        (parts.hostname or "").encode("idna")
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise SettingError(["url"], "expected an address such as http://192.168.1.10:8086")
    if parts.username is not None or parts.password is not None:
        raise SettingError(["url"], "expected an address without a password; name a file that holds it")
