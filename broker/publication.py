"""One MQTT publication, going out or come in, free of any client library's types."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Topic, payload and the MQTT v5 properties that this project uses.

    `expiry_seconds` is the message expiry interval; `mid` is set on received QoS 1 publications only and is
    what `Session.acknowledge` names to the broker.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    expiry_seconds: int | None = None
    content_type: str | None = None
    user_properties: Mapping[str, str] = field(default_factory=dict)
    response_topic: str | None = None
    correlation_data: bytes | None = None
    mid: int | None = None
