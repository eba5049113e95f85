from hypothesis import given
from hypothesis import strategies as st

from edge_node.backlog import Backlog


def drained(backlog: Backlog[str]) -> list[str]:
    return list(iter(backlog.take, None))


def test_takes_turns_between_those_who_wait() -> None:
    backlog = Backlog[str](10)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        backlog.put(item[0], item)
    assert drained(backlog) == ["a1", "b1", "c1", "a2", "c2", "a3"]


def test_when_full_who_has_most_waiting_gives_way_with_the_last() -> None:
    backlog = Backlog[str](3)
    assert [backlog.put("a", f"a{number}") for number in range(4)] == [None, None, None, "a3"]
    assert backlog.put("b", "b0") == "a2"
    assert backlog.put("c", "c0") == "a1"
    assert backlog.put("d", "d0") == "d0"
    assert drained(backlog) == ["a0", "b0", "c0"]


@given(st.integers(1, 5), st.lists(st.one_of(st.none(), st.sampled_from("abc"))))
def test_never_more_than_there_is_room_for_and_nothing_is_lost(most: int, steps: list[str | None]) -> None:
    backlog, put, out = Backlog[int](most), 0, list[int]()
    for who in steps:
        item = backlog.take() if who is None else backlog.put(who, put)
        put += who is not None
        out += [] if item is None else [item]
        assert len(backlog) <= most
    assert sorted([*out, *iter(backlog.take, None)]) == list(range(put))
