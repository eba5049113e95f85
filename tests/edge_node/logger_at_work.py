"""A logger on a real broker, and what it wrote and acknowledged."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from broker.acknowledgement import Acknowledgement
from broker.messages import Event, EventType
from broker.topics import Topics
from edge_node.logger import EventLogger
from edge_node.quarantine import Quarantine
from edge_node.sinks.rotation import Limits, RotatingLines
from tests.edge_node.outbox import made_up
from tests.private_broker import PrivateBroker
from tests.watcher import Watcher

TOPICS = Topics()


def event(**fields: Any) -> Event:
    somebody = {
        "person": "Zoë Ødegård",
        "person_id": "zoe",
        "similarity": 0.96,
        "reason": "recognised",
        "frames": 2,
    }
    return made_up.event(EventType.AUTHORISED, **(somebody | fields))


@contextmanager
def logging_to(file: Path, mosquitto: PrivateBroker, rotate_bytes: int = 10_000_000) -> Iterator[EventLogger]:
    records = RotatingLines(file, Limits(rotate_bytes=rotate_bytes))
    logger = EventLogger(mosquitto.settings, records, Quarantine(file.with_name("quarantine.jsonl")))
    logger.start()
    assert logger.session.wait_connected(15)
    try:
        yield logger
    finally:
        logger.shut_down()
        assert logger.bug is None


def logged(file: Path) -> list[dict[str, Any]]:
    """The whole lines; one that is being written at this moment is none yet."""
    text = file.read_bytes() if file.exists() else b""
    return [json.loads(line) for line in text.split(b"\n")[:-1]]


def ids(file: Path) -> list[str]:
    return [record["event_id"] for record in logged(file)]


def publish(node: Watcher, *events: Event) -> None:
    for one in events:
        assert node.session.publish(one.to_publication(TOPICS)).wait(15)


def acknowledged(node: Watcher) -> list[str]:
    said = [Acknowledgement.from_json(one.payload) for one in node.on("edge/acks/node-1")]
    return [event_id for one in said for event_id in one.event_ids]
