"""Who is where: state that the node publishes retained, so that whoever connects knows it at once."""

from msgspec import Struct

from broker.messages import JSON, SCHEMA, Count, Event, EventType, Id, Time, Whole, WireJson
from broker.publication import Publication
from broker.topics import Topics


class PersonHere(Struct, frozen=True, kw_only=True):
    """Somebody before the camera; `person` and `person_id` are null for a stranger."""

    event_type: EventType
    person: str | None
    person_id: Id | None
    sighting_id: str
    since: Time
    zone: Id | None


class LastEvent(Struct, frozen=True, kw_only=True):
    """The camera's latest event, in short."""

    event_id: str
    event_type: EventType
    person: str | None
    captured_at: Time

    @classmethod
    def of(cls, event: Event) -> "LastEvent":
        return cls(
            event_id=event.event_id,
            event_type=event.event_type,
            person=event.person,
            captured_at=event.captured_at,
        )


class DevicePeople(WireJson, frozen=True, kw_only=True):
    """Who is before a camera now: names of those that are known, and how many there are of each kind."""

    schema: Whole = SCHEMA
    device: Id
    node: Id
    names: list[str]
    count: Count
    authorised: Count
    restricted: Count
    unknown: Count
    people: list[PersonHere]
    last_event: LastEvent | None
    updated_at: Time

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.device_people(self.device),
            payload=self.to_json(),
            qos=1,
            retain=True,
            content_type=JSON,
        )


class PersonState(WireJson, frozen=True, kw_only=True):
    """Where a known person is, or was last."""

    schema: Whole = SCHEMA
    person: str
    person_id: Id
    event_type: EventType
    present: bool
    device: Id | None
    last_seen: Time | None

    def to_publication(self, topics: Topics) -> Publication:
        return Publication(
            topic=topics.person(self.person_id),
            payload=self.to_json(),
            qos=1,
            retain=True,
            content_type=JSON,
        )
