"""What people are called: names to show, and ids that are safe in topics."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection

ID_MAX = 64
NAME_MAX = 128

_JOINERS = "\u200c\u200d"
_DIGEST_SIZES = (0, 8, 16, 32, 62)


def display_name(text: str) -> str | None:
    """The name in NFC with single spaces; None when it is empty, too long or holds invisible characters.

    Zero-width joiners stay: Persian and the scripts of India spell names with them.
    """
    if any(_is_invisible(character) for character in text):
        return None
    name = " ".join(unicodedata.normalize("NFC", text).split())
    return name if 0 < len(name) <= NAME_MAX and name.strip(_JOINERS) else None


def caseless(name: str) -> str:
    """What a name has in common with those that differ from it only in case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def printable(text: str, limit: int = 120) -> str:
    """Any key or file name, fit for a log line and for JSON: the invisible is escaped, the long is cut."""
    escaped = "".join(
        character.encode("unicode_escape").decode() if _is_invisible(character) else character
        for character in text[:limit]
    )
    return escaped if len(text) <= limit and len(escaped) <= limit else escaped[: limit - 1] + "…"


def person_ids(names: Collection[str]) -> dict[str, str]:
    """An id for each name: folded to ASCII, with a piece of the name's hash where folding is not enough.

    Names that fold alike all get their hash, so that nobody ever takes over the plain id of somebody else.
    """
    steps = {name: 0 if _folded(name) else 1 for name in names}
    while True:
        ids = {name: _id(name, _DIGEST_SIZES[step]) for name, step in steps.items()}
        taken = Counter(ids.values())
        clashes = [name for name in steps if taken[ids[name]] > 1]
        if not clashes:
            return ids
        for name in clashes:
            steps[name] += 1


def _id(name: str, digest_size: int) -> str:
    stem = _folded(name) or "p"
    if not digest_size:
        return stem
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).hexdigest()[:digest_size]
    return f"{stem[: ID_MAX - 1 - digest_size].rstrip('-')}-{digest}"


def _folded(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:ID_MAX].rstrip("-")


def _is_invisible(character: str) -> bool:
    """Controls, bidirectional and other format characters, line ends and halves of surrogate pairs."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
