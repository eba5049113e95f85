"""Nodes of a parsed YAML document: what they are and where they stand."""

from collections.abc import Sequence

import yaml

from broker.schema import Shape


def line_of(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def empty(at: yaml.Node | None, shape: Shape | None = None) -> yaml.Node:
    """The empty mapping or list that a section without content stands for."""
    mark = at.start_mark if at else None
    if shape is not None and shape.items is not None and shape.keys is None:
        return yaml.SequenceNode("tag:yaml.org,2002:seq", [], mark, mark)
    return yaml.MappingNode("tag:yaml.org,2002:map", [], mark, mark)


def kind_of(node: yaml.Node) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "a mapping" if isinstance(node, yaml.MappingNode) else f"{node.value!r:.60}"


def follow(node: yaml.Node, key: Sequence[str | int]) -> tuple[yaml.Node, str]:
    """The innermost node on the way that stands in the file, and the way in words: `.feeds[0].topic`."""
    text = ""
    for step in key:
        text += f".{step}" if isinstance(step, str) else f"[{step}]"
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == step), node)
    return node, text
