"""What outlives the process: what was announced, and which cameras and nodes were heard of."""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from broker.topics import is_id
from edge_node import durable
from edge_node.homeassistant.transition import Announced

log = logging.getLogger(__name__)


class Memory(Struct, frozen=True, kw_only=True):
    """removed: topics taken away lately; heard: for each camera the last day on which it sent something."""

    announced: Announced = Announced()
    removed: tuple[str, ...] = ()
    heard: Mapping[str, date] = msgspec.field(default_factory=dict)
    nodes: tuple[str, ...] = ()


def load(path: Path) -> Memory:
    """Nothing remembered when the file is absent or odd."""
    try:
        return _checked(msgspec.json.decode(path.read_bytes(), type=Memory))
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError) as error:
        log.warning("%s is not used; what it named may stay in Home Assistant: %s", path, error)
        return Memory()


def _checked(memory: Memory) -> Memory:
    if not all(map(is_id, (*memory.heard, *memory.nodes))):
        raise ValueError("expected ids of cameras and nodes")
    return memory


def save(path: Path, memory: Memory) -> None:
    try:
        durable.make_folder(path.parent)
        durable.write(path, [msgspec.json.encode(memory)])
    except OSError as error:
        log.warning("what Home Assistant was told is not kept: %s", error)
