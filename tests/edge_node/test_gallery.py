from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node.gallery import Enrolment, Gallery, problems
from tests.edge_node.people import ANN, BOB, DIMENSION, EVE, HOUSEHOLD, enrolled, gallery_of, unit

AUTHORISED, RESTRICTED = EventType.AUTHORISED, EventType.RESTRICTED


@st.composite
def households(draw: st.DrawFn) -> list[Enrolment]:
    """Each template holds a number of its own, by which it is known again."""
    people = draw(
        st.lists(
            st.tuples(st.sampled_from(["Ann", "Bob", "ann", "王", "Zoë"]), st.sampled_from([*EventType][:2]))
        )
    )
    photos = [
        replace(enrolled(person, group, unit(1, number))[0], key=f"{number}.jpg", digest=f"d{number}")
        for number, (person, group) in enumerate(people)
    ]
    return draw(st.permutations(photos))


@given(households())
def test_rows_keep_their_owners(enrolments: list[Enrolment]) -> None:
    gallery = Gallery.of(enrolments, "model")
    rows = {
        (gallery.people[owner].name, row.tobytes())
        for owner, row in zip(gallery.owners, gallery.vectors, strict=True)
    }
    assert rows == {(one.person, one.template.tobytes()) for one in enrolments if one.template is not None}
    assert np.all(np.diff(gallery.owners) >= 0)
    assert set(gallery.owners.tolist()) == set(range(len(gallery.people)))


@given(households().flatmap(lambda photos: st.tuples(st.just(photos), st.permutations(photos))))
def test_order_makes_no_difference(orders: tuple[list[Enrolment], list[Enrolment]]) -> None:
    one, other = (Gallery.of(photos, "model") for photos in orders)
    assert (one.version, one.people) == (other.version, other.people)
    assert np.array_equal(one.vectors, other.vectors)


@given(households())
def test_restricted_is_never_downgraded(enrolments: list[Enrolment]) -> None:
    restricted = {one.person for one in enrolments if one.group is RESTRICTED}
    for person in Gallery.of(enrolments, "model").people:
        assert (person.group is RESTRICTED) == (person.name in restricted)


def test_both_groups_means_restricted_and_is_reported() -> None:
    both = enrolled("Ann", AUTHORISED, ANN) + [
        replace(one, key="Restricted/Ann.jpg", digest="other") for one in enrolled("Ann", RESTRICTED, BOB)
    ]
    gallery = Gallery.of(both, "model")
    assert [(person.name, person.group) for person in gallery.people] == [("Ann", RESTRICTED)]
    assert len(gallery.vectors) == 2
    assert [(one.photo, one.reason) for one in problems(both)] == [("Ann/0.jpg", "also_restricted")]


def test_a_restricted_photo_without_a_face_still_restricts() -> None:
    bad = replace(enrolled("Ann", RESTRICTED, BOB)[0], template=None, reason="no_face", digest="other")
    (person,) = Gallery.of([*enrolled("Ann", AUTHORISED, ANN), bad], "model").people
    assert person.group is RESTRICTED


def test_a_name_that_only_the_source_calls_restricted() -> None:
    ann = enrolled("Ann", AUTHORISED, ANN)
    (person,) = Gallery.of(ann, "model", {"Ann"}).people
    assert person.group is RESTRICTED
    assert [one.reason for one in problems(ann, {"Ann"})] == ["also_restricted"]


def test_one_picture_of_two_people_is_reported() -> None:
    photos = [
        replace(one, digest="same") for name in ("Ann", "Bob") for one in enrolled(name, AUTHORISED, ANN)
    ]
    assert [one.reason for one in problems(photos)] == ["shared_photo", "shared_photo"]


@pytest.mark.parametrize(
    "changed",
    [
        Gallery.of(enrolled("Ann", AUTHORISED, ANN), "other model"),
        gallery_of(enrolled("Ann", RESTRICTED, ANN)),
        gallery_of(enrolled("Anne", AUTHORISED, ANN)),
        gallery_of(enrolled("Ann", AUTHORISED, ANN, BOB)),
        gallery_of([replace(enrolled("Ann", AUTHORISED, ANN)[0], digest="new bytes")]),
        Gallery.empty("model"),
    ],
)
def test_the_version_changes_with_the_content(changed: Gallery) -> None:
    gallery = gallery_of(enrolled("Ann", AUTHORISED, ANN))
    assert changed.version != gallery.version
    assert gallery.version == gallery_of(enrolled("Ann", AUTHORISED, ANN)).version


def test_shapes_and_types() -> None:
    assert HOUSEHOLD.vectors.shape == (3, DIMENSION)
    assert HOUSEHOLD.vectors.dtype == np.float32
    assert np.array_equal(HOUSEHOLD.vectors, [ANN, BOB, EVE])
    assert [person.id for person in HOUSEHOLD.people] == ["ann", "bob", "eve"]
    assert len(Gallery.empty("model").vectors) == len(Gallery.empty("model").people) == 0


def test_a_gallery_is_built_again_only_when_it_has_changed() -> None:
    gallery = gallery_of(enrolled("Ann", AUTHORISED, ANN))
    assert Gallery.of(enrolled("Ann", AUTHORISED, ANN), "model", current=gallery) is gallery
    assert Gallery.of(enrolled("Ann", AUTHORISED, BOB, ANN), "model", current=gallery) is not gallery
    assert Gallery.of(enrolled("Ann", AUTHORISED, ANN), "model", {"Ann"}, current=gallery) is not gallery
