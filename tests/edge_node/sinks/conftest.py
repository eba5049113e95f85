from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_node.sinks.influxd import Influxd
from tests.edge_node.sinks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_node.sinks.delivery.POLL_SECONDS", 0.01)
    monkeypatch.setattr("edge_node.sinks.outage.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("edge_node.sinks.outage.PAUSE_AT_MOST_SECONDS", 0.1)
    monkeypatch.setattr("edge_node.sinks.place_file.AGAIN_SECONDS", 0.01)


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[Influxd]:
    """A running InfluxDB with the database `edge`."""
    influxd = Influxd(tmp_path)
    try:
        influxd.start()
        influxd.create("edge")
        yield influxd
    finally:
        influxd.kill()
