"""Finding the broker on the local network by mDNS (RFC 6762, 6763), for `broker.host: auto`.

Needs the extra `discovery`; zeroconf is imported when somebody looks, and not before.
"""

import importlib.util
import queue
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from broker.settings import AUTO, BrokerSettings

if TYPE_CHECKING:
    import zeroconf

SERVICE = "_mqtt._tcp.local."
LOOK_SECONDS = 3.0
SETTLE_SECONDS = 1.0
"""What is left for others to answer, once a broker for our prefix has."""
ASK_SECONDS = 0.2
"""How often is asked whether the look is over."""
INTERFACES: list[str] | None = None
"""Addresses of this machine to look from; all of them when None."""

HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\Z")
HOST_MAX = 253

MISSING = "needs the package zeroconf: pip install '.[discovery]'"


class DiscoveryError(OSError):
    """No broker was found, or more than one. An OSError, as for a broker that cannot be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A broker that announces itself; `prefix` where its TXT record names one."""

    host: str
    addresses: tuple[str, ...]
    port: int
    prefix: str | None = None

    def __str__(self) -> str:
        return f"{self.host} ({', '.join(self.addresses)}) port {self.port}"


def faults(settings: BrokerSettings) -> list[str]:
    """Why these settings cannot look for a broker, or announce one; a line each. Raises OSError."""
    found = []
    if importlib.util.find_spec("zeroconf") is None:
        if settings.host == AUTO:
            found.append(f"broker.host: auto {MISSING}")
        if settings.announce is not None:
            found.append(f"broker.announce: {MISSING}")
    if settings.host == AUTO and settings.tls is None and settings.password():
        found.append(
            "broker.host: auto with a password needs broker.tls: anybody on the network can announce a "
            "broker, and would be sent the password"
        )
    return found


def find(prefix: str, is_over: Callable[[], bool] = lambda: False) -> Announced:
    """Looks for a few seconds, or until is_over says that nobody waits any more. Raises DiscoveryError."""
    return choose(look(prefix, is_over), prefix)


def choose(announced: Iterable[Announced], prefix: str) -> Announced:
    """The broker that names our prefix, else the only one that names none. Raises DiscoveryError."""
    places = {(one.host, one.port): one for one in announced}.values()
    for candidates in (
        [one for one in places if one.prefix == prefix],
        [one for one in places if one.prefix is None],
    ):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            those = "; ".join(sorted(map(str, candidates)))
            raise DiscoveryError(f"several brokers announce themselves: {those}; name one in broker.host")
    others = "".join(f"; {one} is for the prefix {one.prefix!r:.60}" for one in places)
    raise DiscoveryError(f"no broker announces itself on this network{others}")


def look(prefix: str, is_over: Callable[[], bool] = lambda: False) -> list[Announced]:
    """The MQTT brokers that announce themselves, as far as they answer in time. Raises DiscoveryError."""
    import zeroconf

    names: queue.SimpleQueue[str] = queue.SimpleQueue()
    found: dict[str, Announced] = {}

    def note(name: str, state_change: zeroconf.ServiceStateChange, **_: object) -> None:
        if state_change is not zeroconf.ServiceStateChange.Removed:
            names.put(name)

    deadline = time.monotonic() + LOOK_SECONDS
    try:
        with zeroconf.Zeroconf(interfaces=INTERFACES or zeroconf.InterfaceChoice.All) as network:
            browser = zeroconf.ServiceBrowser(network, SERVICE, handlers=[note])
            while (left := deadline - time.monotonic()) > 0 and not is_over():
                try:
                    name = names.get(timeout=min(left, ASK_SECONDS))
                except queue.Empty:
                    continue
                info = network.get_service_info(SERVICE, name, timeout=round(left * 1000))
                one = _announced(info) if info is not None else None
                if one is None:
                    continue
                found[name] = one
                if one.prefix == prefix:
                    deadline = min(deadline, time.monotonic() + SETTLE_SECONDS)
            browser.cancel()
    except (zeroconf.Error, RuntimeError) as error:  # the latter when the machine has no address at all
        raise DiscoveryError(f"cannot look for brokers: {error}") from error
    return list(found.values())


def _announced(info: "zeroconf.ServiceInfo") -> Announced | None:
    """None for what cannot be a broker's place: whoever is on the network may announce anything."""
    host = (info.server or "").rstrip(".")
    addresses = [ip_address(text) for text in info.parsed_addresses()]
    usable = sorted((one for one in addresses if not one.is_link_local), key=lambda one: one.version)
    if not (info.port and usable and len(host) <= HOST_MAX and HOST.match(host)):
        return None
    prefix = info.decoded_properties.get("prefix")
    return Announced(host=host, addresses=tuple(map(str, usable)), port=info.port, prefix=prefix or None)
