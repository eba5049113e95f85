"""Finding the broker: a real mDNS responder and a real Mosquitto, on loopback."""

import importlib.util
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from zeroconf import ServiceInfo, Zeroconf

from broker import discovery
from broker.discovery import SERVICE, Announced, DiscoveryError, choose
from broker.errors import ConfigError
from broker.session import Session
from broker.settings import BrokerSettings, TlsSettings
from tests.installation import Site
from tests.private_broker import PrivateBroker, eventually, free_port

pytestmark = pytest.mark.usefixtures("multicast_dns")

LOOPBACK = "127.0.0.1"

Announce = Callable[..., ServiceInfo]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zeroconf]:
    """Nothing leaves this machine."""
    monkeypatch.setattr(discovery, "INTERFACES", [LOOPBACK])
    with Zeroconf(interfaces=[LOOPBACK]) as network:
        yield network


@pytest.fixture
def announce(network: Zeroconf) -> Announce:
    def announce(port: int, *, name: str = "hub", host: str = "hub.local", **txt: str) -> ServiceInfo:
        info = ServiceInfo(
            SERVICE,
            f"{name}.{SERVICE}",
            port=port,
            parsed_addresses=[LOOPBACK],
            properties=txt,
            server=f"{host}.",
        )
        network.register_service(info)
        return info

    return announce


AUTO = BrokerSettings(host="auto", keepalive_seconds=5, reconnect_max_seconds=1)


def place(host: str, prefix: str | None = None, port: int = 1883) -> Announced:
    return Announced(host=host, addresses=("192.0.2.1",), port=port, prefix=prefix)


def test_the_one_that_names_our_prefix_comes_first() -> None:
    assert choose([place("a"), place("b", "edge"), place("c", "other")], "edge") == place("b", "edge")


def test_the_only_one_is_taken_when_it_names_no_prefix() -> None:
    assert choose([place("a"), place("c", "other")], "edge") == place("a")
    assert choose([place("a"), place("a")], "edge") == place("a")


@pytest.mark.parametrize(
    ("announced", "words"),
    [
        ([], "no broker announces itself"),
        ([place("a", "other")], "a .192.0.2.1. port 1883 is for the prefix 'other'"),
        ([place("a"), place("b")], "several brokers announce themselves: a .* b .* name one in broker.host"),
        ([place("a", "edge"), place("a", "edge", 1884)], "several brokers"),
    ],
)
def test_otherwise_nothing_is_guessed(announced: list[Announced], words: str) -> None:
    with pytest.raises(DiscoveryError, match=words):
        choose(announced, "edge")


def test_a_look_takes_a_bounded_time_and_finds_nothing(network: Zeroconf) -> None:
    began = time.monotonic()
    with pytest.raises(DiscoveryError, match="no broker announces itself on this network"):
        discovery.find("edge")
    assert 2.5 < time.monotonic() - began < 10


def test_what_is_announced_is_found_with_its_txt_record(
    announce: Announce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 15)  # it ends soon after the one that is ours
    announce(1884, name="other", prefix="other")
    announce(1885, name="ours", host="hub.local", prefix="home/faces")
    found = discovery.find("home/faces")
    assert found == Announced(host="hub.local", addresses=(LOOPBACK,), port=1885, prefix="home/faces")
    assert str(found) == "hub.local (127.0.0.1) port 1885"


def test_a_host_name_that_is_none_is_passed_over(announce: Announce) -> None:
    announce(1884, host="..hub local")
    with pytest.raises(DiscoveryError):
        discovery.find("edge")


def test_a_session_finds_a_broker_that_comes_later_and_again_when_it_moved(
    announce: Announce, network: Zeroconf, mosquitto: PrivateBroker, tmp_path: Path
) -> None:
    session = Session(AUTO, client_id="a")
    session.start()
    try:
        assert eventually(lambda: session.failure is not None)
        assert session.failure == (
            "broker (host: auto) cannot be reached: no broker announces itself on this network"
        )
        info = announce(mosquitto.settings.port, prefix="edge")
        assert session.wait_connected(20)
        network.unregister_service(info)
        moved = replace(mosquitto.settings, port=free_port())
        mosquitto.stop()
        assert eventually(lambda: not session.is_connected)
        with PrivateBroker(moved, tmp_path / "moved", kind="mosquitto"):
            announce(moved.port, name="moved", prefix="edge")
            assert session.wait_connected(20)
            assert session._client.port == moved.port
    finally:
        session.stop()


def test_a_session_that_looks_ends_soon(network: Zeroconf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 30)
    session = Session(AUTO, client_id="a")
    session.start()
    time.sleep(0.2)
    session.stop()
    assert not session.is_alive


def with_tls(site: Site) -> BrokerSettings:
    tls = TlsSettings(ca_file=site.folder / "certs/server.crt")
    password = site.folder / "credentials/node-1"
    return replace(AUTO, tls=tls, username="node-1", password_file=password)


def test_the_certificate_is_checked_against_the_announced_name(site: Site, announce: Announce) -> None:
    announce(site.tls_port, host="broker.local", prefix="edge")
    session = Session(with_tls(site), client_id="node-1")
    session.start()
    try:
        assert session.wait_connected(20), session.failure
    finally:
        session.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho drops the socket
def test_another_name_is_refused_though_the_address_is_in_the_certificate(
    site: Site, announce: Announce
) -> None:
    announce(site.tls_port, host="imposter.local", prefix="edge")
    session = Session(with_tls(site), client_id="node-1")
    session.start()
    try:
        assert eventually(lambda: "imposter.local" in (session.failure or "")), session.failure
        assert not session.is_connected
    finally:
        session.stop()


def test_a_password_is_not_sent_to_whoever_answers(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret")
    with pytest.raises(ConfigError, match=r"auto with a password needs broker\.tls"):
        Session(replace(AUTO, password_file=tmp_path / "password"), client_id="a")


@pytest.mark.parametrize(
    ("settings", "key"), [(AUTO, "host: auto"), (BrokerSettings(announce=1883), "announce:")]
)
def test_without_zeroconf_the_extra_is_named(
    settings: BrokerSettings, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert discovery.faults(settings) == [
        f"broker.{key} needs the package zeroconf: pip install '.[discovery]'"
    ]
    assert discovery.faults(BrokerSettings()) == []


def test_it_holds_no_threads_after_a_look(network: Zeroconf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 0.2)
    before = set(threading.enumerate())
    for _ in range(3):
        assert discovery.look("edge") == []
    assert eventually(lambda: set(threading.enumerate()) <= before)
