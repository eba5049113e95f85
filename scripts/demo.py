"""The demo: every part on this machine, real photos as the camera, events as they come.

Run it with `./scripts/demo`, which does the set-up first.
"""

import argparse
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from broker.config import load
from broker.errors import MessageError
from broker.local import is_listening
from broker.messages import Event, Observation
from broker.publication import Publication
from broker.session import Session
from broker.subscription import Subscription
from broker.supervision import STARTER, end_with_starter
from broker.topics import Topics
from edge_node.log_files import LogFiles
from edge_node.settings import NodeConfig
from scripts.demo_scenes import make_frames, make_gallery
from scripts.demo_setup import DEMO, FRAMES_EACH, PHOTOS, ROOT, forget_visits, prepare, write_config

POLL_SECONDS = 0.1
SETTLE_SECONDS = 1.0
PATIENCE_SECONDS = 45.0


def main() -> int:
    """Exit codes: 0 done, 1 incomplete, 130 and 143 stopped, 141 nobody reads what is printed."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    end_with_starter()
    parser = argparse.ArgumentParser(prog="./scripts/demo", description=__doc__.split("\n")[0])
    parser.add_argument("--once", action="store_true", help="show every picture once, sum up, and end")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    DEMO.mkdir(parents=True, exist_ok=True)
    with (DEMO / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another demo is at work in this folder; stop it first", file=sys.stderr)
            return 1
        try:
            code = show(once=options.once)
            sys.stdout.flush()
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + signal.SIGPIPE
        return code


def show(*, once: bool) -> int:
    if not prepare():
        return 1
    pictures = make_frames(PHOTOS, DEMO / "frames")
    make_gallery(PHOTOS, DEMO / "gallery")
    forget_visits()
    with ExitStack() as claims:
        return Demo(write_config(claims, once=once), pictures, once=once).run()


class Demo:
    """Runs `edge-node up` and watches what it says on MQTT."""

    def __init__(self, file: Path, pictures: list[Path], *, once: bool) -> None:
        self._file = file
        self._config = load(file, NodeConfig)
        self._pictures = pictures
        self._once = once
        self._log_begins = LogFiles(self._config.log.file).end()
        self._bug: Exception | None = None
        self._answered: set[int] = set()
        self._last_answer = 0.0
        self._events: Counter[str] = Counter()

    def run(self) -> int:
        settings, topics = self._config.broker, Topics(self._config.broker.prefix)
        session = Session(
            settings,
            client_id="demo",
            subscriptions=[
                Subscription(topics.events_filter(), self._on_event, qos=1),
                Subscription(topics.observations_filter(), self._on_observation),
            ],
            on_bug=self._on_bug,
        )
        self._say_where_to_look()
        command = [sys.executable, "-m", "edge_node", "up", "--config", str(self._file)]
        began = self._last_answer = time.monotonic()
        with (DEMO / "up.log").open("w", encoding="utf-8") as output:
            up = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=os.environ | {STARTER: str(os.getpid())},
            )
            try:
                while not is_listening(settings.host, settings.port) and up.poll() is None:
                    time.sleep(POLL_SECONDS)
                session.start()
                while not self._is_over(up):
                    time.sleep(POLL_SECONDS)
            finally:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)
                session.stop()
                up.terminate()
                up.wait(60)
        return self._sum_up(time.monotonic() - began) if self._once else 0

    def _is_over(self, up: subprocess.Popen[bytes]) -> bool:
        if self._bug is not None:
            raise self._bug
        silent = time.monotonic() - self._last_answer
        complete = self._once and len(self._answered) == len(self._pictures)
        stuck = self._once and silent > PATIENCE_SECONDS
        return (complete and silent > SETTLE_SECONDS) or stuck or up.poll() is not None

    def _on_bug(self, error: Exception) -> None:
        """Of the network thread; also that nobody reads any more what it prints."""
        self._bug = error

    def _on_observation(self, publication: Publication) -> None:
        try:
            observation = Observation.from_json(publication.payload)
        except MessageError as error:
            print(f"not an observation: {error}", flush=True)
            return
        self._last_answer = time.monotonic()
        if observation.seq is not None:
            self._answered.add(observation.seq // FRAMES_EACH % len(self._pictures))

    def _on_event(self, publication: Publication) -> None:
        try:
            event = Event.from_json(publication.payload)
        except MessageError as error:
            print(f"not an event: {error}", flush=True)
            return
        self._events[event.event_type] += 1
        similarity = "" if event.similarity is None else f"similarity {event.similarity:.2f}"
        print(
            f"{event.decided_at.astimezone():%H:%M:%S}  {event.event_type.upper():<11} "
            f"{event.person or '-':<14} {event.device}  {similarity}, {event.frames} frames agreed, "
            f"{event.latency_ms} ms after capture",
            flush=True,
        )

    def _say_where_to_look(self) -> None:
        port = self._config.broker.port
        hint = "" if self._once else "Stop with Ctrl-C."
        print(
            f"""
In a browser     http://{self._config.web.host}:{self._config.web.port}/
Events on MQTT   mosquitto_sub -V 5 -v -p {port} -t 'edge/events/#'
JSON log         {self._config.log.file.relative_to(ROOT)}
Output of all    {(DEMO / "up.log").relative_to(ROOT)}
Gallery          {(DEMO / "gallery").relative_to(ROOT)}
Camera frames    {(DEMO / "frames").relative_to(ROOT)}
{hint}
""",
            flush=True,
        )

    def _log_lines(self) -> list[str]:
        """Those of this run, also where midnight closed a file."""
        files, place, logged = LogFiles(self._config.log.file), self._log_begins, list[str]()
        while True:
            lines, place = files.read(place, 1_000)
            if not lines:
                return logged
            logged += [line.decode().rstrip() for line in lines]

    def _sum_up(self, seconds: float) -> int:
        logged = self._log_lines()
        print(f"\n{self._config.log.file.relative_to(ROOT)}, the lines of this run:")
        for line in logged:
            print(line)
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self._events.items())) or "no events"
        print(
            f"\n{len(self._answered)} of {len(self._pictures)} demo frames answered, {kinds}, "
            f"{len(logged)} lines logged, in {seconds:.0f} s"
        )
        missing = {"authorised", "restricted", "unknown"} - set(self._events)
        if missing or len(self._answered) < len(self._pictures) or len(logged) != self._events.total():
            print(f"incomplete: see {(DEMO / 'up.log').relative_to(ROOT)}", file=sys.stderr)
            return 1
        return 0


if __name__ == "__main__":
    sys.exit(main())
