"""From capture to event through a real broker, and how old frames get when there are too many.

Runs `edge-node up` with a camera agent that sends the frames, and reads the ages off what the node says.
"""

import argparse
import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench.scenes import PHOTOS, ROOT, frame
from broker import timestamps
from broker.config import load
from broker.messages import Event, Observation
from broker.publication import Publication
from broker.session import Session
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.settings import NodeConfig

SCENARIOS = {"one camera, 5 fps": (1, 5), "four cameras, 10 fps each": (4, 10)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20, help="for each scenario")
    parser.add_argument("--port", type=int, default=18830)
    parser.add_argument("--detector", default="auto")
    options = parser.parse_args()
    print("1280x720, one face; milliseconds from capture to receipt by a subscriber")
    print(f"{'':28}{'frames':>8}{'p50':>8}{'p95':>8}{'max':>8}   {'events':>6}{'p50':>8}{'p95':>8}{'max':>8}")
    for label, (cameras, fps) in SCENARIOS.items():
        with TemporaryDirectory() as folder:
            config = write_config(Path(folder), cameras, fps, options.port, options.detector)
            observed, events = measure(config, options.seconds)
        print(f"{label:28}{row(observed)}   {row(events)[2:]}", flush=True)


def write_config(folder: Path, cameras: int, fps: int, port: int, detector: str) -> Path:
    (folder / "frames").mkdir()
    (folder / "frames/1.jpg").write_bytes(frame("1280x720", 1))
    gallery = folder / "gallery/Authorised"
    gallery.mkdir(parents=True)
    (gallery / "Barack Obama.jpg").write_bytes((PHOTOS / "obama.jpg").read_bytes())
    source = {"type": "folder", "path": str(folder / "frames")}
    (folder / "state").mkdir()
    (folder / "state/models").symlink_to(ROOT / "var/state/models")
    settings = {
        "broker": {"port": port},
        "cameras": {f"camera-{number}": {"source": {**source}, "fps": fps} for number in range(cameras)},
        "node": {"state_dir": str(folder / "state")},
        "engine": {"detector": detector},
        "gallery": {"source": {"type": "folder", "path": str(folder / "gallery")}},
        # A visit shorter than the pause between frames: each frame becomes an event.
        "decide": {"frames": 1, "unknown_frames": 1, "buffer_seconds": 0.001},
        # Every frame is the same one, and is to be looked at.
        "attention": {"motion": False},
        "log": {"file": str(folder / "events.jsonl")},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    return file


def measure(file: Path, seconds: float) -> tuple[list[float], list[float]]:
    config = load(file, NodeConfig)
    topics = Topics(config.broker.prefix)
    observed: list[float] = []
    events: list[float] = []
    started = threading.Event()

    def on_observation(publication: Publication) -> None:
        observation = Observation.from_json(publication.payload)
        if observation.captured_at is not None:
            observed.append((timestamps.now() - observation.captured_at).total_seconds() * 1000)
        started.set()

    def on_event(publication: Publication) -> None:
        event = Event.from_json(publication.payload)
        events.append((timestamps.now() - event.captured_at).total_seconds() * 1000)

    subscriptions = [
        Subscription(topics.observations_filter(), on_observation),
        Subscription(topics.events_filter(), on_event, qos=1),
    ]
    session = Session(config.broker, client_id="bench", subscriptions=subscriptions)
    with everything_up(file):
        session.start()
        if not started.wait(60):
            sys.exit("no frame was answered within a minute; try the same settings with edge-node up")
        time.sleep(2)
        observed.clear()
        events.clear()
        time.sleep(seconds)
        found = list(observed), list(events)
        session.stop()
    return found


@contextlib.contextmanager
def everything_up(file: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "edge_node", "up", "--config", str(file)]
    up = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(30)


def row(ages: list[float]) -> str:
    if not ages:
        return f"{0:>8}{'-':>8}{'-':>8}{'-':>8}"
    ordered = sorted(ages)
    p50, p95 = (ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95))
    return f"{len(ordered):>8}{p50:8.0f}{p95:8.0f}{ordered[-1]:8.0f}"


if __name__ == "__main__":
    main()
