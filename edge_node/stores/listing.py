"""What a source holds, photo or not."""

from dataclasses import dataclass
from pathlib import Path

from broker.messages import EventType
from broker.states import PhotoProblem
from edge_node.names import printable
from edge_node.ports import Photo
from edge_node.stores.layout import Place


@dataclass(frozen=True, slots=True)
class Item:
    """One file or object in a group. reason: why it is no photo, when that is not its place's fault."""

    key: str
    place: Place
    path: Path
    fingerprint: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """All items of one moment."""

    items: tuple[Item, ...] = ()

    def photos(self) -> list[Photo]:
        return [
            Photo(item.key, item.place.group, item.place.person, item.fingerprint, item.path)
            for item in self.items
            if item.place.person is not None and item.place.reason is None and item.reason is None
        ]

    def problems(self) -> list[PhotoProblem]:
        reasons = [(item.key, item.reason or item.place.reason) for item in self.items]
        return [
            PhotoProblem(photo=printable(key), reason=reason) for key, reason in reasons if reason is not None
        ]

    def restricted(self) -> set[str]:
        """Names in the restricted group, whether or not their photos are any good."""
        return {
            item.place.person
            for item in self.items
            if item.place.person is not None and item.place.group is EventType.RESTRICTED
        }
