"""mosquitto.conf: one for an installation, and one for a broker that serves a single machine.

Accepted by 2.0; 2.1 takes it too and says that acl_file and password_file go away in 3.0.
"""

from dataclasses import dataclass
from pathlib import Path

MAX_PACKET_BYTES = 10 * 1024 * 1024
"""Room for a question with a photo of 10,000,000 bytes; Mosquitto 2.1 would stop at two million by itself."""

LIMITS = f"""\
max_packet_size {MAX_PACKET_BYTES}

# For each client that is away or slow. The count is what holds frames back, which have no QoS. Events that
# find no room here for a logger that is away wait in the outboxes of the nodes.
max_queued_messages 200
max_queued_bytes 16000000
max_inflight_messages 20
persistent_client_expiration 14d
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where an installed Mosquitto finds its files, and where it listens."""

    folder: Path = Path("/etc/mosquitto")
    state: Path = Path("/var/lib/mosquitto")
    user: str = "mosquitto"
    loopback_port: int = 1883
    tls_port: int = 8883

    @property
    def password_file(self) -> Path:
        return self.folder / "passwords"

    @property
    def acl_file(self) -> Path:
        return self.folder / "mosquitto.acl"


def installed(at: Installation) -> str:
    """Plain MQTT for this machine, TLS for the network, a password and own topics for everybody."""
    return f"""\
# Made by `python -m broker.mosquitto`, which also makes mosquitto.acl: change it there.

user {at.user}
persistence true
persistence_location {at.state}/
autosave_interval 60

allow_anonymous false
password_file {at.password_file}
acl_file {at.acl_file}

{LIMITS}
log_dest stderr
log_type error
log_type warning
log_type notice

# The user name is the client id: nobody can take over another one's session by naming its id.
listener {at.loopback_port} 127.0.0.1
use_username_as_clientid true

listener {at.tls_port}
certfile {at.folder}/certs/server.crt
keyfile {at.folder}/certs/server.key
tls_version tlsv1.3
use_username_as_clientid true
max_connections 200
"""


def private(host: str, port: int, state: Path) -> str:
    """For a first run, development and tests: loopback only, and so without passwords."""
    return f"""\
# Started as root, Mosquitto would become the user `mosquitto`, who cannot write here.
user root
persistence true
persistence_location {state}/
autosave_interval 60

{LIMITS}
log_dest stderr
log_type error
log_type warning
connection_messages false

listener {port} {host}
allow_anonymous true
"""
