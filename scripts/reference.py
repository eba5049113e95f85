"""Writes docs/config.md from the settings classes, so that the two cannot differ.

.venv/bin/python -m scripts.reference > docs/config.md
"""

import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Meta, Struct

from broker.schema import descriptions, shape_of, struct_fields
from broker.topics import ID_PATTERN, PREFIX_PATTERN
from camera_agent.settings import AgentConfig
from edge_node.log_settings import MEASUREMENT_PATTERN
from edge_node.quiet import HOURS_PATTERN
from edge_node.settings import NodeConfig
from edge_node.view_settings import Polygon
from edge_node.web.settings import HOST_PATTERN

HEAD = """\
# config.yaml

One file holds the settings of everything on a machine; each program reads its sections.
`edge-node check-config` says every fault in it at once: file, line, key, what was expected. A program that
finds a fault exits with 78. Relative paths are relative to the file; `~` is the home folder. An *id* is made
of small letters, digits, `-` and `_`.

This page is written by `python -m scripts.reference` from the settings classes.
"""

WORDS = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", Path: "path"}
PATTERNS = {
    ID_PATTERN: "id",
    PREFIX_PATTERN: "topic words",
    HOURS_PATTERN: "hours",
    MEASUREMENT_PATTERN: "letters, digits, `_`",
    HOST_PATTERN: "host name",
}


def main() -> None:
    print(reference(), end="")


def reference() -> str:
    return HEAD + "".join(
        f"\n## {name}\n\n{part}" for name, part in {**sections(NodeConfig), **sections(AgentConfig)}.items()
    )


def sections(config: type[Struct]) -> dict[str, str]:
    """Markdown for each section of a program's settings."""
    found = {}
    for name, field in struct_fields(config).items():
        shape = shape_of(field.type)
        structs = shape_of(shape.items).structs if shape.items is not None else shape.structs
        if structs:
            prefix = f"{name}.<device>" if shape.keys is not None else name
            prefix += "[]" if shape.items is not None and shape.keys is None else ""
            found[name] = "\n".join(chapter(struct, prefix) for struct in structs.values())
    return found


def chapter(struct: type[Struct], prefix: str) -> str:
    """The settings of one class as a table, then those of the classes inside it."""
    said = descriptions(struct)
    rows = [f"{first_line(struct)}\n\n| key | value | default | meaning |\n|---|---|---|---|\n"]
    inner = []
    config = struct.__struct_config__
    if config.tag is not None:
        rows.append(f"| `{prefix}.{config.tag_field}` | `{config.tag}` | required | |\n")
    for name, field in struct_fields(struct).items():
        default = "required" if field.required else shown(field.default)
        meaning = " ".join(said[name].split())
        rows.append(f"| `{prefix}.{name}` | {kind(field.type)} | {default} | {meaning} |\n")
        inner += [f"\n{chapter(one, f'{prefix}.{name}')}" for one in shape_of(field.type).structs.values()]
    return "".join(rows + inner)


def kind(annotation: Any) -> str:
    """What may stand there, in words."""
    metas = list(metas_of(annotation))
    bare = bare_of(annotation)
    if typing.get_origin(bare) in (types.UnionType, typing.Union):
        options = [kind(member) for member in typing.get_args(bare) if member is not types.NoneType]
        return " or ".join(dict.fromkeys(options))
    arguments = typing.get_args(bare)
    if typing.get_origin(bare) is Literal:
        return ", ".join(f"`{option}`" for option in arguments)
    if bare == Polygon:
        return "`[[x, y], …]`, shares from 0 to 1"
    if typing.get_origin(bare) is dict:
        return f"{kind(arguments[1])}, by {kind(arguments[0])}"
    if typing.get_origin(bare) is tuple:
        return f"list: {kind(arguments[0])}"
    if isinstance(bare, type) and issubclass(bare, Enum):
        return ", ".join(f"`{member.value}`" for member in bare)
    if isinstance(bare, type) and issubclass(bare, Struct):
        tag = bare.__struct_config__.tag
        return f"`type: {tag}`" if tag else "section"
    return WORDS[bare] + "".join(bounds(meta) for meta in metas)


def bounds(meta: Meta) -> str:
    if meta.pattern is not None:
        return f", {PATTERNS[meta.pattern]}"
    if meta.ge is not None and meta.le is not None:
        return f", {meta.ge} to {meta.le}"
    low = f"≥ {meta.ge}" if meta.ge is not None else f"> {meta.gt}" if meta.gt is not None else ""
    high = f"≤ {meta.le}" if meta.le is not None else f"< {meta.lt}" if meta.lt is not None else ""
    return f" {' and '.join(filter(None, (low, high)))}" if low or high else ""


def shown(default: Any) -> str:
    if default in (None, (), ""):
        return ""
    if isinstance(default, Struct):
        return "its defaults"
    return f"`{msgspec.json.encode(default, enc_hook=str).decode().strip(chr(34))}`"


def first_line(struct: type[Struct]) -> str:
    return (struct.__doc__ or "").strip().split("\n")[0]


def bare_of(annotation: Any) -> Any:
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    return annotation


def metas_of(annotation: Any) -> Iterator[Meta]:
    yield from (meta for meta in getattr(annotation, "__metadata__", ()) if isinstance(meta, Meta))


if __name__ == "__main__":
    main()
