"""One event as it waits."""

from dataclasses import dataclass
from typing import Self

from broker.messages import JSON, Event, EventType
from broker.publication import Publication
from broker.topics import Topics
from edge_node.moment import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """number: grows from event to event. kept: when it was put here. is_news: it is still to be told to all
    who listen to events; else it is for the logger alone."""

    number: int
    event_id: str
    device: str
    event_type: str
    muted: bool
    payload: bytes
    kept: Moment
    is_news: bool = True

    @classmethod
    def of(cls, event: Event, number: int, kept: Moment) -> Self:
        return cls(
            number=number,
            event_id=event.event_id,
            device=event.device,
            event_type=event.event_type.value,
            muted=event.muted is not None,
            payload=event.to_json(),
            kept=kept,
        )

    @property
    def is_restricted(self) -> bool:
        return self.event_type == EventType.RESTRICTED.value

    def to_publication(self, topics: Topics) -> Publication:
        if not self.is_news:
            place = topics.again
        elif self.muted:
            place = topics.muted
        else:
            place = topics.events
        return Publication(
            topic=place(self.device, self.event_type), payload=self.payload, qos=1, content_type=JSON
        )
