"""How a settings type is made: what the reader of config.yaml, and the documentation of it, need to know."""

import ast
import inspect
import textwrap
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import msgspec
from msgspec import Struct


@dataclass(frozen=True, slots=True)
class Shape:
    """One annotation taken apart.

    `structs` maps tag to Struct (one entry under "" when untagged), `items` is the annotation of the values
    of a list or a mapping and `keys` that of a mapping's keys, `literals` are the allowed values.
    """

    optional: bool = False
    structs: Mapping[str, type[Struct]] = field(default_factory=dict)
    tag_field: str | None = None
    items: Any = None
    keys: Any = None
    literals: tuple[Any, ...] = ()


def shape_of(annotation: Any) -> Shape:
    bare = _bare(annotation)
    is_union = typing.get_origin(bare) in (types.UnionType, typing.Union)
    members = typing.get_args(bare) if is_union else (bare,)
    optional = types.NoneType in members
    members = tuple(_bare(member) for member in members if member is not types.NoneType)
    structs = [member for member in members if isinstance(member, type) and issubclass(member, Struct)]
    if structs:
        configs = [struct.__struct_config__ for struct in structs]
        tags = {str(config.tag or ""): struct for config, struct in zip(configs, structs, strict=True)}
        return Shape(optional=optional, structs=tags, tag_field=configs[0].tag_field)
    only = members[0]
    origin, arguments = typing.get_origin(only), typing.get_args(only)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return Shape(optional=optional, items=arguments[0])
    if origin is dict:
        return Shape(optional=optional, keys=arguments[0], items=arguments[1])
    if origin is Literal:
        return Shape(optional=optional, literals=arguments)
    return Shape(optional=optional)


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: its annotation, whether it must be given, and its default."""

    type: Any
    required: bool
    default: Any


def struct_fields(struct: type[Struct]) -> dict[str, Field]:
    hints = typing.get_type_hints(struct, include_extras=True)
    fields = {}
    for info in msgspec.structs.fields(struct):
        default = info.default if info.default is not msgspec.NODEFAULT else None
        if info.default_factory is not msgspec.NODEFAULT:
            default = info.default_factory()
        fields[info.name] = Field(hints[info.name], info.required, default)
    return fields


def descriptions(struct: type[Struct]) -> dict[str, str]:
    """The string that follows each field of a settings class, by field name. Needs the source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(struct))).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _bare(annotation: Any) -> Any:
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    return annotation
