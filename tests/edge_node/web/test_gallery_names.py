"""What people may be called, and that each of them is one."""

import json

import pytest

from tests.edge_node.web.desk import Desk, picture
from tests.edge_node.web.test_gallery_source import PHOTOS, add, contents
from tests.edge_node.web.test_web_access import ask


@pytest.mark.parametrize(
    ("name", "words"), [("日" * 100, "too long: 300 bytes"), ("a/b", "no slash"), (".hidden", "no dots")]
)
def test_a_name_that_no_folder_can_have_is_refused(quiet_desk: Desk, name: str, words: str) -> None:
    code, _, answer = add(quiet_desk, name, picture())
    fault = json.loads(answer)
    assert (code, fault["error"]) == (422, "bad_name")
    assert words in fault["detail"]


def test_a_name_that_is_not_utf_8_is_refused(quiet_desk: Desk) -> None:
    path = f"{PHOTOS}?name=%ED%A0%80x&group=authorised"
    code, _, answer = ask(quiet_desk, path, "PUT", picture(), Origin=quiet_desk.url)
    assert (code, json.loads(answer)["error"]) == (400, "bad_parameter")
    assert [*quiet_desk.gallery.rglob("*.jpg")] == []


def test_a_photo_is_one_persons(quiet_desk: Desk) -> None:
    assert add(quiet_desk, "Ann", picture())[0] == 200
    assert add(quiet_desk, "Ann", picture())[0] == 200
    for name, group in (("Bob", "authorised"), ("Ann", "restricted")):
        code, _, answer = add(quiet_desk, name, picture(), group)
        fault = json.loads(answer)
        assert (code, fault["error"]) == (409, "shared_photo")
        assert "Ann (authorised)" in fault["detail"]
    assert len([*quiet_desk.gallery.rglob("*.jpg")]) == 1


def test_a_photo_that_was_put_there_by_hand_is_known_as_well(quiet_desk: Desk) -> None:
    (quiet_desk.gallery / "Restricted/Eve.jpg").write_bytes(picture())
    code, _, answer = add(quiet_desk, "Grace", picture())
    assert (code, json.loads(answer)["error"]) == (409, "shared_photo")
    assert "Eve (restricted)" in json.loads(answer)["detail"]


def test_a_name_in_another_case_is_the_same_persons(quiet_desk: Desk) -> None:
    assert add(quiet_desk, "Zoë Straße", picture())[0] == 200
    assert "Authorised/Zoë Straße/" in json.loads(add(quiet_desk, "ZOË STRASSE", picture(120))[2])["key"]
    assert add(quiet_desk, "zoë straße", picture(140), "restricted")[0] == 200
    people = [(one["name"], one["group"], len(one["photos"])) for one in contents(quiet_desk)["people"]]
    assert sorted(people) == [("Zoë Straße", "authorised", 2), ("Zoë Straße", "restricted", 1)]
