"""Templates on whole, poor and hostile payloads: a state, or unknown, and never a line in a log."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.homeassistant import templates
from tests.edge_node.homeassistant import samples
from tests.edge_node.homeassistant.states import STATE_CHARACTERS, rendered


def on(template: str, content: object) -> str:
    return rendered(template, json.dumps(content).encode())


def test_a_value_is_found_along_its_path() -> None:
    assert on(templates.value("last_event", "captured_at"), samples.PEOPLE) == samples.AT
    assert on(templates.value("count"), samples.NOBODY) == "0"


ODD = [{}, {"last_event": None}, {"last_event": {}}, {"last_event": 3}, [], None, 3, "text"]


@pytest.mark.parametrize("content", ODD)
def test_what_is_missing_or_null_is_unknown(content: object) -> None:
    assert on(templates.value("last_event", "captured_at"), content) == "None"


@pytest.mark.parametrize("payload", [b"", b"online", b"{"])
def test_what_is_no_json_is_unknown(payload: bytes) -> None:
    assert rendered(templates.value("fps"), payload) == "None"
    assert rendered(templates.positive("unknown"), payload) == "OFF"
    assert rendered(templates.names("names"), payload) == "Nobody"
    assert rendered(templates.whole(), payload) == "{}"


def test_people_are_named_and_strangers_told_of() -> None:
    assert on(templates.names("names"), samples.PEOPLE) == "Ann, Bob"
    assert on(templates.names("names"), samples.STRANGER) == "Stranger"
    assert on(templates.names("names"), samples.NOBODY) == "Nobody"


@given(st.lists(st.text(min_size=1, max_size=128)))
def test_a_crowd_fits_into_a_state(names: list[str]) -> None:
    assert len(on(templates.names("names"), {"names": names, "count": len(names)})) < STATE_CHARACTERS


def test_presence_is_more_than_nothing() -> None:
    assert on(templates.positive("unknown"), samples.STRANGER) == "ON"
    assert on(templates.positive("unknown"), samples.PEOPLE) == "OFF"
    assert on(templates.positive("unknown"), {"unknown": None}) == "OFF"
    assert on(templates.flag("stale"), samples.UNREAD_GALLERY) == "ON"
    assert on(templates.flag("stale"), {"stale": None}) == "OFF"
