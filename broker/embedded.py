"""The embedded broker: rumqttd out of the package `iotcore`, for a first run without Mosquitto.

It keeps nothing over a restart, and MQTT v5 and v3.1.1 have a port each.
"""

import importlib.metadata
import importlib.util
import logging
import os
import signal
import socket
import threading
from pathlib import Path

from broker.errors import BrokerError
from broker.mosquitto.conf import MAX_PACKET_BYTES

log = logging.getLogger(__name__)

PACKAGE = "iotcore"
SEGMENT_BYTES = 10 * 1024 * 1024
PORTS_TO_TRY = 100


def is_installed() -> bool:
    return importlib.util.find_spec(PACKAGE) is not None


def version() -> str:
    return importlib.metadata.version(PACKAGE)


def config(host: str, port: int, v3_port: int) -> str:
    """rumqttd's TOML: MQTT v5 at `port`, v3.1.1 at `v3_port`, both at one address."""
    return f"""\
id = 0

[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = {SEGMENT_BYTES}
max_segment_count = 2
""" + "".join(_listener(name, host, at) for name, at in (("v5", port), ("v4", v3_port)))


def run(host: str, port: int, state: Path) -> None:
    """Serves in this process until SIGTERM. Raises BrokerError."""
    from iotcore.iotcore import IotCoreBroker

    # It logs each packet as an error, since that is the level of the spans around them.
    for noisy in ("rumqttd", "tracing", "iotcore"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    v3_port = free_port_after(host, port)
    file = state / "rumqttd.toml"
    file.write_text(config(host, port, v3_port), "utf-8")
    _leave_on_signals()
    log.info("it keeps nothing over a restart; MQTT v3.1.1 clients: port %d", v3_port)
    try:
        broker = IotCoreBroker(config_path=str(file))
        broker.check_ports()
        broker.run_forever()
    except (OSError, RuntimeError, ValueError) as error:
        raise BrokerError(f"the embedded broker failed: {error}") from error


def free_port_after(host: str, port: int) -> int:
    """The next port at which nothing listens, for the clients that speak v3.1.1."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port + 1, min(port + PORTS_TO_TRY, 65535) + 1):
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((host, candidate))
            except OSError:
                continue
            return candidate
    raise BrokerError(
        f"expected a free port after {port} for MQTT v3.1.1 clients; choose another broker.port"
    )


def _listener(protocol: str, host: str, port: int) -> str:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"""
[{protocol}.1]
name = "{protocol}"
listen = "{address}"
next_connection_delay_ms = 1

[{protocol}.1.connections]
connection_timeout_ms = 5000
max_payload_size = {MAX_PACKET_BYTES}
max_inflight_count = 100
dynamic_filters = true
"""


def _leave_on_signals() -> None:
    """A thread takes the signals: the broker never returns to Python, where a handler would run."""
    signals = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)

    def wait() -> None:
        signal.sigwait(signals)
        os._exit(0)

    threading.Thread(target=wait, name="signals", daemon=True).start()
