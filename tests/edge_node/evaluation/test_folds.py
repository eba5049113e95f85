import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.evaluation.folds import best_threshold, cross_validate

PAIRS = st.lists(
    st.tuples(st.integers(-10, 10).map(lambda n: n / 10), st.booleans(), st.integers(0, 3)), min_size=1
)


def arrays(*pairs: tuple[float, bool, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    similarities, same, folds = zip(*pairs, strict=True)
    return np.array(similarities, np.float32), np.array(same, np.bool_), np.array(folds, np.intp)


def test_a_fold_is_tried_at_the_threshold_of_the_others() -> None:
    accuracy = cross_validate(*arrays((0.9, True, 1), (0.5, False, 1), (0.6, True, 2), (0.2, False, 2)))
    assert accuracy is not None
    first, second = accuracy.folds
    assert first.threshold == pytest.approx(0.4)
    assert first.accuracy == 0.5, "0.5 is above the threshold that suits fold 2"
    assert second.threshold == pytest.approx(0.7)
    assert second.accuracy == 0.5, "0.6 is below the threshold that suits fold 1"
    assert (accuracy.mean, accuracy.standard_error) == (0.5, 0)


def test_a_missed_face_is_a_wrong_answer_for_both_kinds() -> None:
    nan = float("nan")
    accuracy = cross_validate(
        *arrays(
            (0.9, True, 1), (0.1, False, 1), (0.9, True, 2), (nan, True, 2), (nan, False, 2), (0.1, False, 2)
        )
    )
    assert accuracy is not None
    assert [fold.accuracy for fold in accuracy.folds] == [1.0, 0.5]


def test_one_fold_has_no_others() -> None:
    assert cross_validate(*arrays((0.9, True, 1), (0.1, False, 1))) is None


@given(PAIRS)
def test_no_other_threshold_answers_better(pairs: list[tuple[float, bool, int]]) -> None:
    similarities, same, _ = arrays(*pairs)

    def right(threshold: float) -> int:
        return int(((similarities >= threshold) == same).sum())

    chosen = right(best_threshold(similarities, same))
    assert chosen == max(right(threshold) for threshold in np.arange(-1.05, 1.1, 0.1))


@given(PAIRS)
def test_accuracy_is_a_share_of_each_fold(pairs: list[tuple[float, bool, int]]) -> None:
    accuracy = cross_validate(*arrays(*pairs))
    folds = {fold for *_, fold in pairs}
    assert (accuracy is None) == (len(folds) < 2)
    if accuracy is not None:
        assert [one.fold for one in accuracy.folds] == sorted(folds)
        assert sum(one.pairs for one in accuracy.folds) == len(pairs)
        assert all(0 <= one.accuracy <= 1 for one in accuracy.folds)
