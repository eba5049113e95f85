"""Who is before each camera now: told when it changes, and to whoever connects."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from broker.messages import Event, EventType
from broker.presence import DevicePeople, LastEvent, PersonHere
from broker.publication import Publication
from broker.topics import Topics
from edge_node.decide import Decider, Visit
from edge_node.faces import Person
from edge_node.moment import Moment
from edge_node.persons import Persons
from edge_node.view import Views
from edge_node.visits import VisitFile

log = logging.getLogger(__name__)

ALL_SECONDS = 0.5
"""How often is asked who has left."""
SAVE_SECONDS = 10.0
"""While somebody is here; who comes is saved at once."""


class Presence:
    """Turns the visits of the decider into retained state. For the worker's thread, but for `births`.

    clock: the time of day, in UTC. persons: keeps a state for each known person as well.
    """

    def __init__(
        self,
        *,
        node: str,
        topics: Topics,
        decider: Decider,
        views: Views,
        file: VisitFile,
        is_on: Callable[[str], bool],
        publish: Callable[[Publication], object],
        clock: Callable[[], datetime],
        persons: Persons | None = None,
    ) -> None:
        self._node = node
        self._topics = topics
        self._decider = decider
        self._views = views
        self._file = file
        self._is_on = is_on
        self._publish = publish
        self._clock = clock
        self._persons = persons
        self._told: dict[str, DevicePeople] = {}
        self._last_events: dict[str, LastEvent] = {}
        self._since: dict[str, datetime] = {}
        self._saved: tuple[set[str], dict[str, LastEvent]] = (set(), {})
        self._is_failing = False
        self._save_at = self._all_at = -float("inf")

    def resume(self, devices: Iterable[str], now: float) -> None:
        """Goes on from before a restart. devices: cameras of which to say that nobody is there."""
        visits, self._last_events = self._file.load(Moment.now(now, self._clock()))
        for device, known in visits.items():
            self._decider.resume(device, known, now, self._views.of(device))
        for device in {*devices, *visits, *self._last_events}:
            self._told[device] = self._state(device, now)

    def note(self, event: Event) -> None:
        self._last_events[event.device] = LastEvent.of(event)
        self._save_at = -float("inf")

    def update(self, now: float, seen: str | None = None) -> None:
        """Tells what has changed. seen: a camera of which a frame has come."""
        if seen is not None:
            self._tell(seen, now)
        if now >= self._all_at:
            self._all_at = now + ALL_SECONDS
            for device in {*self._told, *self._decider.devices}:
                self._tell(device, now)
        if now >= self._save_at:
            self._save(now)

    def enrol(self, people: Sequence[Person]) -> None:
        """Who is known, now that the gallery has changed."""
        if self._persons is not None:
            self._persons.enrol(people)

    def births(self) -> list[Publication]:
        """All that holds now. From any thread."""
        persons = self._persons.states if self._persons is not None else ()
        return [state.to_publication(self._topics) for state in (*list(self._told.values()), *persons)]

    def close(self, now: float) -> None:
        self._save(now)

    def _tell(self, device: str, now: float) -> None:
        state, before = self._state(device, now), self._told.get(device)
        if before is None or replace(before, updated_at=state.updated_at) != state:
            self._told[device] = state
            self._publish(state.to_publication(self._topics))
            if self._persons is not None:
                self._persons.tell(self._told, device)

    def _state(self, device: str, now: float) -> DevicePeople:
        visits = self._here(device, now)
        people = [self._person(visit, now) for visit in visits]
        kinds = [one.event_type for one in people]
        return DevicePeople(
            device=device,
            node=self._node,
            names=[one.person for one in people if one.person is not None],
            count=len(people),
            authorised=kinds.count(EventType.AUTHORISED),
            restricted=kinds.count(EventType.RESTRICTED),
            unknown=kinds.count(EventType.UNKNOWN),
            people=people,
            last_event=self._last_events.get(device),
            updated_at=self._clock(),
        )

    def _here(self, device: str, now: float) -> list[Visit]:
        if not self._is_on(device):
            return []
        leave_seconds = self._views.of(device).leave_seconds
        visits = self._decider.visits(device)
        return [visit for visit in visits if now - visit.last_seen <= leave_seconds]

    def _person(self, visit: Visit, now: float) -> PersonHere:
        person = visit.person
        began = self._clock() - timedelta(seconds=now - visit.since)
        return PersonHere(
            event_type=person.group if person else EventType.UNKNOWN,
            person=person.name if person else None,
            person_id=person.id if person else None,
            sighting_id=visit.sighting_id,
            since=self._since.setdefault(visit.sighting_id, began),
            zone=visit.zone,
        )

    def _save(self, now: float) -> None:
        """Nothing is written while nobody is here and nothing has happened."""
        self._save_at = now + SAVE_SECONDS
        visits = {device: self._decider.visits(device) for device in self._decider.devices}
        sightings = {visit.sighting_id for known in visits.values() for visit in known}
        self._since = {key: since for key, since in self._since.items() if key in sightings}
        facts = (sightings, dict(self._last_events))
        if not sightings and facts == self._saved:
            return
        try:
            self._file.save(visits, self._last_events, Moment.now(now, self._clock()))
        except OSError as error:
            level = logging.DEBUG if self._is_failing else logging.WARNING
            log.log(level, "visits cannot be kept, a restart would be news: %s", error)
            self._is_failing = True
        else:
            self._saved, self._is_failing = facts, False
