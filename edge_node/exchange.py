"""The asking side of questions over MQTT: one connection, who could answer on it, and whether they do."""

import queue
import secrets
import time

from broker.publication import Publication
from broker.question import Form, Question
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from broker.topics import Topics

CONNECT_SECONDS = 10.0
FIND_NODES_SECONDS = 3.0
POLL_SECONDS = 0.5


class AskError(Exception):
    """Nobody can be asked. The text says who is missing and what to do."""


class Exchange:
    """Sends questions and hears replies, on the thread that calls.

    settings: the answers go to `<prefix>/replies/<user name>`, because the access list gives each user the
    topic of its own name. absence_seconds: how long broker and nodes may be away.
    """

    def __init__(self, settings: BrokerSettings, *, absence_seconds: float) -> None:
        self.token = secrets.token_hex(4)
        self.nodes: set[str] = set()
        self.lost = 0
        self._topics = Topics(settings.prefix)
        self._broker = f"broker {settings.host}:{settings.port}"
        self._reply_to = self._topics.replies(settings.username or f"ask-{self.token}")
        self._absence_seconds = absence_seconds
        self._there_at = self._heard_at = 0.0
        self._heard: queue.SimpleQueue[Publication | Exception] = queue.SimpleQueue()
        self._session = Session(
            settings,
            client_id=f"ask-{self.token}",
            subscriptions=[
                Subscription(self._reply_to, self._heard.put, qos=1),
                Subscription(self._topics.node_status("+"), self._heard.put, qos=1),
            ],
            on_bug=self._heard.put,
        )

    @property
    def is_connected(self) -> bool:
        return self._session.is_connected

    def start(self) -> None:
        """Returns when a node is there. Raises AskError."""
        self._session.start()
        if not self._session.wait_connected(CONNECT_SECONDS):
            raise AskError(self._nobody())
        deadline = time.monotonic() + FIND_NODES_SECONDS
        while not self.nodes:
            self.hear(POLL_SECONDS)
            if time.monotonic() > deadline:
                raise AskError(self._nobody())
        self._there_at = self._heard_at = time.monotonic()

    def stop(self) -> None:
        self._session.stop()

    def send(self, jpeg: bytes, correlation: bytes, form: Form, expiry_seconds: int) -> None:
        """Raises MessageError for a picture that the broker would not take."""
        question = Question(
            jpeg=jpeg,
            reply_to=self._reply_to,
            correlation=correlation,
            form=form,
            expiry_seconds=expiry_seconds,
        )
        self._session.publish(question.to_publication(self._topics))

    def hear(self, seconds: float) -> Publication | None:
        """The next reply, or None. Keeps `nodes`, and counts in `lost` those that went."""
        try:
            heard = self._heard.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(heard, Exception):
            raise heard
        if heard.topic == self._reply_to:
            self._heard_at = time.monotonic()
            return heard
        node = self._topics.device_of(heard.topic)
        if heard.payload == b"online":
            self.nodes.add(node)
        elif node in self.nodes:
            self.nodes.remove(node)
            self.lost += 1
        return None

    def check(self) -> None:
        """Raises AskError when broker or nodes are away for too long."""
        now = time.monotonic()
        if self.is_connected and self.nodes:
            self._there_at = now
        if now - self._there_at >= self._absence_seconds:
            raise AskError(self._nobody())

    def check_reply_since(self, asked_at: float) -> None:
        """Raises AskError when there is none, to whatever question."""
        if self._heard_at <= asked_at:
            names = ", ".join(sorted(self.nodes))
            raise AskError(f"no answer from {names} at {self._broker}: is requests.enabled true there?")

    def _nobody(self) -> str:
        if not self.is_connected:
            return self._session.failure or f"{self._broker} does not answer"
        return f"no node is online at {self._broker}: expected an edge-node run or edge-node up there"
