"""Brokers and sessions for the tests of broker/."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker import embedded
from broker.local import find_mosquitto
from broker.mosquitto import passwords
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from tests.broker.installation import Site, running
from tests.private_broker import PrivateBroker

OpenSession = Callable[..., Session]
Join = Callable[..., tuple[Session, list[Publication]]]


@pytest.fixture(params=["mosquitto", "embedded"])
def broker(
    request: pytest.FixtureRequest, broker_settings: BrokerSettings, tmp_path: Path
) -> Iterator[PrivateBroker]:
    """Each broker that the project starts by itself."""
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: sudo apt install mosquitto")
    if request.param == "embedded" and not embedded.is_installed():
        pytest.skip("iotcore is not installed: pip install -e '.[embedded-broker]'")
    with PrivateBroker(broker_settings, tmp_path / "broker", kind=request.param) as broker:
        yield broker


@pytest.fixture
def open_session() -> Iterator[OpenSession]:
    """Makes sessions that are connected, and stops them after the test."""
    sessions: list[Session] = []

    def open_session(settings: BrokerSettings, client_id: str = "", **options: Any) -> Session:
        session = Session(settings, client_id=client_id or f"client-{len(sessions)}", **options)
        sessions.append(session)
        session.start()
        assert session.wait_connected(5), session.failure
        return session

    yield open_session
    for session in sessions:
        session.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The configuration of an installation, at work."""
    if find_mosquitto() is None or passwords.program() is None:
        pytest.skip("Mosquitto is not installed: sudo apt install mosquitto")
    with running(tmp_path_factory.mktemp("etc"), tmp_path_factory.mktemp("state")) as site:
        yield site


@pytest.fixture
def join(site: Site, open_session: OpenSession) -> Join:
    """Connects as a user, asks for topics, and returns the session and what it receives."""

    def join(user: str, *filters: str) -> tuple[Session, list[Publication]]:
        received: list[Publication] = []
        subscriptions = [Subscription(topic, received.append, qos=1) for topic in filters]
        return open_session(site.settings(user), user, subscriptions=subscriptions), received

    return join
