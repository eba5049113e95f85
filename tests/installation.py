"""A Mosquitto with the installed configuration: its folder, its users, its ports."""

import getpass
import ipaddress
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker.local import find_mosquitto, is_listening
from broker.mosquitto import acl, conf, passwords
from broker.settings import BrokerSettings, TlsSettings
from broker.topics import Topics
from tests.private_broker import eventually, free_port

IDENTITIES = acl.Identities(
    devices=("front-door", "garage"),
    nodes=("node-1", "node-2"),
    loggers=("edge-logger",),
    dashboards=("edge-web",),
    askers=("ann",),
    home_assistants=("homeassistant",),
)


@dataclass(frozen=True)
class Site:
    """A running installation."""

    folder: Path
    port: int
    tls_port: int
    pid: int

    def settings(self, user: str, password_file: Path | None = None) -> BrokerSettings:
        file = password_file or self.folder / "credentials" / user
        return BrokerSettings(port=self.port, username=user, password_file=file, reconnect_max_seconds=1)

    def tls_settings(self, user: str, ca_file: Path, host: str = "127.0.0.1") -> BrokerSettings:
        return BrokerSettings(
            host=host,
            port=self.tls_port,
            username=user,
            password_file=self.folder / "credentials" / user,
            tls=TlsSettings(ca_file=ca_file),
        )


def certificate(folder: Path, name: str) -> None:
    """A self-signed certificate and its key: the broker's own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(f"{name}.local")]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "server.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


@contextmanager
def running(folder: Path, state: Path) -> Iterator[Site]:
    program = find_mosquitto() or "mosquitto"
    at = conf.Installation(
        folder=folder, state=state, user=getpass.getuser(), loopback_port=free_port(), tls_port=free_port()
    )
    certificate(folder / "certs", "broker")
    certificate(folder / "other-certs", "somebody else")
    (folder / "mosquitto.conf").write_text(conf.installed(at))
    at.acl_file.write_text(acl.text(IDENTITIES, Topics()))
    passwords.create(IDENTITIES.names, at.password_file, folder / "credentials")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stderr=log) as process,
    ):
        try:
            assert eventually(lambda: is_listening("127.0.0.1", at.tls_port)), (folder / "log").read_text()
            yield Site(folder, at.loopback_port, at.tls_port, process.pid)
        finally:
            process.terminate()
