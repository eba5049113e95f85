"""A client that looks for its broker before each attempt to connect: it may come later, and it may move."""

import logging
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode

from broker import discovery

log = logging.getLogger(__name__)

REACH_SECONDS = 1.0


class NamedContext(ssl.SSLContext):
    """Checks certificates against the announced name, while the connection goes to the announced address."""

    name: str | None = None

    def wrap_socket(self, sock: socket.socket, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        if self.name is not None:
            options["server_hostname"] = self.name
        return super().wrap_socket(sock, *arguments, **options)


def named_context(ca_file: Path | None) -> NamedContext:
    """As `ssl.create_default_context` makes them. Raises OSError."""
    usual = ssl.create_default_context(cafile=ca_file)
    context = NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags = usual.verify_flags
    if ca_file is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca_file)
    return context


class FindingClient(paho.Client):
    """`prefix`: what the wanted broker's announcement says. Not to find one is an attempt that failed.

    is_over: whether the client is to end, so that it need not look any longer.
    """

    prefix = ""
    is_over: Callable[[], bool] = staticmethod(lambda: False)
    _found: discovery.Announced | None = None

    def reconnect(self) -> MQTTErrorCode:
        found = discovery.find(self.prefix, self.is_over)
        if found != self._found:
            log.info("found a broker: %s", found)
            self._found = found
        if isinstance(self._ssl_context, NamedContext):
            self._ssl_context.name = found.host
        self._host, self._port = _reachable(found), found.port
        return super().reconnect()


def _reachable(found: discovery.Announced) -> str:
    """The first of its addresses that answers: a machine may announce one that leads nowhere from here."""
    for address in found.addresses:
        try:
            with socket.create_connection((address, found.port), REACH_SECONDS):
                return address
        except OSError:
            continue
    return found.addresses[0]
