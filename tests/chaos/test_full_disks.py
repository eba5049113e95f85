"""Full disks and a full outbox: what has room is kept, and what has none is counted."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.house import House, all_logged_once, decided, fill, says, told
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher

Build = Callable[..., House]


def test_a_full_outbox_gives_up_the_oldest_and_counts_them_exactly(build: Build) -> None:
    house = build(settings="outbox: {max_events: 100}\n")
    with Watcher(house.broker.settings, "edge/nodes/#", "edge/events/#") as assistant:
        house.start_node(pace=40, count=180)  # there is room for what is decided before it connects
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
    kept, again = "events are kept in memory", "can be written again"
    assert eventually(lambda: house.said().count(kept) == house.said().count(again) > 0)


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


def test_a_logger_that_starts_on_a_full_disk_with_half_a_line(build: Build, small_disk: Path) -> None:
    house = build(log=small_disk / "log")
    house.log.parent.mkdir()
    house.log.write_bytes(b'{"half' + b"a line" * 1_000)
    torn = house.log.with_name("events.jsonl.torn")
    filler = fill(small_disk)
    house.start_logger()
    house.start_node(count=60)
    assert decided(house, 60)
    assert eventually(lambda: "events wait at the broker" in house.said())
    assert house.log.stat().st_size == 6_006
    filler.unlink()
    assert all_logged_once(house)
    assert torn.read_bytes() == b'{"half' + b"a line" * 1_000 + b"\n"
