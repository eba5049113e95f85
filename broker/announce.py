"""Announces this machine's broker on the local network by mDNS, for `broker.host: auto` elsewhere.

    python -m broker.announce --port 8883 --prefix edge

It is announced at those addresses of this machine at which it listens, and not while it does not.
"""

import argparse
import logging
import socket
import sys
import threading
from collections.abc import Sequence

import ifaddr
from zeroconf import ServiceInfo, Zeroconf

from broker import supervision
from broker.discovery import SERVICE
from broker.local import is_listening
from broker.logs import log_to_stderr

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0
LOOPBACK = "127."


def addresses_listening(port: int) -> list[str]:
    """Addresses of this machine, other than loopback, at which something listens."""
    own = {ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips if isinstance(ip.ip, str)}
    return sorted(ip for ip in own if not ip.startswith(LOOPBACK) and is_listening(ip, port))


class Announcement:
    """What is announced now. `check` brings it up to date; `close` takes it back."""

    def __init__(self, port: int, prefix: str) -> None:
        self._port = port
        self._prefix = prefix
        self._addresses: list[str] | None = None
        self._network: Zeroconf | None = None

    def check(self) -> bool:
        """Always true: a sign of life."""
        addresses = addresses_listening(self._port)
        if addresses != self._addresses:
            self.close()
            self._addresses = addresses
            if addresses:
                self._announce(addresses)
            else:
                log.warning(
                    "not announced: nothing here listens to the network at port %d; the broker that "
                    "`edge-node up` starts serves this machine only, see docs/install.md for another",
                    self._port,
                )
        return True

    def close(self) -> None:
        if self._network is not None:
            self._network.close()
        self._network = None

    def _announce(self, addresses: Sequence[str]) -> None:
        host = socket.gethostname().split(".")[0]
        info = ServiceInfo(
            SERVICE,
            f"{self._prefix.replace('/', '-')} on {host}.{SERVICE}",
            port=self._port,
            parsed_addresses=[*addresses],
            properties={"prefix": self._prefix},
            server=f"{host}.local.",
        )
        self._network = Zeroconf(interfaces=[*addresses])
        self._network.register_service(info, allow_name_change=True)
        log.info("announced: %s.local (%s) port %d", host, ", ".join(addresses), self._port)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m broker.announce", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, required=True, help="where the broker serves the network")
    parser.add_argument("--prefix", default="edge", help="first word of every topic")
    options = parser.parse_args(arguments)
    log_to_stderr(verbose=False)
    supervision.end_with_starter()
    announcement = Announcement(options.port, options.prefix)
    announcement.check()
    supervision.notify("READY=1")
    try:
        supervision.until_stopped(threading.Event(), announcement.check, poll_seconds=POLL_SECONDS)
    finally:
        announcement.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
