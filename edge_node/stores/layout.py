"""Group and person in a key: `Authorised/<name>.jpg` and `Authorised/<name>/<anything>.jpg`."""

from dataclasses import dataclass

from broker.messages import EventType
from edge_node.names import display_name

_JPEG = (".jpg", ".jpeg")
_LITTER = ("thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir")


@dataclass(frozen=True, slots=True)
class Place:
    """What a key says: the group, the person if the name is one, and the reason if it is no photo."""

    group: EventType
    person: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder, or key prefix, of each group; a slash at the end makes no difference."""

    authorised: str = "Authorised/"
    restricted: str = "Restricted/"

    def groups(self) -> list[tuple[str, EventType]]:
        """Prefixes with their slash, the one that is inside the other first."""
        groups = [(self.restricted, EventType.RESTRICTED), (self.authorised, EventType.AUTHORISED)]
        return sorted(
            ((f"{prefix.strip('/')}/", group) for prefix, group in groups), key=lambda pair: -len(pair[0])
        )

    def key(self, group: EventType, person: str, stem: str) -> str | None:
        """Where another photo of somebody goes; None for a name that no key can hold."""
        prefix = next(prefix for prefix, one in self.groups() if one is group)
        key = f"{prefix}{person}/{stem}.jpg"
        return key if self.place(key) == Place(group, person) else None

    def place(self, key: str) -> Place | None:
        """None for what is in no group, for folders, and for the litter of operating systems."""
        for prefix, group in self.groups():
            if key.startswith(prefix):
                return _place(group, key.removeprefix(prefix))
        return None


def _place(group: EventType, rest: str) -> Place | None:
    folder, slash, file = rest.rpartition("/")
    if not file or any(_is_litter(part) for part in rest.split("/")):
        return None
    stem, dot, extension = file.rpartition(".")
    person = display_name(folder.split("/")[0] if slash else stem or file)
    if person is None or not _is_unicode(file):
        return Place(group, person, "bad_name")
    if "/" in folder:
        return Place(group, person, "too_deep")
    return Place(group, person, None if f"{dot}{extension}".lower() in _JPEG else "not_jpeg")


def _is_litter(part: str) -> bool:
    return part.startswith(".") or part.lower() in _LITTER


def _is_unicode(text: str) -> bool:
    """False for file names that are not UTF-8, which Python reads as halves of surrogate pairs."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
