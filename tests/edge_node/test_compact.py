from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node import compact
from edge_node.compact import Compact
from edge_node.faces import Vectors
from edge_node.gallery import Gallery
from edge_node.match import identify
from edge_node.search import Flags, Indices, Search, Template
from tests.edge_node.people import enrolled

ROUNDING = 1e-5


def search_compactly(templates: Iterable[Template], owners: Indices, restricted: Flags) -> Search:
    return Compact.of(np.stack(list(templates)), owners, restricted)


def unit(vectors: npt.NDArray[np.float64]) -> Vectors:
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def twins(
    chance: np.random.Generator, *, people: int, dimension: int, spread: float
) -> tuple[Gallery, Gallery]:
    """The same crowd searched both ways; a small spread puts everybody into a narrow cone."""
    rows = []
    for number in range(people):
        group = EventType.RESTRICTED if chance.random() < 0.2 else EventType.AUTHORISED
        offsets = chance.standard_normal((int(chance.integers(1, 4)), dimension)) * spread
        offsets[:, 0] += 1
        rows += enrolled(f"Person {number}", group, *unit(offsets))
    return Gallery.of(rows, "model"), Gallery.of(rows, "model", search=search_compactly)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.sampled_from([2, 8, 128]),
    st.sampled_from([0.003, 0.05, 1.0]),
    st.floats(-1, 1),
    st.floats(0, 0.5),
)
def test_both_ways_give_the_same_answer(
    seed: int, people: int, dimension: int, spread: float, threshold: float, margin: float
) -> None:
    chance = np.random.default_rng(seed)
    plain, small = twins(chance, people=people, dimension=dimension, spread=spread)
    near = plain.vectors[chance.integers(0, len(plain.vectors), 4)]
    probes = unit(near + chance.standard_normal(near.shape) * spread * 0.7)
    probes[3] = np.nan
    assume(not on_an_edge(probes[:3], plain, threshold, margin))
    expected = identify(probes, plain, threshold=threshold, margin=margin)
    found = identify(probes, small, threshold=threshold, margin=margin)
    for one, other in zip(expected, found, strict=True):
        assert (one.event_type, one.person, one.reason) == (other.event_type, other.person, other.reason)
        assert one.similarity == pytest.approx(other.similarity, abs=ROUNDING, nan_ok=True)
        assert one.margin == pytest.approx(other.margin, abs=ROUNDING, nan_ok=True)


def on_an_edge(probes: Vectors, gallery: Gallery, threshold: float, margin: float) -> bool:
    """Whether the answer hangs on the last bits of float32, which two orders of summing do not share."""
    for nearest in gallery.search.nearest(probes):
        ranked = np.sort(nearest.similarities.astype(np.float64))[::-1]
        barred = nearest.similarities[gallery.restricted]
        edges = [
            *(ranked - threshold),
            *(ranked[0] - ranked[1:] - margin),
            *np.diff(ranked[:2]),
            *np.diff(np.sort(barred)[-2:]),
        ]
        if np.any(np.abs(edges) < ROUNDING):
            return True
    return False


@pytest.fixture(scope="module")
def crowd() -> tuple[Gallery, Gallery]:
    return twins(np.random.default_rng(7), people=6_000, dimension=128, spread=0.05)


def test_few_rows_are_read_of_many(crowd: tuple[Gallery, Gallery]) -> None:
    plain, small = crowd
    search = small.search
    assert isinstance(search, Compact)
    read: list[int] = []

    class Counted:
        def __len__(self) -> int:
            return len(plain.vectors)

        def __getitem__(self, rows: slice | Indices, /) -> Vectors:
            found: Vectors = plain.vectors[rows]
            read.append(len(found))
            return found

    probes = plain.vectors[::1000]
    nearest = replace(search, rows=Counted()).nearest(probes)
    assert max(read) < len(plain.vectors) / 10
    expected = plain.search.nearest(probes)
    assert [top(one) for one in nearest] == [top(one) for one in expected]


def top(nearest: tuple[Indices, Vectors]) -> int:
    people, similarities = nearest
    return int(people[np.argmax(similarities)])


def test_codes_take_a_byte_a_number_and_some_padding(crowd: tuple[Gallery, Gallery]) -> None:
    search = crowd[1].search
    assert isinstance(search, Compact)
    assert search.nbytes < 0.45 * crowd[0].vectors.nbytes
    assert np.array_equal(crowd[0].vectors, search.vectors())


@pytest.mark.parametrize("probe", [np.zeros(8), np.ones(8) * 3e18, np.eye(8)[0] * 1e-18])
def test_a_probe_of_any_length_is_answered(probe: npt.NDArray[np.float64]) -> None:
    plain, small = twins(np.random.default_rng(1), people=30, dimension=8, spread=1.0)
    probes = probe.astype(np.float32)[None]
    one, other = (identify(probes, gallery, threshold=0.5, margin=0.1)[0] for gallery in (plain, small))
    assert (one.person, one.reason) == (other.person, other.reason)
    assert one.similarity == pytest.approx(other.similarity, rel=1e-5)


def test_identical_templates_of_two_people_are_ambiguous() -> None:
    same = unit(np.ones((1, 8)))[0]
    rows = [*enrolled("Ann", EventType.AUTHORISED, same), *enrolled("Bob", EventType.AUTHORISED, same)]
    gallery = Gallery.of(rows, "model", search=search_compactly)
    (answer,) = identify(same[None], gallery, threshold=0.5, margin=0.1)
    assert (answer.event_type, answer.person, answer.reason) == (EventType.UNKNOWN, None, "ambiguous")


def test_long_vectors_are_packed_in_parts_and_many_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "BLOCK_ROWS", 100)
    plain, small = twins(np.random.default_rng(3), people=150, dimension=512, spread=0.3)
    assert isinstance(small.search, Compact)
    assert len(small.search.blocks) > 2
    probes = plain.vectors[::7]
    found, expected = small.search.nearest(probes), plain.search.nearest(probes)
    assert [top(one) for one in found] == [top(one) for one in expected]
