"""Pairs as CSV: `image_a,image_b,same_person` and perhaps `fold`."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from edge_node.evaluation.rows import Row, fault
from edge_node.names import printable

COLUMNS = ("image_a", "image_b", "same_person")
TRUTHS = {"1": True, "true": True, "0": False, "false": False}


def csv_rows(path: Path, text: str) -> Iterator[Row]:
    """Raises DatasetError for the first line that is not as it should be."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        head = [cell.strip() for cell in next(reader, [])]
        if tuple(head[:3]) != COLUMNS or head[3:] not in ([], ["fold"]):
            found = printable(",".join(head)) or "nothing"
            raise fault(path, 1, f"expected the columns {','.join(COLUMNS)} and perhaps fold, found {found}")
        for cells in reader:
            if cells:
                yield _row(path, reader.line_num, cells, len(head))
    except csv.Error as error:
        raise fault(path, reader.line_num, f"expected comma-separated values: {error}") from error


def _row(path: Path, line: int, cells: list[str], width: int) -> Row:
    if len(cells) != width:
        raise fault(path, line, f"expected {width} cells, found {len(cells)}")
    first, second, truth, *fold = (cell.strip() for cell in cells)
    if truth.lower() not in TRUTHS:
        raise fault(path, line, f"expected 1 or 0 as same_person, found {printable(truth, 40)!r}")
    if fold and not re.fullmatch(r"[0-9]{1,6}", fold[0]):
        raise fault(path, line, f"expected a number as fold, found {printable(fold[0], 40)!r}")
    return Row(line, first, second, TRUTHS[truth.lower()], int(fold[0]) if fold else None)
