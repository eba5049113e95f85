"""Durable events a second: bare writes with fdatasync, and the logger's way from arrival to acknowledgement.

Each producer waits until its event is acknowledged before it has the next one, as a node with one event under
way. Both are measured on the same file system (--folder), in turns. The broker is left out.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.messages import Event
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.topics import Topics
from edge_node.identifiers import uuid7
from edge_node.logger import EventLogger
from edge_node.quarantine import Quarantine
from edge_node.sinks.rotation import Limits, RotatingLines

ROUNDS = 5
LINE_BYTES = 640


class Acknowledgements(Session):
    """In place of the broker: who waits for an event is told that it is on disk."""

    def __init__(self) -> None:
        super().__init__(BrokerSettings(), client_id="bench")
        self.waiting: dict[int, threading.Event] = {}

    def acknowledge(self, publication: Publication) -> None:
        self.waiting.pop(id(publication)).set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where to write (default: the temporary folder)")
    parser.add_argument(
        "--seconds", type=float, default=2.0, help="of each measurement, in each of five rounds"
    )
    arguments = parser.parse_args()
    rates: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            rates.setdefault("bare write and fdatasync", []).append(bare(Path(folder), arguments.seconds))
            for producers in (1, 16):
                rate = logged(Path(folder) / str(producers), producers, arguments.seconds)
                rates.setdefault(f"logger, {producers} producers", []).append(rate)
    floor = statistics.median(rates["bare write and fdatasync"])
    for what, found in rates.items():
        rate = statistics.median(found)
        spread = f"({min(found):.0f} to {max(found):.0f})"
        print(f"{what:<26} {rate:8.0f} a second  {rate / floor:5.2f} of bare  {spread}")


def bare(folder: Path, seconds: float) -> float:
    """One line and one sync after the other: what the disk gives to whoever does not wait for company."""
    descriptor = os.open(folder / "bare", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    line = b"x" * (LINE_BYTES - 1) + b"\n"
    number, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        os.write(descriptor, line)
        os.fdatasync(descriptor)
        number += 1
    elapsed = time.perf_counter() - begun
    os.close(descriptor)
    return number / elapsed


def logged(folder: Path, producers: int, seconds: float) -> float:
    with logger(folder / "events.jsonl") as (taken, acknowledgements):
        stop, counts = threading.Event(), [0] * producers

        def produce(producer: int) -> None:
            while not stop.is_set():
                publication, done = arrival(), threading.Event()
                acknowledgements.waiting[id(publication)] = done
                taken._receive(publication)  # noqa: SLF001  where the network's thread puts what arrives
                done.wait()
                counts[producer] += 1

        threads = [threading.Thread(target=produce, args=(number,)) for number in range(producers)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        while time.perf_counter() - begun < seconds:
            taken.turn()
        elapsed = time.perf_counter() - begun
        total = sum(counts)
        stop.set()
        while any(thread.is_alive() for thread in threads):
            taken.turn()
    return total / elapsed


@contextmanager
def logger(file: Path) -> Iterator[tuple[EventLogger, Acknowledgements]]:
    records = RotatingLines(file, Limits(rotate_bytes=64_000_000))
    quarantine = Quarantine(file.with_name("quarantine.jsonl"))
    taken, acknowledgements = EventLogger(BrokerSettings(), records, quarantine), Acknowledgements()
    taken.session = acknowledgements
    try:
        yield taken, acknowledgements
    finally:
        records.close()
        quarantine.close()


def arrival() -> Publication:
    event = TEMPLATE.replace(PLACE, uuid7().encode())
    return Publication(topic=Topics().events("front-door", "authorised"), payload=event, qos=1)


PLACE = b"01a1fe19-cd90-7b93-98b3-a7bbf37c1fc7"
TEMPLATE = (
    b'{"schema":1,"event_id":"' + PLACE + b'","sighting_id":"01a1fe19-cd90-7b93-98b3-000000000000",'
    b'"event_type":"authorised","device":"front-door","node":"node-1","person":"Ann Lee",'
    b'"person_id":"ann-lee","similarity":0.97,"threshold":0.92,"margin":0.05,"reason":"recognised","frames":2,"zone":null,'
    b'"box":[200,120,140,140],"frame_size":[640,480],"captured_at":"2026-01-31T12:00:00.000Z",'
    b'"received_at":"2026-01-31T12:00:00.010Z","decided_at":"2026-01-31T12:00:00.020Z","latency_ms":20,'
    b'"model":"yunet+centerface+mobilefacenet","gallery":"5a0f3c9be1d2","test":false,"muted":null}'
)
assert Event.from_json(TEMPLATE)


if __name__ == "__main__":
    main()
