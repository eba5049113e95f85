"""The installed listeners on a real Mosquitto: passwords, TLS, limits, and which network sees what."""

import shutil
import subprocess
from collections.abc import Callable

import psutil
import pytest

from broker.mosquitto.conf import MAX_PACKET_BYTES
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.topics import Topics
from tests.installation import Site
from tests.private_broker import eventually

TOPICS = Topics()

OpenSession = Callable[..., Session]

Join = Callable[..., tuple[Session, list[Publication]]]


def frame(payload: bytes = b"jpeg") -> Publication:
    return Publication(topic=TOPICS.frames("garage"), payload=payload)


def refusal(settings: BrokerSettings) -> str:
    session = Session(settings, client_id="stranger")
    session.start()
    assert eventually(lambda: session.failure)
    text = session.failure or ""
    session.stop()
    return text


leaves_the_socket_to_the_collector = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
"""paho does so when the handshake fails."""


def test_a_stranger_is_refused_and_told_so(site: Site) -> None:
    text = refusal(BrokerSettings(port=site.port))
    assert "refused an anonymous client: Not authorized; check broker.username" in text


def test_a_wrong_password_is_refused_and_told_so(site: Site) -> None:
    text = refusal(site.settings("garage", site.folder / "credentials/front-door"))
    assert "refused user 'garage': Not authorized; check broker.username and broker.password_file" in text


def test_tls_carries_a_camera_from_the_network(site: Site, join: Join, open_session: OpenSession) -> None:
    _, at_node = join("node-1", TOPICS.frames_filter())
    camera = open_session(site.tls_settings("garage", site.folder / "certs/server.crt"), "garage")
    camera.publish(frame(bytes(500_000)))
    assert eventually(lambda: at_node)
    assert len(at_node[0].payload) == 500_000


@leaves_the_socket_to_the_collector
def test_another_authority_is_one_clear_failure(site: Site) -> None:
    text = refusal(site.tls_settings("garage", site.folder / "other-certs/server.crt"))
    assert "certificate verify failed" in text


@leaves_the_socket_to_the_collector
def test_another_name_than_the_certificates_is_one_clear_failure(site: Site) -> None:
    text = refusal(site.tls_settings("garage", site.folder / "certs/server.crt", host="localhost"))
    assert "Hostname mismatch" in text


def test_older_tls_is_refused(site: Site) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    asked = [openssl, "s_client", "-connect", f"127.0.0.1:{site.tls_port}", "-tls1_2"]
    done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
    assert "alert protocol version" in done.stderr


def test_who_ignores_the_packet_limit_is_cut_off_and_the_others_stay(site: Site, join: Join) -> None:
    node, at_node = join("node-1", TOPICS.frames_filter())
    camera, _ = join("garage")
    camera._maximum_packet_bytes = None
    camera.publish(frame(bytes(MAX_PACKET_BYTES + 1)))
    assert eventually(lambda: not camera.is_connected)
    assert node.is_connected
    assert camera.wait_connected(10)
    camera.publish(frame())
    assert eventually(lambda: at_node)
    assert at_node[0].payload == b"jpeg"


def test_plain_mqtt_is_for_this_machine_and_tls_for_the_network(site: Site) -> None:
    addresses: dict[int, set[str]] = {site.port: set(), site.tls_port: set()}
    for connection in psutil.Process(site.pid).net_connections("inet"):
        if connection.status == psutil.CONN_LISTEN:
            addresses[connection.laddr.port].add(connection.laddr.ip)
    assert addresses[site.port] == {"127.0.0.1"}
    assert "0.0.0.0" in addresses[site.tls_port]
