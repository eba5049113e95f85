"""Visits kept on disk, so that a restart is not news to anybody who stands before a camera."""

import base64
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from broker.messages import EventType, Id, Time
from broker.presence import LastEvent
from edge_node import durable
from edge_node.decide import Visit
from edge_node.faces import Person
from edge_node.moment import Moment

log = logging.getLogger(__name__)

Seconds = Annotated[float, Meta(ge=0, le=10_000_000)]


class _Row(Struct, frozen=True):
    """Times are seconds before the file was written."""

    sighting_id: str
    event_type: EventType
    person: str | None
    person_id: Id | None
    vector: str
    since: Seconds
    last_seen: Seconds
    zone: str | None


class _Device(Struct, frozen=True):
    visits: tuple[_Row, ...]
    last_event: LastEvent | None


class Place(Struct, frozen=True):
    """Where somebody was, and when they were seen there."""

    device: Id
    at: Time


class _Contents(Struct, frozen=True):
    written: Moment
    model: str
    devices: dict[Id, _Device]
    persons: dict[Id, Place] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remembered:
    """visits and last events by device; places: where each known person was last."""

    visits: Mapping[str, Sequence[Visit]] = field(default_factory=dict)
    last_events: Mapping[str, LastEvent] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)


class VisitFile:
    """model: what made the vectors; those of another one are of no use."""

    def __init__(self, path: Path, model: str) -> None:
        self._path = path
        self._model = model

    def save(self, known: Remembered, moment: Moment) -> None:
        """Raises OSError."""
        devices = {
            device: _Device(
                tuple(_row(visit, moment.monotonic) for visit in known.visits.get(device, ())),
                known.last_events.get(device),
            )
            for device in {**known.visits, **known.last_events}
        }
        contents = _Contents(moment, self._model, devices, dict(known.places))
        durable.make_folder(self._path.parent)
        durable.write(self._path, [msgspec.json.encode(contents)])

    def load(self, moment: Moment) -> Remembered:
        """The times of visits are as if this process had seen them. Empty when the file is absent or odd."""
        try:
            contents = msgspec.json.decode(self._path.read_bytes(), type=_Contents)
            away = contents.written.seconds_until(moment)
            visits: dict[str, list[Visit]] = {}
            if away is not None and contents.model == self._model:
                then = moment.monotonic - away
                visits = {
                    device: [_visit(row, then) for row in kept.visits]
                    for device, kept in contents.devices.items()
                }
        except FileNotFoundError:
            return Remembered()
        except (OSError, ValueError, OverflowError) as error:
            log.warning("%s is not used, people before cameras are news again: %s", self._path, error)
            return Remembered()
        events = {device: kept.last_event for device, kept in contents.devices.items() if kept.last_event}
        return Remembered(visits, events, contents.persons)


def _row(visit: Visit, now: float) -> _Row:
    person = visit.person
    return _Row(
        sighting_id=visit.sighting_id,
        event_type=person.group if person else EventType.UNKNOWN,
        person=person.name if person else None,
        person_id=person.id if person else None,
        vector=base64.b64encode(visit.vector.astype("<f4").tobytes()).decode(),
        since=max(0.0, now - visit.since),
        last_seen=max(0.0, now - visit.last_seen),
        zone=visit.zone,
    )


def _visit(row: _Row, then: float) -> Visit:
    """Raises ValueError for a vector that is none."""
    vector = np.frombuffer(base64.b64decode(row.vector, validate=True), "<f4").astype(np.float32)
    if not vector.size or not math.isclose(float(np.linalg.norm(vector)), 1, abs_tol=1e-2):
        raise ValueError("a vector that is not of unit length")
    person = None
    if row.person is not None and row.person_id is not None:
        person = Person(row.person_id, row.person, row.event_type)
    return Visit(person, vector, then - row.since, then - row.last_seen, row.sighting_id, row.zone)
