from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge_node.sinks.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def logged(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"
