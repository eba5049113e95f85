from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct

from broker.schema import descriptions, shape_of, struct_fields
from broker.settings import BrokerSettings, TlsSettings


class Plain(Struct, kw_only=True):
    number: int = 3
    """How many.

    Two paragraphs."""
    undocumented: str = "a"
    needed: Annotated[float, Meta(gt=0)]
    """Needed; no default."""
    names: tuple[str, ...] = ()
    """Names."""
    parts: list[int] = []
    """Parts."""


class Red(Struct, tag="red", tag_field="colour"):
    pass


class Blue(Struct, tag="blue", tag_field="colour"):
    pass


def test_the_string_below_a_field_describes_it() -> None:
    assert descriptions(Plain) == {
        "number": "How many.\n\nTwo paragraphs.",
        "needed": "Needed; no default.",
        "names": "Names.",
        "parts": "Parts.",
    }


@pytest.mark.parametrize("struct", [BrokerSettings, TlsSettings])
def test_each_shared_setting_is_described(struct: type[Struct]) -> None:
    assert descriptions(struct).keys() == struct_fields(struct).keys()


def test_fields_know_their_defaults() -> None:
    fields = struct_fields(Plain)
    assert {name: (field.required, field.default) for name, field in fields.items()} == {
        "number": (False, 3),
        "undocumented": (False, "a"),
        "needed": (True, None),
        "names": (False, ()),
        "parts": (False, []),
    }


def test_a_union_of_tagged_structs() -> None:
    shape = shape_of(Red | Blue | None)
    assert shape.optional
    assert shape.structs == {"red": Red, "blue": Blue}
    assert shape.tag_field == "colour"


def test_one_struct_needs_no_tag() -> None:
    assert shape_of(Annotated[Plain, Meta(description="x")] | None).structs == {"": Plain}


def test_lists_mappings_and_literals() -> None:
    assert shape_of(tuple[Plain, ...]).items is Plain
    mapping = shape_of(dict[str, Plain])
    assert (mapping.keys, mapping.items) == (str, Plain)
    assert shape_of(Literal["a", "b"] | None).literals == ("a", "b")
    assert shape_of(tuple[int, int]).items is None
    assert not shape_of(int).optional
