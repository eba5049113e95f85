"""A paho client made from the settings: MQTT v5, credentials, TLS, last will, back-off."""

import ssl

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes

from broker import discovery, wire
from broker.errors import ConfigError
from broker.finding import FindingClient, named_context
from broker.publication import Publication
from broker.settings import AUTO, BrokerSettings

CONNECT_TIMEOUT_SECONDS = 5.0
RECONNECT_MIN_SECONDS = 1
UNACKNOWLEDGED_AT_MOST = 20


def make_client(
    settings: BrokerSettings, client_id: str, will: Publication | None, *, manual_ack: bool
) -> paho.Client:
    """Raises OSError when a password, certificate or key file cannot be read (ssl.SSLError is one), and
    ConfigError for a broker that is to be found and cannot be looked for."""
    faults = discovery.faults(settings)
    if faults:
        raise ConfigError(faults)
    finds = settings.host == AUTO
    client = (FindingClient if finds else paho.Client)(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=manual_ack,
    )
    client.connect_timeout = CONNECT_TIMEOUT_SECONDS
    client.reconnect_delay_set(RECONNECT_MIN_SECONDS, settings.reconnect_max_seconds)
    client.max_inflight_messages_set(UNACKNOWLEDGED_AT_MOST)
    password = settings.password()
    username = settings.username or (client_id if password else None)
    if username is not None:
        client.username_pw_set(username, password)
    if settings.tls is not None:
        ca_file = settings.tls.ca_file
        context = named_context(ca_file) if finds else ssl.create_default_context(cafile=ca_file)
        if settings.tls.cert_file is not None:
            context.load_cert_chain(settings.tls.cert_file, settings.tls.key_file)
        client.tls_set_context(context)
    if isinstance(client, FindingClient):
        client.prefix = settings.prefix
    if will is not None:
        properties = wire.properties_of(will, PacketTypes.WILLMESSAGE)
        client.will_set(will.topic, will.payload, will.qos, will.retain, properties)
    client.on_socket_register_write = _leave_writing_to_the_network_thread
    return client


def _leave_writing_to_the_network_thread(*_: object) -> None:
    """While this callback is set, paho does not write to the socket from the thread that calls `publish`: two
    writers can tear a packet apart, and what one leaves unfinished lies until the loop's next second."""


def release(client: paho.Client) -> None:
    """Closes what paho would leave to the garbage collector. For a client whose network thread is over."""
    client._reset_sockets()  # noqa: SLF001
