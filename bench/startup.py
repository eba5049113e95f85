"""From the start of `edge-node run` to its first answer with a cached gallery, and the memory it keeps."""

import argparse
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import yaml

from bench.scenes import ROOT, frame
from broker import timestamps
from broker.config import load
from broker.local import LocalBroker
from broker.messages import Frame
from broker.publication import Publication
from broker.session import Session
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.engines.build import build_enrolment_detector, build_enrolment_embedder, engine_id
from edge_node.gallery import Enrolment
from edge_node.models.install import Models
from edge_node.settings import NodeConfig
from edge_node.stores.build import build_store
from edge_node.stores.templates import TemplateFile

PATIENCE_SECONDS = 60
PAUSE_SECONDS = 0.02
SETTLE_SECONDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--people", type=int, default=1000, help="in the gallery, one template each")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=18831)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        file = prepare(Path(folder), options.people, options.port)
        config = load(file, NodeConfig)
        broker = LocalBroker(config.broker, Path(folder) / "broker")
        broker.start()
        try:
            runs = [run(file, config) for _ in range(options.rounds)]
        finally:
            broker.stop()
    seconds, megabytes = (sorted(column) for column in zip(*runs, strict=True))
    middle = len(runs) // 2
    print(f"{options.people} people, {len(runs)} starts of edge-node run")
    print(f"first answer after {seconds[middle]:.2f} s (median), {seconds[-1]:.2f} s (longest)")
    print(f"resident {megabytes[middle]:.0f} MB (median), {megabytes[-1]:.0f} MB (most)")


def prepare(folder: Path, people: int, port: int) -> Path:
    """A gallery of so many people with their templates in the cache; the photos themselves are empty."""
    photos = folder / "gallery/Authorised"
    photos.mkdir(parents=True)
    for number in range(people):
        (photos / f"Person {number}.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "state").mkdir()
    (folder / "state/models").symlink_to(ROOT / "var/state/models")
    settings = {
        "broker": {"port": port},
        "node": {"state_dir": str(folder / "state")},
        "gallery": {"source": {"type": "folder", "path": str(folder / "gallery")}},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    config = load(file, NodeConfig)
    models = Models.of(config)
    embedder = build_enrolment_embedder(config.engine, models)
    model = engine_id(build_enrolment_detector(config.engine, models), embedder)
    random = np.random.default_rng(1)
    enrolments = []
    for photo in build_store(config.gallery, folder / "state").photos():
        vector = random.normal(size=embedder.dimension).astype(np.float32)
        enrolments.append(
            Enrolment(
                key=photo.key,
                group=photo.group,
                person=photo.person,
                fingerprint=photo.fingerprint,
                digest=random.bytes(32).hex(),
                template=vector / np.float32(np.linalg.norm(vector)),
            )
        )
    TemplateFile(folder / "state/templates", model=model, dimension=embedder.dimension).save(enrolments)
    return file


def run(file: Path, config: NodeConfig) -> tuple[float, float]:
    """Seconds to the first answer that has a face, and resident megabytes a while later."""
    topics = Topics(config.broker.prefix)
    picture = frame("1280x720", 1)
    answered = threading.Event()

    def on_observation(publication: Publication) -> None:
        if msgspec.json.decode(publication.payload)["faces"]:
            answered.set()

    session = Session(
        config.broker,
        client_id="bench",
        subscriptions=[Subscription(topics.observations_filter(), on_observation)],
    )
    session.start()
    session.wait_connected(10)
    began = time.monotonic()
    command = [sys.executable, "-m", "edge_node", "run", "--config", str(file)]
    node = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        send(session, topics, picture, until=answered)
        seconds = time.monotonic() - began
        ending = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < ending:
            send(session, topics, picture)
            time.sleep(0.2)
        resident = Path(f"/proc/{node.pid}/status").read_text("utf-8").split("VmRSS:")[1].split()[0]
    finally:
        node.send_signal(signal.SIGTERM)
        node.wait(30)
        session.stop()
    return seconds, int(resident) / 1000


def send(session: Session, topics: Topics, picture: bytes, until: threading.Event | None = None) -> None:
    """One frame, or one after the other until there is an answer."""
    for number in range(round(PATIENCE_SECONDS / PAUSE_SECONDS)):
        sent = Frame(device="door", jpeg=picture, captured_at=timestamps.now(), seq=number, boot_id="bench")
        session.publish(sent.to_publication(topics))
        if until is None or until.wait(PAUSE_SECONDS):
            return
    sys.exit("no frame was answered; try the same settings with edge-node run")


if __name__ == "__main__":
    main()
