"""The settings that both ends share: where the broker is and how to prove who one is."""

import os
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from broker.loopback import is_loopback
from broker.topics import PREFIX_PATTERN

AUTO = "auto"
"""The host that stands for a broker to be found."""

Prefix = Annotated[str, Meta(pattern=PREFIX_PATTERN)]


class TlsSettings(Struct, frozen=True, kw_only=True):
    """Transport security. An empty section means TLS with the system's certificate authorities."""

    ca_file: Path | None = None
    """PEM file of the authority behind the broker's certificate; the system's authorities when absent."""
    cert_file: Path | None = None
    """PEM client certificate, where the broker asks for one."""
    key_file: Path | None = None
    """PEM key of the client certificate."""

    def __post_init__(self) -> None:
        if (self.cert_file is None) != (self.key_file is None):
            raise ValueError("expected cert_file and key_file together")


class BrokerSettings(Struct, frozen=True, kw_only=True):
    """The MQTT broker. Passwords stay out of the file: name a file that holds one."""

    host: Annotated[str, Meta(min_length=1, max_length=253)] = "127.0.0.1"
    """Name or address of the broker. `auto` looks for one that announces itself on the local network (mDNS)
    before each attempt to connect; needs the extra `discovery`."""
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    """TCP port; 8883 is usual with TLS. With `host: auto` the announced one counts."""
    start: Literal["auto", "never"] = "auto"
    """`auto`: `edge-node up` starts a broker when the host is this machine and nothing listens there."""
    announce: Annotated[int, Meta(ge=1, le=65535)] | None = None
    """Port at which this machine's broker serves the network: `edge-node up` announces it by mDNS, for
    `host: auto` elsewhere; needs the extra `discovery`. A broker that `up` started serves this machine only,
    and is not announced."""
    prefix: Prefix = "edge"
    """First word of every topic."""
    username: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    """User name at the broker. With a password and no name, the client id: the node's id, `edge-logger`,
    or the camera's id."""
    password_file: Path | None = None
    """File whose first line is the password; systemd's credential `mqtt-password` is used when absent."""
    tls: TlsSettings | None = None
    """Turns TLS on."""
    keepalive_seconds: Annotated[int, Meta(ge=5, le=3600)] = 15
    """Silence after which the connection counts as dead."""
    reconnect_max_seconds: Annotated[int, Meta(ge=1, le=600)] = 5
    """Longest pause between two attempts to connect; pauses start at 1 s and double."""

    @property
    def place(self) -> str:
        """Where the broker is, in words."""
        return "broker (host: auto)" if self.host == AUTO else f"broker {self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether the host is this machine's loopback."""
        return is_loopback(self.host)

    def unreadable(self) -> list[str]:
        """Credential files that are named and cannot be read, a line each: key and what is wrong."""
        files = {"broker.password_file": self.password_file}
        if self.tls is not None:
            files |= {
                "broker.tls.ca_file": self.tls.ca_file,
                "broker.tls.cert_file": self.tls.cert_file,
                "broker.tls.key_file": self.tls.key_file,
            }
        faults = []
        for key, file in files.items():
            try:
                if file is not None:
                    file.read_bytes()
            except OSError as error:
                faults.append(f"{key}: {file} cannot be read: {error.strerror}")
        return faults

    def password(self) -> str | None:
        """From the file or systemd's credentials. Raises OSError for an unreadable file."""
        file = self.password_file
        if file is None:
            credentials = os.environ.get("CREDENTIALS_DIRECTORY")
            file = Path(credentials) / "mqtt-password" if credentials else None
            if file is None or not file.exists():
                return None
        return file.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
