"""One fault at a time, on real processes: every event in the outbox reaches the log, exactly once."""

import json
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from broker import embedded
from broker.settings import BrokerSettings
from edge_node.__main__ import main
from tests.chaos.cable import Cable
from tests.chaos.house import House, all_logged_once, decided, told
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

Build = Callable[..., House]


@pytest.mark.parametrize("is_known", [True, False], ids=["known to the broker", "unknown to the broker"])
def test_a_logger_away_for_longer_than_the_broker_queues(house: House, is_known: bool) -> None:
    if is_known:
        house.start_logger()
        assert eventually(lambda: "as edge-logger" in house.said())
        house.kill("logger")
    with Watcher(house.broker.settings, "edge/events/#") as assistant:
        house.start_node(pace=200, count=500)
        assert decided(house, 500)
        time.sleep(1)
        assert house.waiting().waiting == 500
        began = time.monotonic()
        house.start_logger()
        assert all_logged_once(house)
        assert time.monotonic() - began < 20
        assert eventually(lambda: told(assistant) == Counter(house.decided()))  # nobody else was told twice


def test_in_quiet_times_the_log_is_in_order_of_each_camera(house: House) -> None:
    house.start_logger()
    assert eventually(lambda: "as edge-logger" in house.said())
    house.start_node(count=200)
    assert decided(house, 200)
    assert all_logged_once(house)
    assert house.logged_ids() == house.decided()


def test_on_the_embedded_broker(tmp_path: Path, broker_settings: BrokerSettings) -> None:
    if not embedded.is_installed():
        pytest.skip("the embedded broker is not installed: pip install '.[embedded-broker]'")
    with PrivateBroker(broker_settings, tmp_path / "embedded", kind="embedded") as broker:
        house = House(tmp_path, broker)
        try:
            house.start_node(pace=100, count=300)
            assert decided(house, 100)
            house.start_logger()
            assert decided(house, 200)
            broker.kill()
            broker.start()
            assert decided(house, 300)
            assert all_logged_once(house)
        finally:
            house.end()


def test_a_broker_that_dies_with_its_database_while_the_logger_is_away(house: House, tmp_path: Path) -> None:
    house.start_node(pace=100, count=150)
    assert decided(house, 100)
    house.broker.kill()
    shutil.rmtree(tmp_path / "mosquitto")
    house.broker.start()
    assert decided(house, 150)
    house.start_logger()
    assert all_logged_once(house)


def test_what_was_decided_long_before_the_broker_came_is_news_to_nobody(build: Build) -> None:
    house = build(settings="outbox: {news_seconds: 1}\n")
    house.broker.stop()
    house.start_node(pace=50, count=100)
    assert decided(house, 100)
    time.sleep(2)
    house.broker.start()
    with Watcher(house.broker.settings, "edge/events/#") as assistant:
        house.start_logger()
        assert all_logged_once(house)
        assert assistant.events() == []


def test_what_was_decided_while_the_broker_restarted_is_news(house: House) -> None:
    house.start_logger()
    house.broker.stop()
    house.start_node(pace=50, count=100)
    assert decided(house, 100)
    house.signal("node", signal.SIGSTOP)  # it tells nothing before somebody listens
    house.broker.start()
    with Watcher(house.broker.settings, "edge/events/#", "edge/again/#") as assistant:
        house.signal("node", signal.SIGCONT)
        assert all_logged_once(house)
        assert eventually(lambda: len(told(assistant)) > 0)


def test_what_the_broker_had_in_memory_for_a_logger_it_knew(house: House) -> None:
    house.start_logger()
    assert eventually(lambda: "as edge-logger" in house.said())
    house.kill("logger")
    house.start_node(pace=100, count=150)
    assert decided(house, 150)
    time.sleep(0.5)
    house.broker.kill()
    house.broker.start()
    house.start_logger()
    assert all_logged_once(house)


def test_connections_that_break_in_the_midst_of_a_packet(build: Build, mosquitto: PrivateBroker) -> None:
    chance = random.Random(7)
    with Cable(mosquitto.settings.port) as cable:
        house = build(port=cable.port)
        house.start_logger()
        house.start_node(pace=50, count=300)
        for _ in range(5):
            cable.cut_after(chance.randrange(1, 40_000))
            time.sleep(1.2)
        assert decided(house, 300)
        assert all_logged_once(house)


def test_a_network_that_swallows_everything(build: Build, mosquitto: PrivateBroker) -> None:
    with Cable(mosquitto.settings.port) as cable:
        house = build(port=cable.port)
        house.start_logger()
        house.start_node(pace=20, count=200)
        assert decided(house, 40)
        cable.swallow(8)
        assert decided(house, 200)
        assert all_logged_once(house)


def test_a_broker_that_stands_still(house: House) -> None:
    house.start_logger()
    house.start_node(pace=20, count=300)
    assert decided(house, 40)
    house.broker.suspend()
    time.sleep(12)
    house.broker.resume()
    assert decided(house, 300)
    assert all_logged_once(house)


def test_a_node_killed_between_publishing_and_the_brokers_answer(house: House) -> None:
    house.start_logger()
    house.start_node(count=50)
    assert decided(house, 50)
    assert house.comes_to_rest()
    house.start_node(count=200)
    assert decided(house, 80)
    house.broker.suspend()
    time.sleep(0.5)
    house.kill("node")
    house.broker.resume()
    house.start_node(count=0)
    assert all_logged_once(house)


def test_a_logger_that_stands_still(house: House) -> None:
    house.start_logger()
    house.start_node(pace=50, count=400)
    assert decided(house, 50)
    house.signal("logger", signal.SIGSTOP)
    assert decided(house, 400)
    house.signal("logger", signal.SIGCONT)
    assert all_logged_once(house)


def test_the_command_shows_what_waits_while_the_node_runs(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outbox", "--config", str(house.config)]) == 1
    assert "no outbox" in capsys.readouterr().err
    house.start_node(pace=100, count=30)
    assert decided(house, 30)
    assert main(["outbox", "--config", str(house.config), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["waiting"] == sum(shown["devices"].values()) == 30
    assert main(["outbox", "--config", str(house.config)]) == 0
    text = capsys.readouterr().out
    assert "30 of 20000 events" in text
    assert "oldest since" in text
    assert "front-door: " in text
    house.kill("node")
    assert main(["outbox", "--config", str(house.config)]) == 0


def test_an_outbox_deleted_under_the_node(house: House) -> None:
    house.start_node(pace=100, count=200)
    assert decided(house, 60)
    for file in house.state.glob("outbox.db*"):
        file.unlink()
    assert decided(house, 200)
    assert eventually(lambda: "was taken away" in house.said())
    assert eventually(lambda: house.waiting().waiting == 200)
    house.kill("node")
    house.start_node(count=0)
    house.start_logger()
    assert all_logged_once(house)
    assert len(house.decided()) == 200
