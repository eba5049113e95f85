"""Everybody who is known, as one immutable value that matching reads."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from broker.messages import EventType
from broker.states import PhotoProblem
from edge_node.faces import Person, Vectors
from edge_node.names import person_ids, printable
from edge_node.search import Product, Search, SearchBuilder


@dataclass(frozen=True, slots=True, eq=False)
class Enrolment:
    """What became of one reference photo: its template, or the reason why there is none.

    key, group, person and fingerprint are the photo's; digest: SHA-256 of its bytes, empty when they could
    not be read; template: one unit vector.
    """

    key: str
    group: EventType
    person: str
    fingerprint: str
    digest: str
    template: npt.NDArray[np.float32] | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """owners: for each template the index into people, ascending; restricted: a flag for each of the people.

    search: finds templates. version: changes with the people, their groups, their photos and the model.
    model: what made the vectors; probes of another model cannot be compared with them.
    """

    version: str
    model: str
    people: tuple[Person, ...]
    owners: npt.NDArray[np.intp]
    restricted: npt.NDArray[np.bool_]
    search: Search

    @classmethod
    def empty(cls, model: str) -> Self:
        return cls.of([], model)

    @property
    def vectors(self) -> Vectors:
        """All templates, n of d numbers; from a large gallery a copy of everything."""
        return self.search.vectors()

    @classmethod
    def of(
        cls,
        enrolments: Sequence[Enrolment],
        model: str,
        restricted: Collection[str] = (),
        search: SearchBuilder = Product.of,
        current: Self | None = None,
    ) -> Self:
        """Who has a template is known, in whatever order they come.

        restricted: further names that are restricted, though no enrolment says so. Who is in both groups is
        restricted, by all photos of both. search: makes the templates searchable. current: returned as it is
        when nothing has changed.
        """
        barred = _barred(enrolments, restricted)
        ids = person_ids({one.person for one in enrolments})
        useful = [one for one in enrolments if one.template is not None]
        rows = sorted(useful, key=lambda one: (ids[one.person], one.digest, one.key))
        names = list(dict.fromkeys(row.person for row in rows))
        groups = {name: EventType.RESTRICTED if name in barred else EventType.AUTHORISED for name in names}
        version = _version(
            model, [(ids[row.person], row.person, groups[row.person], row.digest) for row in rows]
        )
        if current is not None and current.version == version:
            return current
        index = {name: position for position, name in enumerate(names)}
        owners = np.array([index[row.person] for row in rows], dtype=np.intp)
        flags = np.array([name in barred for name in names], dtype=np.bool_)
        return cls(
            version=version,
            model=model,
            people=tuple(Person(id=ids[name], name=name, group=groups[name]) for name in names),
            owners=owners,
            restricted=flags,
            search=search([row.template for row in rows if row.template is not None], owners, flags),
        )


def problems(enrolments: Sequence[Enrolment], restricted: Collection[str] = ()) -> list[PhotoProblem]:
    """Photos without a template, and photos that contradict others.

    `also_restricted`: the person is in both groups; restricted wins. `shared_photo`: the same picture is
    enrolled as several people, who can then not be told apart.
    """
    barred = _barred(enrolments, restricted)
    owners: dict[str, set[str]] = defaultdict(set)
    for one in enrolments:
        owners[one.digest].add(one.person)
    found = []
    for one in enrolments:
        if one.reason is not None:
            found.append((one.key, one.reason))
        elif len(owners[one.digest]) > 1:
            found.append((one.key, "shared_photo"))
        if one.group is EventType.AUTHORISED and one.person in barred:
            found.append((one.key, "also_restricted"))
    return [PhotoProblem(photo=printable(key), reason=reason) for key, reason in found]


def _barred(enrolments: Sequence[Enrolment], restricted: Collection[str]) -> set[str]:
    return {*restricted, *(one.person for one in enrolments if one.group is EventType.RESTRICTED)}


def _version(model: str, rows: Sequence[tuple[str, str, EventType, str]]) -> str:
    text = repr((model, [(person_id, name, group.value, digest) for person_id, name, group, digest in rows]))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
