"""Where each known person is, or was last: a state of their own, for those who ask for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from broker.presence import DevicePeople, PersonState
from broker.publication import Publication
from broker.topics import Topics
from edge_node.faces import Person
from edge_node.visits import Place


class Persons:
    """For the worker's thread, but for `states`, which any may read. clock: the time of day, in UTC.

    places: where everybody was last, which outlives the process. Where nobody asks for states, those of an
    earlier start are taken away.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Callable[[Publication], object],
        clock: Callable[[], datetime],
        *,
        is_asked_for: bool,
    ) -> None:
        self.places: dict[str, Place] = {}
        self._topics = topics
        self._publish = publish
        self._clock = clock
        self._is_asked_for = is_asked_for
        self._states: dict[str, PersonState] = {}

    @property
    def states(self) -> list[PersonState]:
        return list(self._states.values())

    def resume(self, places: Mapping[str, Place], told: Mapping[str, DevicePeople]) -> None:
        """Goes on from before a restart, which is no time to have been seen at."""
        for state in told.values():
            self._note(state)
        self.places |= places

    def enrol(self, people: Sequence[Person], told: Mapping[str, DevicePeople]) -> None:
        """Who is known; those who left the gallery lose their state."""
        wanted = {person.id: person for person in people} if self._is_asked_for else {}
        for person in wanted.values():
            known = self._states.get(person.id)
            if known is None or (known.person, known.event_type) != (person.name, person.group):
                self._say(self._state(person, told))
        for gone in {*self.places, *self._states} - wanted.keys():
            self.places.pop(gone, None)
            self._states.pop(gone, None)
            self._publish(Publication(topic=self._topics.person(gone), payload=b"", qos=1, retain=True))

    def tell(self, told: Mapping[str, DevicePeople], device: str) -> None:
        """Who has come before a camera is there; who has left it may still be before another one."""
        here = self._note(told[device])
        left = {person for person, state in self._states.items() if state.present and state.device == device}
        for person in (here | left) & self._states.keys():
            state = self._states[person]
            now = self._state(Person(person, state.person, state.event_type), told, first=device)
            if (state.present, state.device) != (now.present, now.device):
                if state.present and not now.present and now.device is not None:
                    place = self.places[person] = Place(now.device, self._clock())
                    now = msgspec.structs.replace(now, last_seen=place.at)
                self._say(now)

    def _note(self, state: DevicePeople) -> set[str]:
        """Remembers where people are, and returns who is before that camera."""
        here = {one.person_id for one in state.people if one.person_id is not None}
        if self._is_asked_for:
            self.places |= {person: Place(state.device, self._clock()) for person in here}
        return here

    def _state(
        self, person: Person, told: Mapping[str, DevicePeople], first: str | None = None
    ) -> PersonState:
        """first: the camera to name if they are before several."""
        devices = list(_devices(person.id, told.values()))
        last = self.places.get(person.id)
        device = (first if first in devices else devices[0]) if devices else (last.device if last else None)
        return PersonState(
            person=person.name,
            person_id=person.id,
            event_type=person.group,
            present=bool(devices),
            device=device,
            last_seen=last.at if last else None,
        )

    def _say(self, state: PersonState) -> None:
        self._states[state.person_id] = state
        self._publish(state.to_publication(self._topics))


def _devices(person: str, told: Iterable[DevicePeople]) -> Iterable[str]:
    return (state.device for state in told if any(one.person_id == person for one in state.people))
