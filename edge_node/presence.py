"""Who is before each camera now: told when it changes, and to whoever connects."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from broker.messages import Event, EventType
from broker.presence import DevicePeople, LastEvent, PersonHere, PersonState
from broker.publication import Publication
from broker.topics import Topics
from edge_node.decide import Decider, Visit
from edge_node.faces import Person
from edge_node.moment import Moment
from edge_node.persons import Persons
from edge_node.view import Views
from edge_node.visits import Place, Remembered, VisitFile

log = logging.getLogger(__name__)

DEVICES_AT_MOST = 256
"""Anybody who may publish frames can make up device ids; of further ones nothing is said."""
ALL_SECONDS = 0.5
"""How often is asked who has left."""
SAVE_SECONDS = 10.0
"""While somebody is here; who comes is saved at once."""


class Presence:
    """Turns the visits of the decider into retained state. For the worker's thread, but for `births`.

    clock: the time of day, in UTC. persons: keeps a state for each known person, where that is asked for.
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
        persons: Persons,
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
        self._saved: tuple[set[str], dict[str, LastEvent], dict[str, Place]] = (set(), {}, {})
        self._waited_for: set[str] = set()
        self._is_failing = False
        self._save_at = self._all_at = -float("inf")

    def resume(self, devices: Iterable[str], now: float) -> None:
        """Goes on from before a restart. devices: cameras of which to say that nobody is there."""
        known = self._file.load(Moment.now(now, self._clock()))
        self._last_events = dict(known.last_events)
        for device, visits in known.visits.items():
            self._decider.resume(device, visits, now, self._views.of(device))
        self._waited_for = set(known.visits)
        for device in {*devices, *known.visits, *self._last_events}:
            self._told[device] = self._state(device, now)
        self._persons.resume(known.places, self._told)

    def note(self, event: Event) -> None:
        self._last_events[event.device] = LastEvent.of(event)
        self._save_at = -float("inf")

    def update(self, now: float, seen: str | None = None) -> None:
        """Tells what has changed. seen: a camera of which a frame has come."""
        if seen is not None:
            self._welcome_back(seen, now)
            self._tell(seen, now)
        if now >= self._all_at:
            self._all_at = now + ALL_SECONDS
            for device in {*self._told, *self._decider.devices}:
                self._tell(device, now)
        if now >= self._save_at:
            self._save(now)

    def enrol(self, people: Sequence[Person]) -> None:
        """Who is known, now that the gallery has changed."""
        self._persons.enrol(people, self._told)

    def births(self) -> list[Publication]:
        """All that holds now. From any thread."""
        states: list[DevicePeople | PersonState] = [*list(self._told.values()), *self._persons.states]
        return [state.to_publication(self._topics) for state in states]

    def close(self, now: float) -> None:
        self._save(now)

    def _welcome_back(self, device: str, now: float) -> None:
        """With the first frame after a restart: whoever was there has leave_seconds to be seen again."""
        if device in self._waited_for:
            self._waited_for.discard(device)
            for visit in self._decider.visits(device, now, self._views.of(device)):
                visit.last_seen = now

    def _tell(self, device: str, now: float) -> None:
        state, before = self._state(device, now), self._told.get(device)
        if before is None and len(self._told) >= DEVICES_AT_MOST:
            return
        if before is None or replace(before, updated_at=state.updated_at) != state:
            self._told[device] = state
            self._publish(state.to_publication(self._topics))
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
        view = self._views.of(device)
        visits = self._decider.visits(device, now, view)
        if device in self._waited_for:
            return list(visits)
        return [visit for visit in visits if now - visit.last_seen <= view.leave_seconds]

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
        visits = {
            device: self._decider.visits(device, now, self._views.of(device))
            for device in self._decider.devices
        }
        sightings = {visit.sighting_id for known in visits.values() for visit in known}
        self._since = {key: since for key, since in self._since.items() if key in sightings}
        facts = (sightings, dict(self._last_events), dict(self._persons.places))
        if not sightings and facts == self._saved:
            return
        try:
            known = Remembered(visits, self._last_events, self._persons.places)
            self._file.save(known, Moment.now(now, self._clock()))
        except OSError as error:
            level = logging.DEBUG if self._is_failing else logging.WARNING
            log.log(level, "visits cannot be kept, a restart would be news: %s", error)
            self._is_failing = True
        else:
            self._saved, self._is_failing = facts, False
