"""What the documentation says is what there is."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest
from msgspec import Struct

from broker.config import SECTIONS, load
from broker.messages import ObservedFace, WireJson
from broker.replies import RecognisedFace
from broker.schema import struct_fields
from broker.topics import Topics
from camera_agent.settings import AgentConfig
from edge_node.__main__ import command_line
from edge_node.settings import NodeConfig
from scripts.reference import reference
from tests.broker.wire_messages import MESSAGES

ROOT = Path(__file__).parent.parent
WIRE = (ROOT / "docs/wire.md").read_text("utf-8")


def test_the_reference_of_settings_is_what_the_classes_say() -> None:
    written = (ROOT / "docs/config.md").read_text("utf-8")
    assert written == reference(), "run: .venv/bin/python -m scripts.reference > docs/config.md"


def test_every_section_belongs_to_a_program() -> None:
    assert set(SECTIONS) == {*struct_fields(NodeConfig), *struct_fields(AgentConfig)}


def test_the_example_configuration_is_read_by_both_programs() -> None:
    assert load(ROOT / "config.yaml", NodeConfig).gallery.source is not None
    assert load(ROOT / "config.yaml", AgentConfig).cameras


@pytest.mark.parametrize("message", MESSAGES)
def test_every_field_on_the_wire_is_documented(message: type[WireJson]) -> None:
    section = WIRE.split(f"## {message.__name__}\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)`", section, re.MULTILINE)
    assert documented == list(struct_fields(message))


@pytest.mark.parametrize(
    ("chapter", "face"), [("Observation", ObservedFace), ("Recognition", RecognisedFace)]
)
def test_every_field_of_a_face_is_documented(chapter: str, face: type[Struct]) -> None:
    section = WIRE.split(f"## {chapter}\n")[1].split("\n## ")[0]
    for name in struct_fields(face):
        assert f"`{name}`" in section


def test_every_topic_is_documented() -> None:
    topics = Topics("edge")
    made = [getattr(topics, name) for name in vars(Topics) if not name.startswith("_") and name != "prefix"]
    for make in made:
        if make.__name__.endswith("_filter") or make.__name__ == "device_of":
            continue
        arguments = [f"<{name}>" for name in make.__annotations__ if name != "return"]
        assert f"`{make(*arguments)}`" in WIRE, make.__name__


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (subparsers,) = (
        action for action in command_line()._actions if isinstance(action, argparse._SubParsersAction)
    )
    for command in subparsers.choices:
        assert f"`edge-node {command}" in readme, command


def test_links_between_documents_lead_somewhere() -> None:
    for file in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = re.sub(r"```.*?```", "", file.read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", text):
            assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_every_pinned_dependency_of_ours_has_a_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[\[<>=~!;, ]", one)[0].lower() for one in wanted}
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {line.split("==")[0].lower() for line in lines if "==" in line}
    assert names <= pinned
