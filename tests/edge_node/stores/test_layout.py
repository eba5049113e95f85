import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.messages import EventType
from edge_node.stores.layout import Layout, Place

AUTHORISED, RESTRICTED = EventType.AUTHORISED, EventType.RESTRICTED


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("Authorised/Ann Lee.jpg", Place(AUTHORISED, "Ann Lee")),
        ("Authorised/Ann Lee/DSC 1.JPEG", Place(AUTHORISED, "Ann Lee")),
        ("Restricted/J.R. Ewing.jpg", Place(RESTRICTED, "J.R. Ewing")),
        ("Authorised/Jose\u0301.jpg", Place(AUTHORISED, "José")),
        ("Restricted/Ann.png", Place(RESTRICTED, "Ann", "not_jpeg")),
        ("Restricted/Ann", Place(RESTRICTED, "Ann", "not_jpeg")),
        ("Authorised/Ann/2024/1.jpg", Place(AUTHORISED, "Ann", "too_deep")),
        ("Authorised/\u202eAnn.jpg", Place(AUTHORISED, None, "bad_name")),
        ("Authorised/Ann/\udcff.jpg", Place(AUTHORISED, "Ann", "bad_name")),
        ("Authorised//1.jpg", Place(AUTHORISED, None, "bad_name")),
        ("Authorised/", None),
        ("Authorised/Ann/", None),
        ("Authorised/.DS_Store", None),
        ("Authorised/Ann/._1.jpg", None),
        ("Authorised/Ann/Thumbs.db", None),
        ("Elsewhere/Ann.jpg", None),
    ],
)
def test_places(key: str, place: Place | None) -> None:
    assert Layout().place(key) == place


@pytest.mark.parametrize("prefixes", [("Family", "Family/Banned"), ("Family/", "/Family/Banned/")])
def test_a_group_inside_the_other(prefixes: tuple[str, str]) -> None:
    assert Layout(*prefixes).place("Family/Banned/Ann.jpg") == Place(RESTRICTED, "Ann")
    assert Layout(*prefixes).place("Family/Ann.jpg") == Place(AUTHORISED, "Ann")


@given(st.text(max_size=50))
def test_a_place_is_a_photo_of_somebody_or_says_why_not(rest: str) -> None:
    place = Layout().place(f"Authorised/{rest}")
    assert place is None or place.reason is not None or place.person is not None
