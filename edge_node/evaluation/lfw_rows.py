"""Pairs as in LFW's own pairs.txt and pairsDevTrain.txt.

First `folds pairs`, or `pairs` alone. Each fold has so many pairs of one person, `name 1 2`, then as many of
two, `name 1 other 2`, all between tabs; photo 1 of a name is `name/name_0001.jpg`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from edge_node.evaluation.rows import Row, fault
from edge_node.names import printable

_HEAD = re.compile(r"[0-9]{1,6}(\s+[0-9]{1,6})?\s*(\n|\r|$)")


def is_lfw(text: str) -> bool:
    return _HEAD.match(text) is not None


def lfw_rows(path: Path, text: str) -> Iterator[Row]:
    """Raises DatasetError for the first line that is not as it should be."""
    lines = text.splitlines()
    head = [int(number) for number in lines[0].split()]
    folds, each = head if len(head) == 2 else (1, head[0])
    body = [(line, words) for line, words in enumerate(lines[1:], start=2) if words.strip()]
    wanted = 2 * folds * each
    if not wanted or len(body) != wanted:
        raise fault(
            path, 1, f"expected {folds} x 2 x {each} = {wanted} pairs as said here, found {len(body)}"
        )
    for index, (line, words) in enumerate(body):
        cells = words.rstrip().split("\t")
        same = index // each % 2 == 0
        if len(cells) != (3 if same else 4):
            expected = "name, number, number" if same else "name, number, name, number"
            raise fault(path, line, f"expected {expected} between tabs, found {printable(words, 60)!r}")
        first = _photo(path, line, cells[0], cells[1])
        second = _photo(path, line, cells[0] if same else cells[2], cells[-1])
        yield Row(line, first, second, same, index // (2 * each))


def _photo(path: Path, line: int, name: str, number: str) -> str:
    if not re.fullmatch(r"[0-9]{1,6}", number):
        raise fault(path, line, f"expected the number of a photo, found {printable(number, 40)!r}")
    return f"{name}/{name}_{int(number):04d}.jpg"
