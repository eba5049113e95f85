"""What a session wants to hear."""

from collections.abc import Callable
from dataclasses import dataclass

from paho.mqtt.client import topic_matches_sub

from broker.publication import Publication


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic filter and what to call, on the network thread, with each publication that matches it."""

    filter: str
    handler: Callable[[Publication], None]
    qos: int = 0

    def matches(self, topic: str) -> bool:
        plain = self.filter.split("/", 2)[2] if self.filter.startswith("$share/") else self.filter
        return topic_matches_sub(plain, topic)
