import numpy as np
import pytest

from edge_node.evaluation.identification import identify_all

BASIS = np.eye(8, dtype=np.float32)


def photos_of(*people: int) -> tuple[np.ndarray, np.ndarray]:
    """Everybody looks like themselves and like nobody else."""
    return BASIS[list(people)], np.array(people, np.intp)


def test_everybody_is_told_apart() -> None:
    found = identify_all(*photos_of(0, 0, 1, 1, 1, *[2, 3, 4, 5] * 20), threshold=0.5, gallery_size=2)
    assert found is not None
    assert found.gallery_size == 2
    assert found.mated + found.strangers == 85 - 2
    assert (found.fpir_in_use, found.fnir_in_use) == (0, 0)
    (tenth, hundredth, _) = found.rates
    assert tenth.fnir == 0
    assert hundredth.fnir is None, "a hundredth of eighty strangers is nobody"


def test_a_stranger_who_looks_like_somebody_is_a_false_positive() -> None:
    vectors, people = photos_of(0, 0, *[1] * 10)
    vectors[2:7] = BASIS[0]
    found = identify_all(vectors, people, threshold=0.5, gallery_size=1)
    assert found is not None
    assert found.fpir_in_use + found.fnir_in_use > 0
    assert found.threshold_in_use == 0.5


def test_single_photos_are_only_strangers() -> None:
    found = identify_all(*photos_of(0, 0, 1, 2), threshold=0.5)
    assert found is not None
    assert (found.gallery_size, found.mated, found.strangers) == (1, 1, 2)


def test_a_missed_face_finds_nobody_and_is_never_enrolled() -> None:
    vectors, people = photos_of(0, 0, 1)
    vectors[1] = np.nan
    found = identify_all(vectors, people, threshold=0.5)
    assert found is not None
    assert (found.mated, found.fnir_in_use) == (1, 1)


def test_the_wrong_name_is_a_false_negative() -> None:
    vectors, people = photos_of(0, 0, 1, 1, 2, 3)
    vectors[[1, 3]] = vectors[[3, 1]]
    found = identify_all(vectors, people, threshold=0.5)
    assert found is not None
    assert (found.gallery_size, found.fnir_in_use) == (2, 1)


def test_at_most_half_of_the_people_are_enrolled() -> None:
    found = identify_all(*photos_of(0, 0, 1, 1, 2, 2, 3, 3), threshold=0.5)
    assert found is not None
    assert (found.gallery_size, found.mated, found.strangers) == (2, 2, 4)


@pytest.mark.parametrize("people", [(0, 1, 2), (0, 0), ()])
def test_without_two_photos_or_strangers_there_is_no_answer(people: tuple[int, ...]) -> None:
    assert identify_all(*photos_of(*people), threshold=0.5) is None
