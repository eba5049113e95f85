"""From one message for a device to one for each entity, and back, without a conflict."""

import pytest

from edge_node.homeassistant import announcer
from tests.edge_node.homeassistant.assistant import Assistant
from tests.edge_node.homeassistant.conftest import Announce
from tests.edge_node.homeassistant.household import (
    ANN,
    CAMERA,
    FRONT_DOOR,
    GARAGE,
)
from tests.private_broker import eventually
from tests.watcher import Watcher


def test_the_form_changes_back_and_forth_without_a_conflict(
    announce: Announce, assistant: Assistant, listener: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "PAUSE_SECONDS", 0.05)
    with announce() as node:
        assert assistant.knows(FRONT_DOOR)
        assert eventually(lambda: assistant.ids("edge_node_node-1"))
        before = assistant.ids()
    for form in ("component", "device"):
        with announce(discovery=form) as node:
            node.settle()
            assert eventually(lambda: assistant.ids() == before)
    with Watcher(listener.session._settings, "homeassistant/#", client_id="late") as late:
        late.wait_for(lambda one: one.topic == CAMERA)
        assert {one.topic.split("/")[1] for one in late.heard} == {"device"}


def test_a_change_of_form_that_was_cut_short_begins_again(
    announce: Announce, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with announce():
        assert assistant.knows(FRONT_DOOR)
    with announce(discovery="component"):
        assert eventually(lambda: not assistant.ids()), "handed over, and not yet taken"
    monkeypatch.setattr(announcer, "PAUSE_SECONDS", 0.05)
    with announce(discovery="component") as node:
        node.settle()
        assert assistant.knows(FRONT_DOOR)


def test_people_are_handed_over_once_the_gallery_is_read(
    announce: Announce, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcer, "PAUSE_SECONDS", 0.05)
    with announce(people=True) as node:
        node.announcer.meet([ANN])
        assert eventually(lambda: assistant.ids("edge_person_ann"))
    with announce(people=True, discovery="component") as node:
        node.announcer.hear("garage")
        assert assistant.ids("edge_person_ann")
        node.announcer.meet([ANN])
        node.settle()
        assert assistant.knows(GARAGE)
        assert eventually(lambda: len(assistant.ids("edge_person_ann")) == 3)
    assert eventually(
        lambda: "device" not in {one.topic.split("/")[1] for one in [*assistant.entities.values()]}
    )
