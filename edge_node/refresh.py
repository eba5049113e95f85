"""Keeps the gallery up to date: source -> photos -> enrolments -> Gallery, and what to say of it."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from broker import timestamps
from broker.messages import EventType
from broker.states import GalleryState, PhotoProblem
from edge_node.enrol import enrol
from edge_node.errors import GalleryError
from edge_node.gallery import Enrolment, Gallery, problems
from edge_node.ports import Detector, Embedder, PhotoStore
from edge_node.progress import track
from edge_node.search import Product, SearchBuilder

log = logging.getLogger(__name__)

PROBLEMS_LOGGED = 5
PROBLEMS_SHOWN = 100
"""With names cut to 120 characters a state stays below the 64 KB that readers take."""
REASON_CHARACTERS = 500
SAVE_EVERY = 64
"""New photos; a first enrolment that is cut short loses no more."""


class Templates(Protocol):
    """Where enrolments outlive the process."""

    def load(self) -> list[Enrolment]: ...

    def save(self, enrolments: Sequence[Enrolment]) -> None: ...


class Refresher:
    """Turns a photo store into galleries. For one thread; the galleries are for all."""

    def __init__(
        self,
        store: PhotoStore,
        templates: Templates,
        detector: Detector,
        embedder: Embedder,
        *,
        model: str,
        search: SearchBuilder = Product.of,
        now: Callable[[], datetime] = timestamps.now,
    ) -> None:
        self._store = store
        self._templates = templates
        self._detector = detector
        self._embedder = embedder
        self._search = search
        self._now = now
        self._enrolments: list[Enrolment] = []
        self._problems: list[PhotoProblem] = []
        self._gallery = Gallery.empty(model)
        self._synced_at: datetime | None = None
        self._fault: GalleryError | None = None
        self._saved: set[tuple[str, str, EventType]] | None = None

    @property
    def gallery(self) -> Gallery:
        return self._gallery

    def load(self) -> Gallery:
        """What was enrolled when last heard of, at once: neither source nor photos are looked at."""
        self._enrolments = self._templates.load()
        self._saved = _facts(self._enrolments)
        self._assemble((), ())
        return self._gallery

    def poll(self) -> Gallery | None:
        """Asks the source. Returns the gallery if it has changed; when there is a fault the old one stays."""
        before = self._gallery.version
        fault = None
        try:
            self._store.sync()
            self._synced_at = self._now()
        except GalleryError as error:
            fault = error
        try:
            self._enrol()
        except GalleryError as error:
            fault = fault or error
        self._note(fault)
        return self._gallery if self._gallery.version != before else None

    def state(self) -> GalleryState:
        return GalleryState(
            version=self._gallery.version,
            model=self._gallery.model,
            people=len(self._gallery.people),
            templates=len(self._gallery.owners),
            problems=self._problems[:PROBLEMS_SHOWN],
            problem_count=len(self._problems),
            synced_at=self._synced_at,
            stale=self._fault is not None,
            stale_reason=f"{self._fault.reason}: {self._fault}"[:REASON_CHARACTERS] if self._fault else None,
        )

    def _enrol(self) -> None:
        photos = self._store.photos()
        seen = {(one.key, one.fingerprint) for one in self._enrolments}
        results = enrol(photos, self._detector, self._embedder, self._enrolments)
        if any((photo.key, photo.fingerprint) not in seen for photo in photos):
            results = track(results, "enrolling photos", len(photos))
        done: list[Enrolment] = []
        unsaved = 0
        for one in results:
            done.append(one)
            unsaved += (one.key, one.fingerprint) not in seen
            if unsaved == SAVE_EVERY:
                unsaved = 0
                self._save([*{other.key: other for other in (*self._enrolments, *done)}.values()])
        self._enrolments = done
        self._assemble(self._store.restricted(), self._store.problems())
        self._save(done)

    def _assemble(self, restricted: Collection[str], refused: Sequence[PhotoProblem]) -> None:
        current = self._gallery
        self._gallery = Gallery.of(self._enrolments, current.model, restricted, self._search, current)
        found = [*refused, *problems(self._enrolments, restricted)]
        if found and found != self._problems:
            shown = ", ".join(f"{one.photo} ({one.reason})" for one in found[:PROBLEMS_LOGGED])
            log.warning("%d photos have a problem: %s", len(found), shown)
        self._problems = found

    def _save(self, enrolments: Sequence[Enrolment]) -> None:
        """With the groups that hold, for a next start at which the source cannot be read."""
        groups = {person.name: person.group for person in self._gallery.people}
        kept = [replace(one, group=groups.get(one.person, one.group)) for one in enrolments if one.digest]
        facts = _facts(kept)
        if facts == self._saved:
            return
        try:
            self._templates.save(kept)
        except OSError as error:
            log.warning("templates are not kept, the next start will enrol again: %s", error)
        else:
            self._saved = facts

    def _note(self, fault: GalleryError | None) -> None:
        if fault is None:
            if self._fault is not None:
                log.info("the source of photos can be read again")
        elif self._fault is None or self._fault.reason != fault.reason:
            log.warning("the gallery stays as it is: %s", fault)
        else:
            log.debug("the gallery stays as it is: %s", fault)
        self._fault = fault


def _facts(enrolments: Sequence[Enrolment]) -> set[tuple[str, str, EventType]]:
    return {(one.key, one.fingerprint, one.group) for one in enrolments}
