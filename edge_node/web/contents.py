"""Who is in the gallery, as the page shows it."""

import hashlib
from collections.abc import Iterable, Sequence

from msgspec import Struct

from broker.messages import EventType
from broker.states import PhotoProblem
from edge_node.ports import Photo


class Shown(Struct, frozen=True, kw_only=True):
    """One photo. version: changes when its bytes do."""

    key: str
    version: str


class Person(Struct, frozen=True, kw_only=True):
    name: str
    group: EventType
    photos: list[Shown]


class Contents(Struct, frozen=True, kw_only=True):
    """writable: whether photos can be put here. fault: why this is not what the source holds now, or null."""

    people: list[Person]
    problems: list[PhotoProblem]
    writable: bool
    fault: str | None


def contents_of(
    photos: Iterable[Photo], problems: Sequence[PhotoProblem], *, writable: bool, fault: str | None
) -> Contents:
    people: dict[tuple[EventType, str], list[Shown]] = {}
    for photo in photos:
        shown = Shown(key=photo.key, version=hashlib.sha256(photo.fingerprint.encode()).hexdigest()[:16])
        people.setdefault((photo.group, photo.person), []).append(shown)
    return Contents(
        people=[
            Person(name=name, group=group, photos=shown)
            for (group, name), shown in sorted(people.items(), key=lambda one: one[0][1].casefold())
        ],
        problems=[*problems],
        writable=writable,
        fault=fault,
    )
