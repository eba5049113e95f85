"""What a source holds, photo or not."""

from dataclasses import dataclass
from pathlib import Path

from broker.messages import EventType
from broker.states import PhotoProblem
from edge_node.names import caseless, printable
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
    """All items of one moment, in the order of their keys.

    Names that differ only in case are one person's, who is shown as the first photo spells it.
    """

    items: tuple[Item, ...] = ()

    def photos(self) -> list[Photo]:
        spelled = self._spellings()
        return [
            Photo(item.key, item.place.group, spelled[caseless(name)], item.fingerprint, item.path)
            for item in self.items
            if (name := item.place.person) is not None and item.place.reason is None and item.reason is None
        ]

    def problems(self) -> list[PhotoProblem]:
        reasons = [(item.key, item.reason or item.place.reason) for item in self.items]
        return [
            PhotoProblem(photo=printable(key), reason=reason) for key, reason in reasons if reason is not None
        ]

    def restricted(self) -> set[str]:
        """Names in the restricted group, whether or not their photos are any good."""
        spelled = self._spellings()
        return {
            spelled[caseless(item.place.person)]
            for item in self.items
            if item.place.person is not None and item.place.group is EventType.RESTRICTED
        }

    def _spellings(self) -> dict[str, str]:
        spellings: dict[str, str] = {}
        for item in sorted(self.items, key=lambda one: (one.reason or one.place.reason) is not None):
            if item.place.person is not None:
                spellings.setdefault(caseless(item.place.person), item.place.person)
        return spellings
