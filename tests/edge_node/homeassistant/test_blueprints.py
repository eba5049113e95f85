"""The blueprints by Home Assistant's schema, as far as it can be told without installing it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

FOLDER = Path(__file__).parents[3] / "docs/home-assistant/blueprints"
BLUEPRINTS = sorted(FOLDER.glob("*.yaml"))

ROOT = {"blueprint", "mode", "max", "max_exceeded", "variables", "trigger", "condition", "action"}
HEAD = {"name", "description", "domain", "homeassistant", "input"}
SELECTORS = {"entity", "text", "number", "condition", "action"}
TRIGGERS = {"state": {"entity_id", "not_from", "not_to"}}
CONDITIONS = {"template": {"value_template"}, "and": {"conditions"}}
ACTIONS = ({"service", "data"}, {"service", "target"}, {"wait_for_trigger", "timeout", "continue_on_timeout"},
           {"variables"}, {"choose", "default"})  # fmt: skip

VISITOR = {"attributes": {"event_type": "authorised", "person": "Ann", "device": "front-door", "test": False}}


class Input(str):
    """A reference to an input."""

    __slots__ = ()


class Loader(yaml.SafeLoader):
    """With `!input`."""


def reference(loader: Loader, node: yaml.ScalarNode) -> Input:
    return Input(loader.construct_scalar(node))


Loader.add_constructor("!input", reference)


@pytest.fixture(params=BLUEPRINTS, ids=lambda path: path.stem)
def blueprint(request: pytest.FixtureRequest) -> dict[str, Any]:
    loaded = yaml.load(request.param.read_text("utf-8"), Loader)  # a SafeLoader
    assert isinstance(loaded, dict)
    return loaded


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_there_are_four() -> None:
    assert [one.stem for one in BLUEPRINTS] == ["restricted_alarm", "stranger_alert", "unlock", "welcome"]


def test_the_head_says_what_it_is_and_for_which_version(blueprint: dict[str, Any]) -> None:
    head = blueprint["blueprint"]
    assert set(blueprint) <= ROOT
    assert set(head) == HEAD
    assert head["domain"] == "automation"
    assert head["homeassistant"] == {"min_version": "2024.3.0"}
    for one in head["input"].values():
        assert set(one) <= {"name", "description", "default", "selector"}
        (selector,) = one["selector"]
        assert selector in SELECTORS


def test_every_input_is_declared_and_used(blueprint: dict[str, Any]) -> None:
    used = {str(one) for one in leaves(blueprint) if isinstance(one, Input)}
    assert used == set(blueprint["blueprint"]["input"])


def test_triggers_conditions_and_actions_have_their_shape(blueprint: dict[str, Any]) -> None:
    for one in blueprint["trigger"]:
        assert set(one) - {"platform"} <= TRIGGERS[one["platform"]]
    for one in blueprint["condition"]:
        assert set(one) - {"condition", "alias"} == CONDITIONS[one["condition"]]
    if not isinstance(blueprint["action"], Input):
        assert all(set(one) in ACTIONS for one in blueprint["action"])


def test_templates_are_jinja(blueprint: dict[str, Any]) -> None:
    templates = [one for one in leaves(blueprint) if isinstance(one, str) and "{{" in one]
    assert templates
    for one in templates:
        Environment().parse(one)


def test_none_of_them_acts_on_a_test(blueprint: dict[str, Any]) -> None:
    assert any("'test'" in one for one in leaves(blueprint["condition"]) if isinstance(one, str))


def test_an_entity_that_comes_or_goes_is_no_visitor(blueprint: dict[str, Any]) -> None:
    first = blueprint["condition"][0]["value_template"]
    environment = Environment()
    for gone in ({"from_state": None, "to_state": VISITOR}, {"from_state": VISITOR, "to_state": None}):
        names = {"trigger": gone, "people": [], "person": ""}
        assert environment.from_string(first).render(names).strip() == "False"
        for one in leaves(blueprint.get("variables", {})):
            if not isinstance(one, Input):
                environment.from_string(str(one)).render(names)


def test_the_one_that_opens_a_door_warns() -> None:
    unlock = yaml.load((FOLDER / "unlock.yaml").read_text("utf-8"), Loader)
    assert unlock["blueprint"]["description"].startswith("WARNING: a face is no key.")
    assert "default" not in unlock["blueprint"]["input"]["people"]
    assert "default" not in unlock["blueprint"]["input"]["conditions"]
    (fresh,) = (one for one in unlock["condition"] if one.get("alias") == "A fresh frame")
    assert "captured_at" in fresh["value_template"]
