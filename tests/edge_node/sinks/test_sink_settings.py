from pathlib import Path

import pytest

from broker.config import load
from broker.errors import ConfigError
from edge_node.__main__ import main
from edge_node.log_settings import InfluxSink, WebhookSink
from edge_node.settings import NodeConfig
from edge_node.sinks.build import deliveries, faults, limits
from edge_node.sinks.rotation import Limits


def read(folder: Path, text: str) -> NodeConfig:
    file = folder / "config.yaml"
    file.write_text(text)
    return load(file, NodeConfig)


def test_sinks_are_a_list_with_types(tmp_path: Path) -> None:
    config = read(tmp_path, "sinks: [{type: influxdb}, {type: webhook, url: 'http://a/b', types: [unknown]}]")
    influx, webhook = config.sinks
    assert isinstance(influx, InfluxSink)
    assert isinstance(webhook, WebhookSink)
    assert [one.value for one in webhook.types] == ["unknown"]


def test_a_log_may_be_kept_for_ever(tmp_path: Path) -> None:
    config = read(tmp_path, "log: {keep_days: null, keep_megabytes: null, rotate_megabytes: 3}")
    assert limits(config.log) == Limits(rotate_bytes=3_000_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sinks: [{type: kafka}]", "expected one of influxdb, webhook"),
        ("sinks: [{type: webhook}]", r"sinks\[0\].url: missing"),
        ("sinks: [{type: webhook, url: 'ftp://x'}]", r"sinks\[0\].url: expected an address such as"),
        ("sinks: [{type: webhook, url: 'http://a:b@c'}]", "without a password"),
        ("sinks: [{type: influxdb, url: 'http://x:99999'}]", "expected an address such as"),
        ("sinks: [{type: influxdb, url: 'http://influx..local:8086'}]", "expected an address such as"),
        ("sinks: [{type: influxdb, username: a}]", "username and password_file together"),
        ("sinks: [{type: influxdb}, {type: influxdb}]", r"sinks\[1\].name: .* 'influxdb' is taken"),
        ("log: {rotate_megabytes: 9, keep_megabytes: 8}", "log.keep_megabytes: expected at least"),
    ],
)
def test_faults_are_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, text)


def test_a_secret_that_cannot_be_read_is_a_fault_and_keeps_no_event_from_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "sinks: [{type: influxdb, token_file: nowhere}, {type: webhook, url: 'http://x', secret_file: gone}]"
    )
    config = read(tmp_path, text)
    influx, webhook = faults(config.sinks)
    assert influx.startswith(f"sinks[0].token_file: {tmp_path}/nowhere cannot be read: No such file")
    assert webhook.startswith(f"sinks[1].secret_file: {tmp_path}/gone cannot be read: No such file")
    assert main(["check-config", "--config", str(tmp_path / "config.yaml")]) == ConfigError.EXIT_CODE
    said = capsys.readouterr().err
    assert influx in said
    assert webhook in said
    assert len(deliveries(config.sinks, tmp_path / "events.jsonl")) == 2
    (tmp_path / "nowhere").write_text("token")
    (tmp_path / "gone").write_text("secret")
    assert faults(config.sinks) == []
    assert main(["check-config", "--config", str(tmp_path / "config.yaml")]) == 0
