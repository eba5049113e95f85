"""What the commands make of `broker.host: auto` and `broker.announce`."""

from pathlib import Path

import pytest
from zeroconf import ServiceInfo, Zeroconf

from broker import discovery
from broker.settings import BrokerSettings
from edge_node import doctor
from edge_node.__main__ import main
from edge_node.settings import NodeConfig
from edge_node.up import plan
from tests.private_broker import PrivateBroker, free_port

pytestmark = pytest.mark.usefixtures("multicast_dns")

AUTO = NodeConfig(broker=BrokerSettings(host="auto"))


@pytest.fixture(autouse=True)
def _on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "INTERFACES", ["127.0.0.1"])


def check_config(tmp_path: Path, broker: str) -> int:
    file = tmp_path / "config.yaml"
    file.write_text(f"broker: {{{broker}}}\n")
    return main(["check-config", "--config", str(file)])


def test_check_config_understands_a_broker_to_be_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_config(tmp_path, "host: auto, announce: 8883") == 0
    (tmp_path / "password").write_text("secret")
    assert check_config(tmp_path, "host: auto, password_file: password") == 78
    assert "config.yaml: broker.host: auto with a password needs broker.tls" in capsys.readouterr().err


def test_check_config_names_the_extra(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert check_config(tmp_path, "host: auto") == 78
    assert (
        "broker.host: auto needs the package zeroconf: pip install '.[discovery]'" in capsys.readouterr().err
    )


def test_the_doctor_says_that_none_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 0.3)
    finding = doctor._broker(AUTO)
    assert (finding.mark, finding.text) == ("FAIL", "no broker announces itself on this network")
    assert "broker.host" in finding.advice


def test_the_doctor_finds_the_one_that_is(mosquitto: PrivateBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 15)  # it ends soon after the one that is found
    port = mosquitto.settings.port
    info = ServiceInfo(
        discovery.SERVICE,
        f"hub.{discovery.SERVICE}",
        port=port,
        parsed_addresses=["127.0.0.1"],
        properties={"prefix": "edge"},
        server="hub.local.",
    )
    with Zeroconf(interfaces=["127.0.0.1"]) as network:
        network.register_service(info)
        finding = doctor._broker(AUTO)
    assert (finding.mark, finding.text) == ("ok", f"hub.local (127.0.0.1) port {port} answers")


def test_up_starts_no_broker_for_one_to_be_found_and_announces_on_request() -> None:
    assert [child.name for child in plan(AUTO, Path("config.yaml"))] == ["log", "node", "web"]
    settings = BrokerSettings(port=free_port(), announce=8883)
    children = plan(NodeConfig(broker=settings), Path("config.yaml"))
    assert [child.name for child in children] == ["broker", "announce", "log", "node", "web"]
