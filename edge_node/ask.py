"""Photos to the nodes over MQTT, answers back in the order of the photos. Nothing heavy is needed here."""

import logging
import math
import queue
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from broker.errors import MessageError
from broker.messages import JPEG
from broker.publication import Publication
from broker.question import Question
from broker.replies import Recognition, Refusal, recognition_of
from broker.session import Session
from broker.settings import BrokerSettings
from broker.subscription import Subscription
from broker.topics import Topics
from edge_node.album import keep
from edge_node.answer import NodeAnswer
from edge_node.names import printable
from edge_node.round import Round

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
FIND_NODES_SECONDS = 3.0
A_NODE = 4
"""Photos under way for each node: one in its engine, one on its way back, and two to wait, because the broker
deals in turn and not to whoever is free. Nodes let eight wait, and what waits there is lost with the node."""
AT_ONCE_MAX = 32
TIMEOUTS = 3
POLL_SECONDS = 0.5


class AskError(Exception):
    """Nobody can be asked. The text says who is missing and what to do."""


class Asker:
    """One connection to the broker and one round of questions.

    name: where the answers go, `<prefix>/replies/<name>`; the access list gives each user the topic of its
    own name. at_once: photos under way, or None for a few for each node. timeout_seconds: after which a photo
    is asked about again, three times in all. labelled: folder for pictures with boxes and names. max_bytes: a
    larger photo is not sent.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        *,
        name: str | None = None,
        at_once: int | None = None,
        timeout_seconds: float = 30.0,
        labelled: Path | None = None,
        max_bytes: int,
    ) -> None:
        self._token = secrets.token_hex(4)
        self._topics = Topics(settings.prefix)
        self._broker = f"broker {settings.host}:{settings.port}"
        self._reply_to = self._topics.replies(name or settings.username or f"ask-{self._token}")
        self._at_once = at_once
        self._timeout_seconds = timeout_seconds
        self._labelled = labelled
        self._max_bytes = max_bytes
        self._heard: queue.SimpleQueue[Publication | Exception] = queue.SimpleQueue()
        self._nodes: set[str] = set()
        self._unlabelled: dict[int, tuple[bytes, Recognition]] = {}
        self._asked = 0
        self._last_hope = self._last_heard = 0.0
        self._photos: Sequence[Path] = ()
        self._round = Round[NodeAnswer](0, at_once=1, timeout_seconds=1, patience_seconds=1)
        self._session = Session(
            settings,
            client_id=f"ask-{self._token}",
            subscriptions=[
                Subscription(self._reply_to, self._heard.put, qos=1),
                Subscription(self._topics.node_status("+"), self._heard.put, qos=1),
            ],
            on_bug=self._heard.put,
        )

    @property
    def answered(self) -> int:
        """How many photos so far."""
        return self._round.answered

    def answers(self, photos: Sequence[Path]) -> Iterator[NodeAnswer]:
        """One answer a photo, in their order, as soon as it and all before it are there.

        Raises AskError when no broker or no node is there, after the answers that there are; AlbumError.
        """
        self._photos = photos
        self._round = Round(
            len(photos),
            at_once=self._at_once or A_NODE,
            timeout_seconds=self._timeout_seconds,
            patience_seconds=self._timeout_seconds * TIMEOUTS,
        )
        try:
            self._find_nodes()
            while not self._round.is_over:
                self._ask()
                yield from self._round.in_order()
                self._listen(self._pause())
                self._check_hope()
        except AskError:
            yield from self._round.rest()
            raise
        finally:
            self._session.stop()

    def _find_nodes(self) -> None:
        self._session.start()
        if not self._session.wait_connected(CONNECT_SECONDS):
            raise AskError(self._nobody())
        deadline = time.monotonic() + FIND_NODES_SECONDS
        while not self._nodes:
            self._listen(POLL_SECONDS)
            if time.monotonic() > deadline:
                raise AskError(self._nobody())
        self._last_hope = self._last_heard = time.monotonic()

    def _check_hope(self) -> None:
        now = time.monotonic()
        if self._session.is_connected and self._nodes:
            self._last_hope = now
        if self._round.is_over:
            return
        if now - self._last_hope >= self._timeout_seconds:
            raise AskError(f"{self._nobody()}; {self._so_far()}")
        if now - self._last_heard >= self._timeout_seconds * TIMEOUTS:
            online = f"none of the nodes online at {self._broker} answers ({', '.join(sorted(self._nodes))})"
            raise AskError(f"{online}: is requests.enabled true there? {self._so_far()}")

    def _nobody(self) -> str:
        if not self._session.is_connected:
            return self._session.failure or f"{self._broker} does not answer"
        return f"no node is online at {self._broker}: expected an edge-node run or edge-node up there"

    def _so_far(self) -> str:
        return f"{self._round.answered} of {len(self._photos)} photos were answered"

    def _pause(self) -> float:
        """Until something is due."""
        if not self._session.is_connected:
            return POLL_SECONDS
        return min(POLL_SECONDS, max(0.0, self._round.next_due() - time.monotonic()))

    def _ask(self) -> None:
        now = time.monotonic()
        for number in self._round.hopeless(now):
            waited = f"not within {self._timeout_seconds * TIMEOUTS:g} s, though asked again and again"
            self._reject(number, "no_answer", waited)
        if not self._session.is_connected:
            return
        if self._at_once is None:
            self._round.at_once = min(A_NODE * max(1, len(self._nodes)), AT_ONCE_MAX)
        for number in self._round.due(now):
            try:
                self._send(number)
            except OSError as error:
                self._reject(number, "unreadable", error.strerror or str(error))
            except MessageError as error:
                self._reject(number, error.reason, str(error))

    def _send(self, number: int) -> None:
        with self._photos[number].open("rb") as file:
            jpeg = file.read(self._max_bytes + 1)
        if len(jpeg) > self._max_bytes:
            raise MessageError("too_large", f"more than {self._max_bytes} bytes, the most for a question")
        self._asked += 1
        question = Question(
            jpeg=jpeg,
            reply_to=self._reply_to,
            correlation=f"{self._token}-{number}-{self._asked}".encode(),
            form="both" if self._labelled else "json",
            expiry_seconds=math.ceil(self._timeout_seconds),
        )
        self._session.publish(question.to_publication(self._topics))

    def _listen(self, seconds: float) -> None:
        try:
            heard = self._heard.get(timeout=seconds)
        except queue.Empty:
            return
        if isinstance(heard, Exception):
            raise heard
        if heard.topic == self._reply_to:
            self._hear(heard)
        else:
            self._note(self._topics.device_of(heard.topic), is_online=heard.payload == b"online")

    def _note(self, node: str, *, is_online: bool) -> None:
        if is_online:
            self._nodes.add(node)
        elif node in self._nodes:
            self._nodes.remove(node)
            self._round.hurry(time.monotonic())

    def _hear(self, reply: Publication) -> None:
        """Passes over answers that come late, and those of other rounds under the same name."""
        correlation = reply.correlation_data or b""
        number = self._number_of(correlation)
        if number is None:
            return
        self._last_heard = time.monotonic()
        if not self._round.is_under_way(number):
            return
        if reply.content_type == JPEG:
            first, said = self._unlabelled.get(number, (None, None))
            if said is not None and first == correlation:
                self._recognised(number, said, picture=reply.payload)
            return
        try:
            self._understand(number, correlation, recognition_of(reply.payload))
        except MessageError as error:
            log.warning("an answer that is none: %s", error)

    def _understand(self, number: int, correlation: bytes, said: Recognition | Refusal) -> None:
        if isinstance(said, Recognition):
            if self._labelled:
                self._unlabelled[number] = (correlation, said)
            else:
                self._recognised(number, said)
        elif said.error in ("busy", "expired"):
            self._round.turn_away(number, time.monotonic())
        elif number in self._unlabelled:
            _, recognition = self._unlabelled[number]
            detail = printable(f"not labelled: {said.error}: {said.detail}", limit=500)
            self._recognised(number, recognition, detail=detail)
        else:
            self._reject(number, said.error, printable(said.detail, limit=500), said.node)

    def _number_of(self, correlation: bytes) -> int | None:
        token, _, rest = correlation.decode("ascii", "replace").partition("-")
        number = rest.partition("-")[0]
        return int(number) if token == self._token and number.isdecimal() else None

    def _recognised(
        self, number: int, said: Recognition, *, picture: bytes | None = None, detail: str | None = None
    ) -> None:
        file = None
        if self._labelled and picture:
            file = str(keep(picture, self._labelled, self._photos[number].stem))
        self._settle(number, NodeAnswer.of(self._name(number), said, labelled=file, detail=detail))

    def _reject(self, number: int, reason: str, detail: str, node: str | None = None) -> None:
        self._settle(number, NodeAnswer(photo=self._name(number), rejected=reason, detail=detail, node=node))

    def _settle(self, number: int, answer: NodeAnswer) -> None:
        self._unlabelled.pop(number, None)
        self._round.settle(number, answer)

    def _name(self, number: int) -> str:
        return printable(str(self._photos[number]), limit=1000)
