import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.evaluation.rates import Comparisons, compare_all, threshold_for, trade_off

FEW_VALUES = st.integers(0, 20).map(lambda number: number / 20)
SIMILARITIES = st.lists(st.floats(-1, 1, width=32) | FEW_VALUES, min_size=1, max_size=200)


def comparisons(genuine: list[float], impostor: list[float]) -> Comparisons:
    similarities = np.array([*genuine, *impostor], np.float32)
    return Comparisons.of(similarities, np.arange(len(similarities)) < len(genuine))


def test_by_hand() -> None:
    some = comparisons([0.9, 0.8, 0.5, 0.4], [0.6, 0.3, 0.2, 0.1, 0.0])
    assert some.fmr(0.45) == 1 / 5
    assert some.fnmr(0.45) == 1 / 4
    assert some.fmr(0.6) == 1 / 5, "the threshold itself is a match"
    assert some.fnmr(0.8) == 2 / 4
    assert some.fmr(0.61) == 0


def test_the_rate_at_an_fmr_by_hand() -> None:
    impostor = [number / 1000 for number in range(1000)]
    rate = comparisons([0.9, 0.9905, 0.995, 0.999], impostor).rate(1e-2)
    assert rate.false_matches == 10
    assert rate.threshold == pytest.approx(0.989, abs=1e-6)
    assert rate.fnmr == 1 / 4


def test_equal_similarities_fall_on_the_same_side() -> None:
    rate = comparisons([0.7, 0.9], [0.7] * 5 + [0.1] * 395).rate(1e-2)
    assert rate.false_matches == 0, "four are allowed, but the five that are equal come together"
    assert rate.fnmr == 1 / 2


@pytest.mark.parametrize(("impostors", "known"), [(299, False), (300, True)])
def test_too_few_pairs_give_no_number(impostors: int, known: bool) -> None:
    rate = comparisons([0.9], [0.1] * impostors).rate(1e-2)
    assert (rate.fnmr is not None) == known
    assert (rate.threshold is not None) == known


def test_without_pairs_there_are_no_rates() -> None:
    assert comparisons([], [0.1] * 1000).rate(1e-2).fnmr is None
    assert comparisons([], [0.1]).fnmr(0.5) is None
    assert comparisons([0.1], []).fmr(0.5) is None


@given(SIMILARITIES, SIMILARITIES, st.floats(-1, 1), st.floats(-1, 1))
def test_a_higher_threshold_matches_less_and_misses_more(
    genuine: list[float], impostor: list[float], one: float, other: float
) -> None:
    some, low, high = comparisons(genuine, impostor), min(one, other), max(one, other)
    assert (some.fmr(low) or 0) >= (some.fmr(high) or 0)
    assert (some.fnmr(low) or 0) <= (some.fnmr(high) or 0)


@given(SIMILARITIES, st.integers(0, 200))
def test_the_threshold_is_the_lowest_that_allows_no_more(similarities: list[float], allowed: int) -> None:
    ascending = np.sort(np.array(similarities, np.float32))
    threshold = threshold_for(ascending, allowed)
    assert (ascending >= threshold).sum() <= allowed
    if allowed < len(ascending):
        lower = np.nextafter(np.float32(threshold), np.float32(-2))
        assert (ascending >= lower).sum() > allowed


@given(SIMILARITIES, SIMILARITIES)
def test_the_curve_goes_one_way_and_holds_the_rates(genuine: list[float], impostor: list[float]) -> None:
    some = comparisons(genuine, impostor)
    fmr, fnmr = trade_off(some)
    assert (np.diff(fmr) >= 0).all()
    assert (np.diff(fnmr) <= 0).all()
    assert fmr[-1] == 1
    assert fnmr[-1] == pytest.approx(some.fnmr(min(impostor)))


@given(st.lists(st.integers(0, 4), max_size=12))
def test_all_pairs_are_each_pair_once(people: list[int]) -> None:
    vectors = np.random.default_rng(1).normal(size=(len(people), 3)).astype(np.float32)
    every = compare_all(vectors, np.array(people, np.intp))
    expected = [
        (people[a] == people[b], float(vectors[a] @ vectors[b]))
        for a in range(len(people))
        for b in range(a + 1, len(people))
    ]
    assert every.genuine.tolist() == pytest.approx(sorted(s for same, s in expected if same), abs=1e-5)
    assert every.impostor.tolist() == pytest.approx(sorted(s for same, s in expected if not same), abs=1e-5)
