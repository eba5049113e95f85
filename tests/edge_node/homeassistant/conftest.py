"""Home Assistant, played on a broker of the test's own, and nodes that announce on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from broker import timestamps
from broker.publication import Publication
from broker.session import Session
from broker.states import status
from edge_node.homeassistant.announcer import Announcer
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.homeassistant.household import TOPICS, household
from tests.private_broker import PrivateBroker, eventually
from tests.watcher import Watcher


class Announcing:
    """An announcer with a session, as a node has them."""

    def __init__(self, announcer: Announcer, session: Session) -> None:
        self.announcer = announcer
        self.session = session

    def say(self, *publications: Publication) -> None:
        for one in publications:
            self.session.publish(one)

    def settle(self) -> None:
        """Until every step of a change is published."""
        assert eventually(self._step)

    def _step(self) -> bool:
        self.announcer.check()
        return not self.announcer._later


Announce = Callable[..., AbstractContextManager[Announcing]]


@pytest.fixture
def announce(mosquitto: PrivateBroker, tmp_path: Path) -> Announce:
    """Runs an announcer with the given settings of `homeassistant`; its memory stays for the next."""

    @contextmanager
    def running(
        *, node: str = "node-1", now: Callable[[], datetime] = timestamps.now, **settings: Any
    ) -> Iterator[Announcing]:
        config = household(tmp_path / node, mosquitto.settings, node=node, **settings)
        announcer = Announcer(config, lambda one: session.publish(one), now)
        online = status(TOPICS.node_status(node), "online")
        session = Session(
            config.broker,
            client_id=node,
            subscriptions=announcer.subscriptions(),
            births=lambda: (online, *announcer.births()),
        )
        session.start()
        assert session.wait_connected(10)
        yield Announcing(announcer, session)
        session.stop([status(TOPICS.node_status(node), "offline")])

    return running


@pytest.fixture
def listener(mosquitto: PrivateBroker) -> Iterator[Watcher]:
    """Hears what is said to Home Assistant."""
    with Watcher(mosquitto.settings, "homeassistant/#", "other/#") as listener:
        yield listener


@pytest.fixture
def assistant(mosquitto: PrivateBroker) -> Iterator[Assistant]:
    """Whatever it would log at the end of a test fails the test."""
    with Assistant(mosquitto.settings) as assistant:
        yield assistant
        assert assistant.complaints == []
