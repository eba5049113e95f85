from hypothesis import given
from hypothesis import strategies as st

from edge_node.round import PAUSE_MAX_SECONDS, Round


def round_of(count: int, at_once: int = 2) -> Round[str]:
    return Round(count, at_once=at_once, timeout_seconds=10, patience_seconds=30)


def test_few_are_under_way_and_answers_come_in_order() -> None:
    five = round_of(5)
    assert list(five.due(0)) == [0, 1]
    assert list(five.due(1)) == []
    five.settle(1, "b")
    assert list(five.in_order()) == []
    assert list(five.due(2)) == [2]
    five.settle(0, "a")
    assert list(five.in_order()) == ["a", "b"]
    assert (five.answered, five.is_over) == (2, False)


def test_who_is_not_answered_is_asked_again_until_it_is_hopeless() -> None:
    one = round_of(1)
    assert [list(one.due(now)) for now in (0, 9.9, 10, 19, 20, 29, 30, 31)] == [
        [0], [], [0], [], [0], [], [], [],
    ]  # fmt: skip
    assert one.asked_at(0) == 0
    assert one.hopeless(29.9) == []
    assert one.hopeless(30) == [0]


def test_the_first_answer_stands() -> None:
    one = round_of(1)
    list(one.due(0))
    assert one.settle(0, "first")
    assert not one.settle(0, "late")
    assert list(one.in_order()) == ["first"]
    assert not one.settle(0, "later")
    assert one.is_over


def test_who_was_turned_away_asks_again_after_pauses_that_grow() -> None:
    one, now, pauses = round_of(1), 0.0, []
    for _ in range(8):
        assert list(one.due(now)) == [0]
        one.turn_away(0, now)
        pauses.append(one.next_due() - now)
        now = one.next_due()
    assert pauses == sorted(pauses)
    assert pauses[0] < 0.2
    assert pauses[-1] <= PAUSE_MAX_SECONDS + 1e-9


def test_when_a_node_is_gone_all_are_asked_again_at_once() -> None:
    three = round_of(3)
    assert list(three.due(0)) == [0, 1]
    three.settle(0, "a")
    three.hurry(1)
    assert list(three.due(1)) == [1, 2]


@given(
    st.integers(0, 12),
    st.integers(1, 5),
    st.lists(st.tuples(st.sampled_from(["settle", "turn_away", "hurry", "wait"]), st.integers(0, 12))),
)
def test_every_question_is_given_once_and_in_order(
    count: int, at_once: int, steps: list[tuple[str, int]]
) -> None:
    questions, now, given_out = (
        Round[int](count, at_once=at_once, timeout_seconds=1, patience_seconds=3),
        0.0,
        [],
    )
    for step, number in [*steps, *[("wait", 0)] * 4 * count]:
        for asked in questions.due(now):
            assert questions.is_under_way(asked)
        if step == "settle":
            questions.settle(number, number)
        elif step == "turn_away":
            questions.turn_away(number, now)
        elif step == "hurry":
            questions.hurry(now)
        else:
            now += 1
            for hopeless in questions.hopeless(now):
                questions.settle(hopeless, hopeless)
        given_out += list(questions.in_order())
    assert given_out == list(range(count))
    assert questions.is_over
