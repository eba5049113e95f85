"""A node without an engine: made-up decisions at a steady pace go the way of real ones, from Publisher on.

    python -m tests.chaos.event_source CONFIG LEDGER PACE COUNT

The id of each event is in LEDGER as soon as the outbox has the event. Ends with a SIGTERM.
"""

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from broker import timestamps
from broker.config import load
from broker.handover import Handover
from broker.messages import Event, EventType, Frame
from broker.publication import Publication
from broker.session import Session
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.counters import Counters
from edge_node.decide import Decider, Decision
from edge_node.faces import Box, Detection, Face, Quality, Seen
from edge_node.identifiers import uuid7
from edge_node.outbox import waiting
from edge_node.outbox.courier import Courier
from edge_node.outbox.outbox import Outbox
from edge_node.persons import Persons
from edge_node.pipeline import Outcome
from edge_node.presence import Presence
from edge_node.publish import Publisher
from edge_node.report import Arrival, Reporter
from edge_node.settings import NodeConfig
from edge_node.view import Views
from edge_node.visits import VisitFile
from tests.edge_node.people import ANN, EVE, HOUSEHOLD, STRANGER, match, view

DEVICES = ("front-door", "garage")


class Source:
    def __init__(self, config: NodeConfig, ledger: Path) -> None:
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        topics = Topics(config.broker.prefix)
        self.outbox = Outbox(config.node.state_folder() / waiting.FILE, config.outbox)
        self.courier = Courier(
            node=config.node.id,
            outbox=self.outbox,
            topics=topics,
            by_logger=config.outbox.acknowledged_by == "logger",
            publish=self._publish,
            is_connected=lambda: self.session.is_connected,
        )
        self.session = Session(
            config.broker,
            client_id=config.node.id,
            subscriptions=[Subscription(topics.acks(config.node.id), self.courier.receive, qos=1)],
            births=self.courier.births,
            on_receipt=self.courier.answer,
        )
        self._publisher = Publisher(
            settings=config.node,
            quiet=(),
            topics=topics,
            reporter=Reporter(config.node.id, "no model"),
            counters=Counters(time.monotonic()),
            presence=Presence(
                node=config.node.id,
                topics=topics,
                decider=Decider(uuid7),
                views=Views(view(), {}),
                file=VisitFile(config.node.state_folder() / "visits.json", "no model"),
                is_on=lambda _device: True,
                publish=self._publish,
                clock=timestamps.now,
                persons=Persons(topics, self._publish, timestamps.now, is_asked_for=False),
            ),
            draw=lambda _image, _faces, _at: b"",
            send=self._publish,
            post=self._post,
        )

    def decide(self) -> None:
        now = time.monotonic()
        frame = Frame(device=random.choice(DEVICES), jpeg=b"")
        outcome = Outcome((), [_decision()], HOUSEHOLD, view(), (640, 480))
        self._publisher.answer(Arrival(frame, timestamps.now(), now), outcome, now)

    def carry(self) -> None:
        while True:
            self.courier.turn()

    def _post(self, event: Event) -> None:
        self.courier.post(event)
        os.write(self._ledger, f"{event.event_id} {event.event_type}\n".encode())

    def _publish(self, publication: Publication) -> Handover:
        return self.session.publish(publication)


def _decision() -> Decision:
    vector = random.choice((ANN, EVE, STRANGER))
    found = Detection(Box(10, 10, 100, 100), 0.9, np.zeros((5, 2), np.float32), "none")
    seen = Seen(found, Quality(100, 1.0, 0.0, 0.5, 0.9), vector, None, None)
    face = Face(seen, match(vector))
    event_type = EventType(face.match.event_type)
    return Decision(event_type, face.match.person, face, 2, face.match.reason, uuid7())


def main(config: str, ledger: str, pace: str, count: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    source = Source(load(Path(config), NodeConfig), Path(ledger))
    source.session.start()
    carrier = threading.Thread(target=source.carry, daemon=True)
    carrier.start()
    due = time.monotonic()
    for _ in range(int(count)):
        source.decide()
        due += 1 / float(pace)
        time.sleep(max(0.0, due - time.monotonic()))
    while carrier.is_alive():
        carrier.join(1.0)
    sys.exit("the courier's thread has ended")


if __name__ == "__main__":
    main(*sys.argv[1:])
