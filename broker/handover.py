"""Following a publication until it is out of our hands."""

from dataclasses import dataclass
from typing import Self

from paho.mqtt.client import MQTTMessageInfo
from paho.mqtt.reasoncodes import ReasonCode

NO_SUBSCRIBERS = 0x10


@dataclass(frozen=True, slots=True)
class Receipt:
    """The broker's answer to a publication of QoS 1: it took it, and has it in memory.

    mid: as in the `Handover`. reason: in MQTT's words. is_heard: False when nobody subscribes to the topic,
    and the publication is gone. Of QoS 0 it says that the publication went to the socket.
    """

    mid: int
    reason: str
    is_refused: bool
    is_heard: bool

    @classmethod
    def of(cls, mid: int, code: ReasonCode) -> Self:
        is_heard = not code.is_failure and code.value != NO_SUBSCRIBERS
        return cls(mid, str(code), is_refused=code.is_failure, is_heard=is_heard)


class Handover:
    """What became of a publication: at QoS 0 written to the socket, at QoS 1 acknowledged by the broker."""

    def __init__(self, info: MQTTMessageInfo) -> None:
        self._info = info

    @property
    def mid(self) -> int:
        """The packet identifier that the broker answers with."""
        return self._info.mid

    @property
    def done(self) -> bool:
        """Whether nothing is left to wait for; True as well for what was dropped with a lost connection."""
        try:
            return self._info.is_published()
        except (RuntimeError, ValueError):
            return True

    def wait(self, timeout_seconds: float) -> bool:
        """Blocks until done, and says whether it was handed over."""
        try:
            self._info.wait_for_publish(timeout_seconds)
            return self._info.is_published()
        except (RuntimeError, ValueError):
            return False
