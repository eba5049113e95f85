"""Quiet rules: which events are told quietly, that is logged and marked, and start nothing."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from broker.messages import Event, EventType, Id

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = get_args(Day)
HOURS_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d(?!\n)$"
Hours = Annotated[str, Meta(pattern=HOURS_PATTERN)]


class QuietRule(Struct, frozen=True, kw_only=True):
    """Silences the events to which all of it applies. Its name marks them."""

    name: Id
    """What the events are marked with."""
    people: tuple[Annotated[str, Meta(min_length=1, max_length=128)], ...] = ()
    """Names or ids of people; everybody when absent."""
    devices: tuple[Id, ...] = ()
    """Cameras; all when absent."""
    event_types: tuple[EventType, ...] = (EventType.AUTHORISED, EventType.UNKNOWN)
    """Kinds of events. Restricted people are never silenced unless they are named here."""
    hours: Hours | None = None
    """Local time, such as `22:00-06:30`; always when absent. What goes over midnight belongs to the day on
    which it begins."""
    days: tuple[Day, ...] = ()
    """Days of the week, such as `[sat, sun]`; all when absent."""

    def applies(self, event: Event, at: datetime) -> bool:
        """at: the event's time where the camera hangs."""
        return (
            event.event_type in self.event_types
            and (not self.people or event.person in self.people or event.person_id in self.people)
            and (not self.devices or event.device in self.devices)
            and self._holds(at)
        )

    def _holds(self, at: datetime) -> bool:
        today, yesterday = DAYS[at.weekday()], DAYS[at.weekday() - 1]
        if self.hours is None:
            return self._is_on(today)
        begin, end = (time.fromisoformat(clock) for clock in self.hours.split("-"))
        now = at.time()
        if begin < end:
            return begin <= now < end and self._is_on(today)
        return (now >= begin and self._is_on(today)) or (now < end and self._is_on(yesterday))

    def _is_on(self, day: Day) -> bool:
        return not self.days or day in self.days


def silenced_by(rules: Sequence[QuietRule], event: Event, at: datetime) -> str | None:
    """The name of the first rule that applies."""
    return next((rule.name for rule in rules if rule.applies(event, at)), None)
