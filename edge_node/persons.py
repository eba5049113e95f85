"""Where each known person is, or was last: a state of their own, for those who ask for it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from broker.presence import DevicePeople, PersonState
from broker.publication import Publication
from broker.topics import Topics
from edge_node.faces import Person


class Persons:
    """For the worker's thread, but for `states`, which any may read. clock: the time of day, in UTC."""

    def __init__(
        self, topics: Topics, publish: Callable[[Publication], object], clock: Callable[[], datetime]
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._clock = clock
        self._states: dict[str, PersonState] = {}

    @property
    def states(self) -> list[PersonState]:
        return list(self._states.values())

    def enrol(self, people: Sequence[Person]) -> None:
        """Who is known; those who left the gallery lose their state."""
        for person in people:
            known = self._states.get(person.id)
            if known is None or (known.person, known.event_type) != (person.name, person.group):
                self._say(_state(person, known))
        for gone in self._states.keys() - {person.id for person in people}:
            del self._states[gone]
            self._publish(Publication(topic=self._topics.person(gone), payload=b"", qos=1, retain=True))

    def tell(self, told: Mapping[str, DevicePeople], device: str) -> None:
        """Who has come before a camera is there; who has left it may still be before another one."""
        here = {one.person_id for one in told[device].people if one.person_id is not None}
        left = {person for person, state in self._states.items() if state.present and state.device == device}
        for person in (here | left) & self._states.keys():
            places = [device] * (person in here) + list(_places(person, told.values()))
            state = self._states[person]
            if (state.present, state.device) != (bool(places), places[0] if places else state.device):
                self._say(
                    PersonState(
                        person=state.person,
                        person_id=person,
                        event_type=state.event_type,
                        present=bool(places),
                        device=places[0] if places else state.device,
                        last_seen=self._clock(),
                    )
                )

    def _say(self, state: PersonState) -> None:
        self._states[state.person_id] = state
        self._publish(state.to_publication(self._topics))


def _places(person: str, told: Iterable[DevicePeople]) -> Iterable[str]:
    return (state.device for state in told if any(one.person_id == person for one in state.people))


def _state(person: Person, known: PersonState | None) -> PersonState:
    return PersonState(
        person=person.name,
        person_id=person.id,
        event_type=person.group,
        present=known.present if known else False,
        device=known.device if known else None,
        last_seen=known.last_seen if known else None,
    )
