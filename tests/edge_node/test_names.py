import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.topics import is_id
from edge_node.names import NAME_MAX, display_name, person_ids, printable

NAMES = st.one_of(
    st.text(min_size=1, max_size=80), st.text("aAáÁ- _王", min_size=1, max_size=4), st.text("a", min_size=60)
).map(lambda text: display_name(text) or "Ann")
SETS = st.sets(NAMES, max_size=12)


@given(SETS)
def test_ids_are_safe_and_distinct(names: set[str]) -> None:
    ids = person_ids(names)
    assert ids.keys() == names
    assert len(set(ids.values())) == len(names)
    assert all(is_id(one) for one in ids.values())


@given(SETS.flatmap(lambda names: st.permutations(sorted(names))))
def test_ids_do_not_depend_on_order(names: list[str]) -> None:
    assert person_ids(names) == person_ids(sorted(names))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("José Núñez", "jose-nunez"), ("Ann  O'Neil_2", "ann-o-neil-2"), ("王小明", "p-"), ("محمد", "p-")],
)
def test_ids_read_well(name: str, expected: str) -> None:
    person_id = person_ids([name])[name]
    assert person_id.startswith(expected)
    assert len(person_id) == (10 if expected == "p-" else len(expected))


def test_nobody_takes_over_a_plain_id() -> None:
    alone = person_ids(["Jose"])
    both = person_ids(["Jose", "José"])
    assert alone == {"Jose": "jose"}
    assert "jose" not in both.values()
    assert all(one.startswith("jose-") for one in both.values())


def test_a_name_that_looks_like_the_id_of_another() -> None:
    pretender = person_ids(["王小明"])["王小明"]
    assert len(set(person_ids(["王小明", pretender]).values())) == 2


@given(st.text(max_size=200))
def test_names_are_composed_short_and_visible(text: str) -> None:
    name = display_name(text)
    if name is not None:
        assert name == unicodedata.normalize("NFC", name) == display_name(name)
        assert 0 < len(name) <= NAME_MAX


@pytest.mark.parametrize(
    "text", ["", "  ", "a\nb", "a\0", "\u202eann", "a\u2066b", "\ufeffann", "\udcff", "\u200d", "x" * 129]
)
def test_names_that_are_refused(text: str) -> None:
    assert display_name(text) is None


def test_persian_keeps_its_joiners() -> None:
    name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    assert display_name(name) == name


@given(st.text(st.characters(), max_size=300), st.integers(2, 150))
def test_anything_can_be_shown(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    shown.encode()
    assert "\n" not in shown
