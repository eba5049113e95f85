"""One line of a file of pairs, whatever its format, and what may be wrong with it."""

from pathlib import Path
from typing import NamedTuple

from edge_node.evaluation.dataset import DatasetError


class Row(NamedTuple):
    """line: where it stands. fold: None when the file has none."""

    line: int
    first: str
    second: str
    same: bool
    fold: int | None


def fault(path: Path, line: int, text: str) -> DatasetError:
    return DatasetError(f"{path}:{line}: {text}")
