"""Publications to and from paho's messages and MQTT v5 property sets."""

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from broker.errors import MessageError
from broker.publication import Publication

HEADER_BYTES = 512
"""More than the fixed header and the properties of any publication of ours take."""


def check(publication: Publication, maximum_packet_bytes: int | None) -> None:
    """Raises MessageError for what the broker would refuse, or hang up on."""
    topic = publication.topic
    if not topic or not topic.isprintable() or any(sign in topic for sign in "+#"):
        raise MessageError("bad_topic", f"not a topic to publish to: {topic!r:.80}")
    size = len(publication.payload) + len(topic.encode()) + HEADER_BYTES
    if maximum_packet_bytes is not None and size > maximum_packet_bytes:
        raise MessageError(
            "too_large", f"{size} bytes on {topic}; the broker takes {maximum_packet_bytes} at most"
        )


def connect_properties(expiry_seconds: int, receive_maximum: int | None) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = expiry_seconds
    if receive_maximum is not None:
        properties.ReceiveMaximum = receive_maximum
    return properties


def properties_of(publication: Publication, packet_type: int) -> Properties:
    properties = Properties(packet_type)  # type: ignore[no-untyped-call]
    if publication.content_type is not None:
        properties.ContentType = publication.content_type
    if publication.expiry_seconds is not None:
        properties.MessageExpiryInterval = publication.expiry_seconds
    if publication.user_properties:
        properties.UserProperty = list(publication.user_properties.items())
    if publication.response_topic is not None:
        properties.ResponseTopic = publication.response_topic
    if publication.correlation_data is not None:
        properties.CorrelationData = publication.correlation_data
    return properties


def publication_of(message: paho.MQTTMessage) -> Publication:
    properties = message.properties
    return Publication(
        topic=message.topic,
        payload=bytes(message.payload),
        qos=message.qos,
        retain=message.retain,
        expiry_seconds=getattr(properties, "MessageExpiryInterval", None),
        content_type=getattr(properties, "ContentType", None),
        user_properties=dict(getattr(properties, "UserProperty", ())),
        response_topic=getattr(properties, "ResponseTopic", None),
        correlation_data=getattr(properties, "CorrelationData", None),
        mid=message.mid if message.qos else None,
    )
