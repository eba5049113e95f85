"""Questions to a log of a million events: a page filtered, sorted and counted, and the command `events`.

The events are made up: two years, 40 people, 12 cameras, half of the events unknown. Every question differs.
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broker.messages import EventType
from edge_node.history.history import History
from edge_node.history.query import Query, Sort
from edge_node.log_files import LogFiles

DAYS = 730
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = [f"Person Number {number}" for number in range(40)]
DEVICES = [f"camera-{number}" for number in range(12)]
LINES_A_FILE = 60_000
LINE = (
    '{{"schema":1,"event_id":"01a1fe19-cd90-7b93-98b3-{number:012x}","sighting_id":"01a1fe19-{number:08x}",'
    '"event_type":"{kind}","device":"{device}","node":"node-1","person":{person},"person_id":{person_id},'
    '"similarity":{similarity},"threshold":0.92,"margin":0.05,"reason":"{reason}","frames":2,"zone":null,'
    '"box":[200,120,140,140],"frame_size":[640,480],"captured_at":"{time}","received_at":"{time}",'
    '"decided_at":"{time}","latency_ms":20,"model":"yunet+centerface+mobilefacenet","gallery":"5a0f3c9be1d2",'
    '"test":false,"muted":null,"logged_at":"{time}"}}\n'
)
COMMANDS = (
    ["--limit", "20"],
    ["--since", "1d"],
    ["--person", PEOPLE[7], "--limit", "50", "--json"],
    ["--type", "restricted", "--device", DEVICES[3], "--sort", "similarity", "--csv"],
    ["--text", "number 3", "--since", "2027-01-01", "--until", "2027-02-01"],
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.jsonl"
        write(log, arguments.events)
        history = History(log)
        begun = time.perf_counter()
        history.find(Query(limit=1))
        made = f"index made in {since(begun):.1f} s"
        megabytes = sum(path.stat().st_size for path in Path(folder).glob("*.jsonl")) / 1e6
        size = history.index_file.stat().st_size / 1e6
        print(f"{arguments.events} events, {megabytes:.0f} MB; {made}, {size:.0f} MB")
        report("one page, found and counted", pages(history, arguments.questions))
        report("edge-node events, with the start of Python", commands(log))


def write(log: Path, events: int) -> None:
    files, chance = LogFiles(log), random.Random(1)
    for first in range(0, events, LINES_A_FILE):
        last = min(events, first + LINES_A_FILE)
        closed = files.name_for(first // LINES_A_FILE + 1, BEGIN.date())
        path = log if last == events else closed
        with path.open("w", encoding="utf-8") as file:
            file.writelines(line(number, events, chance) for number in range(first, last))


def line(number: int, events: int, chance: random.Random) -> str:
    kind = chance.choices(("unknown", "authorised", "restricted"), (50, 45, 5))[0]
    person = "" if kind == "unknown" else chance.choice(PEOPLE)
    moment = BEGIN + timedelta(days=DAYS * number / events)
    return LINE.format(
        number=number,
        kind=kind,
        device=chance.choice(DEVICES),
        person=f'"{person}"' if person else "null",
        person_id=f'"{person.lower().replace(" ", "-")}"' if person else "null",
        similarity=round(chance.uniform(0.8, 1.0), 4),
        reason="recognised" if person else "below_threshold",
        time=moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def pages(history: History, questions: int) -> Iterator[float]:
    for question in random_queries(questions):
        begun = time.perf_counter()
        history.find(question)
        yield since(begun)


def random_queries(number: int) -> Iterator[Query]:
    chance = random.Random(2)
    for _ in range(number):
        day = chance.randrange(DAYS)
        yield Query(
            since=chance.choice((None, BEGIN + timedelta(days=day))),
            until=chance.choice((None, BEGIN + timedelta(days=day + chance.choice((1, 30, 365))))),
            types=chance.choice(((), (), (EventType.UNKNOWN,), (EventType.RESTRICTED, EventType.AUTHORISED))),
            people=chance.choice(((), (), (chance.choice(PEOPLE),))),
            devices=chance.choice(((), (), (chance.choice(DEVICES),), tuple(chance.sample(DEVICES, 3)))),
            text=chance.choice(("", "", "", "number 3", "camera-1", "below")),
            sort=chance.choice(list(Sort)),
            descending=chance.random() < 0.7,
            limit=50,
            offset=chance.choice((0, 0, 50, 500)),
        )


def commands(log: Path) -> Iterator[float]:
    for asked in COMMANDS * 4:
        command = [sys.executable, "-m", "edge_node", "events", "--log", str(log), *asked]
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        yield since(begun)


def report(what: str, seconds: Iterator[float]) -> None:
    times = sorted(seconds)
    p95 = times[int(0.95 * (len(times) - 1))]
    print(
        f"{what}: p50 {1000 * statistics.median(times):.0f} ms, p95 {1000 * p95:.0f} ms, "
        f"slowest {1000 * times[-1]:.0f} ms, of {len(times)}"
    )


def since(begun: float) -> float:
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
