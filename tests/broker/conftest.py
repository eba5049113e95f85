"""Brokers and sessions for the tests of broker/."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.errors import BrokerError
from broker.local import Kind, choose
from broker.publication import Publication
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from tests.installation import Site
from tests.private_broker import PrivateBroker

OpenSession = Callable[..., Session]
Join = Callable[..., tuple[Session, list[Publication]]]


@pytest.fixture(params=["mosquitto", "embedded"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Of each broker that the project starts by itself."""
    try:
        return choose(request.param)
    except BrokerError as error:
        pytest.skip(str(error))


@pytest.fixture
def broker(kind: Kind, broker_settings: BrokerSettings, tmp_path: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(broker_settings, tmp_path / "broker", kind=kind) as broker:
        yield broker


@pytest.fixture
def open_session() -> Iterator[OpenSession]:
    """Makes sessions that are connected, and stops them after the test."""
    sessions: list[Session] = []

    def open_session(settings: BrokerSettings, client_id: str = "", **options: Any) -> Session:
        session = Session(settings, client_id=client_id or f"client-{len(sessions)}", **options)
        sessions.append(session)
        session.start()
        assert session.wait_connected(15), session.failure
        return session

    yield open_session
    for session in sessions:
        session.stop()


@pytest.fixture
def join(site: Site, open_session: OpenSession) -> Join:
    """Connects as a user, asks for topics, and returns the session and what it receives."""

    def join(user: str, *filters: str) -> tuple[Session, list[Publication]]:
        received: list[Publication] = []
        subscriptions = [Subscription(topic, received.append, qos=1) for topic in filters]
        return open_session(site.settings(user), user, subscriptions=subscriptions), received

    return join
