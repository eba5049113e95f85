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
from broker.publication import Publication
from broker.settings import BrokerSettings
from broker.states import OutboxState
from edge_node.__main__ import main
from tests.chaos.cable import Cable
from tests.chaos.house import House
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

Build = Callable[..., House]


def all_logged_once(house: House) -> bool:
    return house.comes_to_rest() and (house.lost(), house.twice()) == (set(), [])


def fill(folder: Path) -> Path:
    """Takes the last byte of the disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"0" * 4096)
        except OSError:
            return filler


def decided(house: House, count: int) -> bool:
    return eventually(lambda: len(house.decided()) >= count, 15)


def told(watcher: Watcher) -> Counter[str]:
    return Counter(event.event_id for event in watcher.events())


def says(watcher: Watcher, level: str) -> OutboxState:
    """What the node says of its outbox once it says this."""

    def wanted(one: Publication) -> bool:
        return one.topic.endswith("/outbox") and OutboxState.from_json(one.payload).level == level

    return OutboxState.from_json(watcher.wait_for(wanted).payload)


@pytest.mark.parametrize("is_known", [True, False], ids=["known to the broker", "unknown to the broker"])
def test_a_logger_away_for_longer_than_the_broker_queues(house: House, is_known: bool) -> None:
    if is_known:
        house.start_logger()
        assert eventually(house.log.exists, 10)
        time.sleep(1)
        house.kill("logger")
    with Watcher(house.broker.settings, "edge/events/#") as assistant:
        house.start_node(pace=200, count=500)
        assert decided(house, 500)
        time.sleep(1)
        assert house.waiting().waiting == 500
        began = time.monotonic()
        house.start_logger()
        assert all_logged_once(house)
        assert time.monotonic() - began < 15
        assert told(assistant) == Counter(house.decided())  # nobody else was told twice


def test_in_quiet_times_the_log_is_in_order_of_each_camera(house: House) -> None:
    house.start_logger()
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
    house.broker.start()
    with Watcher(house.broker.settings, "edge/events/#", "edge/again/#") as assistant:
        assert all_logged_once(house)
        assert len(told(assistant)) > 0


def test_what_the_broker_had_in_memory_for_a_logger_it_knew(house: House) -> None:
    house.start_logger()
    assert eventually(house.log.exists, 10)
    time.sleep(1)
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


def test_a_full_outbox_gives_up_the_oldest_and_counts_them_exactly(build: Build) -> None:
    house = build(settings="outbox: {max_events: 100}\n")
    with Watcher(house.broker.settings, "edge/nodes/#", "edge/events/#") as assistant:
        house.start_node(pace=100, count=180)
        assert decided(house, 180)
        assert says(assistant, "full").waiting >= 99
        assert eventually(lambda: len(told(assistant)) == 180)  # full or not, each was told
    waiting = house.waiting()
    assert (waiting.waiting, waiting.dropped, waiting.is_full) == (100, 80, True)
    house.start_logger()
    assert house.comes_to_rest()
    lost, types = house.lost(), house.types()
    assert len(lost) == 80
    assert "restricted" not in {types[one] for one in lost}
    plain = [one for one in house.decided() if types[one] != "restricted"]
    assert lost == set(plain[:80])


def test_a_full_disk_of_the_log(build: Build, small_disk: Path) -> None:
    house = build(log=small_disk / "log")
    house.start_logger()
    house.start_node(pace=50, count=200)
    assert decided(house, 30)
    filler = fill(small_disk)
    assert decided(house, 200)
    time.sleep(1.5)
    assert house.lost()
    filler.unlink()
    assert all_logged_once(house)


def test_a_full_disk_of_the_outbox(build: Build, small_disk: Path) -> None:
    house = build(state=small_disk / "state")
    house.start_logger()
    house.start_node(pace=20, count=120)
    assert decided(house, 3)
    with Watcher(house.broker.settings, "edge/nodes/#") as watcher:
        filler = fill(small_disk)
        says(watcher, "broken")
        house.broker.stop()
        time.sleep(1)
        house.broker.start()
        filler.unlink()
        assert decided(house, 120)
        assert eventually(lambda: not house.lost(), 20)
        assert all_logged_once(house)
    assert house.said().count("events are kept in memory") == house.said().count("can be written again") > 0


def test_a_full_disk_of_the_broker(tmp_path: Path, small_disk: Path, mosquitto: PrivateBroker) -> None:
    mosquitto.stop()
    broker = PrivateBroker(mosquitto.settings, small_disk / "mosquitto", kind="mosquitto")
    with broker:
        house = House(tmp_path, broker)
        try:
            filler = fill(small_disk)
            house.start_node(pace=100, count=150)
            assert decided(house, 100)
            filler.unlink()
            broker.kill()
            fill(small_disk)
            (small_disk / "filler").unlink()
            broker.start()
            house.start_logger()
            assert decided(house, 150)
            assert all_logged_once(house)
        finally:
            house.end()


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
