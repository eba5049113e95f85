"""Which photos go when a listing no longer has them.

Two things make a photo stay. Others of its person could not be fetched: so one on its way to Restricted never
leaves the person unknown. And a listing that is empty, or lacks more than half of the photos and more than
ten, is believed only when three in a row lack the same ones: so everybody can be deleted on purpose, two
polls later, while a wrong prefix or a broken service deletes nobody. A photo that moved is not lacking.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from edge_node.errors import GalleryError
from edge_node.names import caseless
from edge_node.stores.bucket import Listed
from edge_node.stores.index import Entry, Index
from edge_node.stores.layout import Layout

MANY = 10
POLLS_TO_BELIEVE = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """A mass deletion: a hash of what is lacking, and for how many polls in a row."""

    missing: str = ""
    polls: int = 0
    detail: str = ""

    @property
    def error(self) -> GalleryError | None:
        return GalleryError("mass_deletion", self.detail) if self.detail else None


def doubt(before: Index, listed: Mapping[str, Listed]) -> Doubt:
    photos = {key: entry.etag for key, entry in before.entries.items() if entry.reason is None}
    etags = {one.etag for one in listed.values()}
    gone = sorted(key for key, etag in photos.items() if key not in listed and etag not in etags)
    if not gone or (listed and (len(gone) <= MANY or 2 * len(gone) <= len(photos))):
        return Doubt()
    missing = hashlib.sha256("\n".join(gone).encode()).hexdigest()
    polls = before.polls + 1 if missing == before.missing else 1
    if polls >= POLLS_TO_BELIEVE:
        return Doubt()
    return Doubt(
        missing,
        polls,
        f"{before.source}: {len(gone)} of {len(photos)} photos are gone from the listing; nobody is deleted "
        f"until {POLLS_TO_BELIEVE} polls in a row say so, this was number {polls}. If it is wrong, correct "
        "gallery.source or put the photos back",
    )


def awaited(before: Mapping[str, Entry], after: Mapping[str, Entry], layout: Layout) -> dict[str, Entry]:
    """Photos no longer listed of people who have others that could not be fetched."""
    waiting = {_person(layout, key) for key, entry in after.items() if entry.to_fetch}
    return {
        key: entry
        for key, entry in before.items()
        if key not in after and entry.reason is None and _person(layout, key) in waiting
    }


def _person(layout: Layout, key: str) -> str | None:
    place = layout.place(key)
    return caseless(place.person) if place and place.person else None
