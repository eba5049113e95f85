"""Jinja templates for values in our payloads.

Home Assistant logs a warning for every undefined value that a template prints, so each step has a default.
"""

NOTHING = "default(none)"
"""Prints `None`, which Home Assistant takes for an unknown state."""


def at(*path: str) -> str:
    """An expression for a value of the JSON payload; undefined where a step of the path is missing."""
    *steps, last = path
    found = "(value_json | default({}, true))"
    for step in steps:
        found = f"({found}.{step} | default({{}}, true))"
    return f"{found}.{last}"


def value(*path: str) -> str:
    return f"{{{{ {at(*path)} | {NOTHING} }}}}"


def positive(*path: str) -> str:
    """`ON` while the number is more than nothing."""
    return f"{{{{ 'ON' if {at(*path)} | default(0, true) | int(0) > 0 else 'OFF' }}}}"


def flag(*path: str) -> str:
    return f"{{{{ 'ON' if {at(*path)} | default(false, true) else 'OFF' }}}}"


def names(*path: str, limit: int = 250) -> str:
    """The names with commas, `Stranger` when others are there, else `Nobody`; a state has 255 characters."""
    strangers = f"'Stranger' if {at('count')} | default(0, true) | int(0) > 0 else 'Nobody'"
    joined = f"{at(*path)} | default([], true) | join(', ')"
    return f"{{{{ ({joined} or ({strangers})) | truncate({limit}, true, '…', 0) }}}}"


def whole() -> str:
    """The payload when it is a JSON object, for attributes."""
    return "{{ (value_json | default({}, true)) | tojson }}"
