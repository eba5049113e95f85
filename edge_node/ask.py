"""Photos to the nodes over MQTT, answers back in the order of the photos. Nothing heavy is needed here."""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from broker.errors import MessageError
from broker.messages import JPEG
from broker.publication import Publication
from broker.question import Form
from broker.replies import Recognition, Refusal, recognition_of
from broker.settings import BrokerSettings
from edge_node.album import keep
from edge_node.answer import NodeAnswer
from edge_node.exchange import POLL_SECONDS, AskError, Exchange
from edge_node.names import printable
from edge_node.round import Round

log = logging.getLogger(__name__)

A_NODE = 4
"""Photos under way for each node: one in its engine, one on its way back, and two to wait, because the broker
deals in turn and not to whoever is free. Nodes let eight wait, and what waits there is lost with the node."""
AT_ONCE_MAX = 32
TIMEOUTS = 3


class Asker:
    """One round of questions.

    at_once: photos under way, or None for a few for each node. timeout_seconds: after which a photo is asked
    about again; after three times as long it is given up. labelled: folder for pictures with boxes and names.
    max_bytes: a larger photo is not sent.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        photos: Sequence[Path],
        *,
        at_once: int | None = None,
        timeout_seconds: float = 30.0,
        labelled: Path | None = None,
        max_bytes: int,
    ) -> None:
        self._photos = photos
        self._at_once = at_once
        self._timeout_seconds = timeout_seconds
        self._patience_seconds = timeout_seconds * TIMEOUTS
        self._labelled = labelled
        self._max_bytes = max_bytes
        self._exchange = Exchange(settings, absence_seconds=timeout_seconds)
        self._round = Round[NodeAnswer](
            len(photos),
            at_once=at_once or A_NODE,
            timeout_seconds=timeout_seconds,
            patience_seconds=self._patience_seconds,
        )
        self._unlabelled: dict[int, tuple[bytes, Recognition]] = {}
        self._asked = 0

    @property
    def answered(self) -> int:
        """How many photos so far."""
        return self._round.answered

    def answers(self) -> Iterator[NodeAnswer]:
        """One answer a photo, in their order, as soon as it and all before it are there.

        Raises AskError when no broker or no node is there, after the answers that there are; AlbumError.
        """
        if not self._photos:
            return
        try:
            self._exchange.start()
            while not self._round.is_over:
                self._ask()
                self._listen()
                yield from self._round.in_order()
        except AskError as error:
            yield from self._round.rest()
            so_far = f"{self._round.answered} of {len(self._photos)} photos were answered"
            raise AskError(f"{error}; {so_far}") from error
        finally:
            self._exchange.stop()

    def _ask(self) -> None:
        now = time.monotonic()
        for number in self._round.hopeless(now):
            self._exchange.check_reply_since(self._round.asked_at(number))
            waited = f"not within {self._patience_seconds:g} s, though asked again and again"
            self._reject(number, "no_answer", waited)
        if not self._exchange.is_connected:
            return
        if self._at_once is None:
            self._round.at_once = min(A_NODE * max(1, len(self._exchange.nodes)), AT_ONCE_MAX)
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
        correlation = f"{self._exchange.token}-{number}-{self._asked}".encode()
        form: Form = "both" if self._labelled else "json"
        self._exchange.send(jpeg, correlation, form, math.ceil(self._timeout_seconds))

    def _listen(self) -> None:
        """Until a reply, or until something is due."""
        pause = POLL_SECONDS
        if self._exchange.is_connected:
            pause = min(pause, max(0.0, self._round.next_due() - time.monotonic()))
        lost = self._exchange.lost
        reply = self._exchange.hear(pause)
        if reply is not None:
            self._hear(reply)
        elif self._exchange.lost > lost:
            self._round.hurry(time.monotonic())
        if self._round.is_waiting:
            self._exchange.check()

    def _hear(self, reply: Publication) -> None:
        """Passes over answers that come late, and those of other rounds under the same name."""
        correlation = reply.correlation_data or b""
        number = self._number_of(correlation)
        if number is None or not self._round.is_under_way(number):
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
        return int(number) if token == self._exchange.token and number.isdecimal() else None

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
