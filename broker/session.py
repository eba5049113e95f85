"""A session with the broker: connect, last will, resubscribe, publish.

An exception that escapes a paho callback ends the network thread while paho goes on saying "connected". So
each callback here is guarded, the thread is ours, and bugs go to `on_bug`. Only this package imports paho.
"""

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from broker import wire
from broker.connection import CONNECT_TIMEOUT_SECONDS, make_client, release
from broker.errors import MessageError
from broker.failures import Failures
from broker.finding import FindingClient
from broker.handover import Handover, Receipt
from broker.publication import Publication
from broker.settings import BrokerSettings
from broker.subscription import Subscription

log = logging.getLogger(__name__)

FAREWELL_SECONDS = 1.0


class Session:
    """One connection to the broker, kept up from `start` to `stop`.

    client_id: unique at the broker. will: published by the broker when this side dies. births: asked for at
    each connect and published after subscribing. expiry_seconds: how long the broker keeps the session of an
    absent client; 0 is a clean start. receive_maximum: unacknowledged QoS 1 publications the broker may have
    under way to us. manual_ack: QoS 1 publications stay with the broker until `acknowledge`. on_bug: called
    on the network thread with an exception that no handler should have let out. on_receipt: called there with
    the broker's answer to each publication; it must not wait for anything.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        *,
        client_id: str,
        subscriptions: Iterable[Subscription] = (),
        will: Publication | None = None,
        births: Callable[[], Iterable[Publication]] = tuple,
        expiry_seconds: int = 0,
        receive_maximum: int | None = None,
        manual_ack: bool = False,
        on_bug: Callable[[Exception], None] | None = None,
        on_receipt: Callable[[Receipt], None] | None = None,
    ) -> None:
        self._settings = settings
        self._client_id = client_id
        self._subscriptions = tuple(subscriptions)
        self._asked: tuple[str, ...] = ()
        self._births = births
        self._expiry_seconds = expiry_seconds
        self._receive_maximum = receive_maximum
        self._on_bug = on_bug
        self._broker = settings.place
        self._connected = threading.Event()
        self._maximum_packet_bytes: int | None = None
        self._failures = Failures(settings, client_id)
        self._leaving = False
        self._client = make_client(settings, client_id, will, manual_ack=manual_ack)
        if isinstance(self._client, FindingClient):
            self._client.is_over = lambda: self._leaving
        self._client.on_pre_connect = self._guarded(self._on_pre_connect)
        self._client.on_connect = self._guarded(self._on_connect)
        self._client.on_connect_fail = self._guarded(self._on_connect_fail)
        self._client.on_disconnect = self._guarded(self._on_disconnect)
        self._client.on_message = self._guarded(self._on_message)
        self._client.on_subscribe = self._guarded(self._on_subscribe)
        self._on_receipt = on_receipt
        if on_receipt is not None:
            self._client.on_publish = self._guarded(self._on_publish)
        self._thread = threading.Thread(target=self._run, name="network", daemon=True)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has accepted us and, if there are any, answered our subscriptions."""
        return self._connected.is_set()

    @property
    def is_alive(self) -> bool:
        """Whether the network thread still runs."""
        return self._thread.is_alive()

    @property
    def failure(self) -> str | None:
        """Why there is no connection, in words; None while connected or before the first attempt."""
        return None if self.is_connected else self._failures.latest

    def start(self) -> None:
        """Returns at once; the network thread connects, and goes on trying with back-off."""
        self._client.connect_async(
            self._settings.host,
            self._settings.port,
            keepalive=self._settings.keepalive_seconds,
            clean_start=self._expiry_seconds == 0,
            properties=wire.connect_properties(self._expiry_seconds, self._receive_maximum),
        )
        self._thread.start()

    def wait_connected(self, timeout_seconds: float) -> bool:
        return self._connected.wait(timeout_seconds)

    def publish(self, publication: Publication) -> Handover:
        """Hands a publication to the network thread; never blocks on the network.

        While there is no connection QoS 0 is dropped and QoS 1 is sent after the next connect. Raises
        MessageError for what the broker would refuse: it would come back at each reconnect.
        """
        wire.check(publication, self._maximum_packet_bytes)
        info = self._client.publish(
            publication.topic,
            publication.payload,
            qos=publication.qos,
            retain=publication.retain,
            properties=wire.properties_of(publication, PacketTypes.PUBLISH),
        )
        if publication.qos and info.rc == paho.MQTT_ERR_NO_CONN:
            info.rc = paho.MQTT_ERR_SUCCESS  # paho calls it an error, and sends it after the next connect
        return Handover(info)

    def acknowledge(self, publication: Publication) -> None:
        """Tells the broker that a received QoS 1 publication is safe here. For sessions with manual_ack."""
        if publication.mid is not None:
            self._client.ack(publication.mid, publication.qos)

    def subscribe(self, subscription: Subscription) -> None:
        """Adds a subscription, at once and at each later connect."""
        self._subscriptions = (*self._subscriptions, subscription)
        if self._client.is_connected():
            self._client.subscribe(subscription.filter, subscription.qos)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Takes one back; what the broker has sent already is passed over."""
        self._subscriptions = tuple(one for one in self._subscriptions if one is not subscription)
        if self._client.is_connected():
            self._client.unsubscribe(subscription.filter)

    def stop(self, farewells: Iterable[Publication] = ()) -> None:
        """Publishes the farewells if there is a connection, then leaves; the will is not published."""
        if self.is_connected:
            for handover in [self.publish(farewell) for farewell in farewells]:
                handover.wait(FAREWELL_SECONDS)
        self._leaving = True
        self._client.disconnect()
        if self._thread.is_alive():
            self._thread.join(CONNECT_TIMEOUT_SECONDS + 1)
        if not self._thread.is_alive():
            release(self._client)

    def _run(self) -> None:
        try:
            # One turn before there is a connection makes the socket pair by which `publish` wakes the loop.
            self._client.loop(0)
            self._client.loop_forever(retry_first_connection=True)
        except Exception as error:  # noqa: BLE001  whatever paho lets out has ended the network thread
            self._connected.clear()
            self._bug(error)

    def _guarded(self, callback: Callable[..., None]) -> Callable[..., None]:
        def guarded(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception as error:  # noqa: BLE001  an exception here would end the network thread
                self._bug(error)

        return guarded

    def _bug(self, error: Exception) -> None:
        log.critical("a bug on the network thread", exc_info=error)
        if self._on_bug is not None:
            self._on_bug(error)

    def _on_pre_connect(self, _client: paho.Client, _userdata: object) -> None:
        self._failures.ask()

    def _on_connect(
        self, client: paho.Client, _userdata: object, _flags: object, code: ReasonCode, properties: Properties
    ) -> None:
        if self._leaving:
            client.disconnect()
            return
        if code.is_failure:
            self._failures.refuse(client.username, str(code))
            return
        self._failures.accept()
        self._maximum_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        subscriptions = self._subscriptions
        self._asked = tuple(one.filter for one in subscriptions)
        if subscriptions:
            client.subscribe([(one.filter, one.qos) for one in subscriptions])
        else:
            self._begin()

    def _on_subscribe(
        self, _client: paho.Client, _userdata: object, _mid: int, codes: Sequence[ReasonCode], _props: object
    ) -> None:
        asked = self._asked if not self.is_connected else ("one asked for later",)
        for wanted, code in zip(asked, codes, strict=False):
            if code.is_failure:
                log.warning("%s refused the subscription to %s: %s", self._broker, wanted, code)
        if not self.is_connected:
            self._begin()

    def _begin(self) -> None:
        for birth in self._births():
            try:
                self.publish(birth)
            except MessageError as error:
                log.warning("not published: %s", error)
        self._connected.set()
        log.info("connected to %s as %s", self._broker, self._client_id)

    def _on_connect_fail(self, _client: paho.Client, _userdata: object) -> None:
        # paho calls this while it handles the OSError and does not pass it on.
        self._failures.cannot_reach(sys.exc_info()[1])

    def _on_disconnect(
        self, _client: paho.Client, _userdata: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        if not self._leaving:
            self._failures.end(str(code))
        self._connected.clear()

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        publication = wire.publication_of(message)
        for subscription in self._subscriptions:
            if subscription.matches(publication.topic):
                subscription.handler(publication)
                return

    def _on_publish(
        self, _client: paho.Client, _userdata: object, mid: int, code: ReasonCode, _properties: object
    ) -> None:
        if self._on_receipt is not None:
            self._on_receipt(Receipt.of(mid, code))
