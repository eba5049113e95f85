"""Broker, logger and node are killed at random while events flow; every event is in the log, once.

`EDGE_CHAOS_SECONDS` makes it longer, `EDGE_CHAOS_SEED` another one; `--log-cli-level=INFO` shows the counts.
"""

import logging
import os
import random
import time

import pytest

from tests.chaos.house import House
from tests.private_broker import eventually

log = logging.getLogger(__name__)

SECONDS = float(os.environ.get("EDGE_CHAOS_SECONDS", "20"))
SEED = int(os.environ.get("EDGE_CHAOS_SEED", "1"))


@pytest.mark.timeout(SECONDS + 60)
def test_no_event_is_lost_and_none_is_logged_twice(house: House) -> None:
    chance = random.Random(SEED)
    house.start_logger()
    house.start_node()
    kills = 0
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.3, 1.5))
        victim = chance.choice(("broker", "logger", "node"))
        kills += 1
        if victim == "broker":
            house.broker.kill()
            time.sleep(chance.uniform(0.0, 0.5))
            house.broker.start()
        elif victim == "logger":
            house.kill("logger")
            time.sleep(chance.uniform(0.0, 0.5))
            house.start_logger()
        else:
            house.start_node()
    assert eventually(lambda: len(house.decided()) > 10 * SECONDS)
    house.start_node(count=0)
    assert house.comes_to_rest(), house.waiting()
    log.info(
        "seed %d: %d kills, %d events, %d logged", SEED, kills, len(house.decided()), len(house.logged())
    )
    assert (house.lost(), house.twice()) == (set(), [])
