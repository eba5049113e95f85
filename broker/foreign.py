"""Topics of other programs; one word may name the device, as in `frigate/{device}/person/snapshot`."""

DEVICE = "{device}"

MAX_CHARACTERS = 200


def filter_of(pattern: str) -> str:
    """The subscription that receives what is published there."""
    return pattern.replace(DEVICE, "+")


def word_of(pattern: str, topic: str) -> str | None:
    """What stands in the place of `{device}`, "" for a pattern without one; None for another topic."""
    expected, words = pattern.split("/"), topic.split("/")
    if not meet(pattern, topic):
        return None
    return words[expected.index(DEVICE)] if DEVICE in expected else ""


def meet(pattern: str, other: str) -> bool:
    """Whether some topic belongs to both."""
    words, others = pattern.split("/"), other.split("/")
    pairs = zip(words, others, strict=False)
    return len(words) == len(others) and all(one == two or DEVICE in (one, two) for one, two in pairs)


def is_below(pattern: str, prefix: str) -> bool:
    """Whether some topic of the pattern is the prefix or begins with it."""
    words, first = pattern.split("/"), prefix.split("/")
    return len(words) >= len(first) and meet("/".join(words[: len(first)]), prefix)


def fault_of(pattern: str) -> str | None:
    """What is wrong with a pattern by itself."""
    if not pattern.isprintable() or len(pattern) > MAX_CHARACTERS or pattern.startswith("$"):
        return f"expected a topic of {MAX_CHARACTERS} printable characters at most that does not begin with $"
    if "+" in pattern or "#" in pattern:
        return f"expected a topic without + and #; {DEVICE} stands for the one word that may differ"
    if pattern.count("{") + pattern.count("}") != 2 * pattern.split("/").count(DEVICE):
        return f"expected {DEVICE} as a whole word between slashes, and no other braces"
    if pattern.split("/").count(DEVICE) > 1:
        return f"expected {DEVICE} once at most"
    return None
