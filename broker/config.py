"""config.yaml -> typed settings, or every fault in it: file, line, key, and what was expected.

Each program asks for the sections it needs with a Struct of its own; the sections of the other programs are
known by name and passed over.
"""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from msgspec import Struct

from broker.errors import ConfigError, SettingError
from broker.schema import Shape, shape_of, struct_fields
from broker.yaml_nodes import empty, follow, is_null, kind_of, line_of

S = TypeVar("S", bound=Struct)

SECTIONS = (
    "broker",
    "cameras",
    "node",
    "models",
    "engine",
    "quality",
    "match",
    "decide",
    "attention",
    "devices",
    "quiet",
    "feeds",
    "gallery",
    "homeassistant",
    "requests",
    "outbox",
    "log",
    "sinks",
    "web",
)

MAX_BYTES = 1_000_000

_INVALID = object()


def load(path: Path, into: type[S]) -> S:
    """Reads a settings file into a Struct whose fields are sections. Raises ConfigError with all the faults.

    Relative paths in the file are relative to the file's folder, `~` is the home folder.
    """
    reader = _Reader(path)
    settings = reader.read(into)
    if reader.faults:
        raise ConfigError([text for _, text in sorted(reader.faults)])
    assert isinstance(settings, into)
    return settings


class _Loader(yaml.SafeLoader):
    """Without aliases: a few lines of them stand for millions."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not taken, write it out", problem_mark=mark)
        return super().compose_node(parent, index)


class _Reader:
    """Walks the YAML nodes and the types side by side, so that each fault knows its line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.base = path.absolute().parent
        self.faults: list[tuple[int, str]] = []
        self.constructor = yaml.SafeLoader("")

    def read(self, into: type[Struct]) -> Any:
        root = self._parse()
        if self.faults:
            return _INVALID
        if root is None or is_null(root):
            root = empty(root)
        return self._struct(root, into, "", passed_over=SECTIONS)

    def _parse(self) -> yaml.Node | None:
        try:
            if self.path.stat().st_size > MAX_BYTES:
                self._fault(1, "", f"expected at most {MAX_BYTES} bytes")
                return None
            return yaml.compose(self.path.read_text("utf-8"), Loader=_Loader)
        except OSError as error:
            self._fault(1, "", f"cannot be read: {error.strerror}")
        except UnicodeDecodeError:
            self._fault(1, "", "expected UTF-8 text")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._fault(mark.line + 1 if mark else 1, "", f"not YAML: {error.problem or error.context}")
        except (yaml.YAMLError, RecursionError) as error:
            self._fault(1, "", f"not YAML: {error}")
        return None

    def _fault(self, line: int, key: str, expected: str) -> None:
        where = f"{self.path}:{line}: "
        self.faults.append((line, where + (f"{key}: {expected}" if key else expected)))

    def _value(self, node: yaml.Node, annotation: Any, key: str) -> Any:
        shape = shape_of(annotation)
        if is_null(node):
            if shape.optional:
                return None
            if shape.structs or shape.items is not None:
                node = empty(node, shape)
        if shape.items is not None:
            return self._items(node, shape, key)
        if shape.structs:
            return self._choice(node, shape, key)
        return self._leaf(node, annotation, shape, key)

    def _struct(
        self,
        node: yaml.Node,
        into: type[Struct],
        key: str,
        passed_over: Iterable[str] = (),
        tag: str | None = None,
    ) -> Any:
        if not isinstance(node, yaml.MappingNode):
            self._fault(line_of(node), key, f"expected a mapping, got {kind_of(node)}")
            return _INVALID
        faults_before = len(self.faults)
        fields = struct_fields(into)
        values: dict[str, Any] = {}
        for name, name_node, value_node in self._entries(node, key):
            child = f"{key}.{name}" if key else name
            if name in fields:
                values[name] = self._value(value_node, fields[name].type, child)
            elif name != tag and name not in passed_over:
                known = [*fields, *passed_over, *([tag] if tag else [])]
                self._fault(line_of(name_node), child, "unknown key" + _did_you_mean(name, known))
        for name, field in fields.items():
            if field.required and name not in values:
                self._fault(line_of(node), f"{key}.{name}" if key else name, "missing")
        if len(self.faults) > faults_before:
            return _INVALID
        try:
            return into(**values)
        except ValueError as error:
            at, inner = follow(node, error.key if isinstance(error, SettingError) else ())
            self._fault(line_of(at), (key + inner).removeprefix("."), str(error))
            return _INVALID

    def _choice(self, node: yaml.Node, shape: Shape, key: str) -> Any:
        if len(shape.structs) == 1 and shape.tag_field is None:
            return self._struct(node, shape.structs[""], key)
        if not isinstance(node, yaml.MappingNode):
            self._fault(line_of(node), key, f"expected a mapping, got {kind_of(node)}")
            return _INVALID
        options = ", ".join(sorted(shape.structs))
        tags = [value for name, value in node.value if name.value == shape.tag_field]
        if not tags:
            self._fault(line_of(node), f"{key}.{shape.tag_field}", f"missing: expected one of {options}")
            return _INVALID
        chosen = tags[0].value if isinstance(tags[0], yaml.ScalarNode) else kind_of(tags[0])
        if chosen not in shape.structs:
            hint = _did_you_mean(chosen, shape.structs)
            self._fault(
                line_of(tags[0]),
                f"{key}.{shape.tag_field}",
                f"expected one of {options}, got {chosen!r}{hint}",
            )
            return _INVALID
        return self._struct(node, shape.structs[chosen], key, tag=shape.tag_field)

    def _items(self, node: yaml.Node, shape: Shape, key: str) -> Any:
        if shape.keys is None:
            if not isinstance(node, yaml.SequenceNode):
                self._fault(line_of(node), key, f"expected a list, got {kind_of(node)}")
                return _INVALID
            return tuple(self._value(item, shape.items, f"{key}[{i}]") for i, item in enumerate(node.value))
        if not isinstance(node, yaml.MappingNode):
            self._fault(line_of(node), key, f"expected a mapping, got {kind_of(node)}")
            return _INVALID
        values = {}
        for name, name_node, value_node in self._entries(node, key):
            if self._convert(name, shape.keys, line_of(name_node), f"{key}.{name}") is not _INVALID:
                values[name] = self._value(value_node, shape.items, f"{key}.{name}")
        return values

    def _leaf(self, node: yaml.Node, annotation: Any, shape: Shape, key: str) -> Any:
        try:
            value = self.constructor.construct_object(node, deep=True)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            self._fault(line_of(node), key, f"not a value: {getattr(error, 'problem', error)}")
            return _INVALID
        if shape.literals and value not in shape.literals:
            options = ", ".join(map(str, shape.literals))
            hint = _did_you_mean(str(value), [str(option) for option in shape.literals])
            self._fault(line_of(node), key, f"expected one of {options}, got {value!r}{hint}")
            return _INVALID
        return self._convert(value, annotation, line_of(node), key)

    def _convert(self, value: Any, annotation: Any, line: int, key: str) -> Any:
        try:
            return msgspec.convert(value, annotation, strict=True, dec_hook=self._decode)
        except msgspec.ValidationError as error:
            text = str(error)
            self._fault(line, key, f"{text[0].lower()}{text[1:]} (got {value!r:.60})")
            return _INVALID

    def _decode(self, kind: type, value: Any) -> Any:
        if kind is not Path or not isinstance(value, str) or not value or "\0" in value:
            raise ValueError("expected a path")
        try:
            return self.base / Path(value).expanduser()
        except RuntimeError as error:
            raise ValueError("expected a path; nobody of that name has a home folder") from error

    def _entries(self, node: yaml.MappingNode, key: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        seen: dict[str, int] = {}
        for name_node, value_node in node.value:
            name = str(name_node.value)
            if name in seen:
                child = f"{key}.{name}" if key else name
                self._fault(line_of(name_node), child, f"stands twice, first in line {seen[name]}")
                continue
            seen[name] = line_of(name_node)
            yield name, name_node, value_node


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
