"""A dataset from a file of pairs or from a folder with a folder for each person."""

from pathlib import Path, PurePosixPath

from edge_node.evaluation.csv_rows import csv_rows
from edge_node.evaluation.dataset import FOLDS, Dataset, DatasetError, Pair, deal_pairs, people_of
from edge_node.evaluation.lfw_rows import is_lfw, lfw_rows
from edge_node.evaluation.rows import Row, fault
from edge_node.names import printable

MAX_BYTES = 100_000_000
JPEG = (".jpg", ".jpeg")


def read_dataset(path: Path, images: Path | None = None) -> Dataset:
    """images: where the photos of a file of pairs are; its own folder when absent. Raises DatasetError."""
    try:
        if path.is_dir():
            return _people(path)
        text = _text(path)
    except OSError as error:
        raise DatasetError(
            f"{error}; expected a file of pairs, or a folder with a folder for each person"
        ) from error
    rows = lfw_rows(path, text) if is_lfw(text) else csv_rows(path, text)
    return _dataset(path, images or path.parent, list(rows))


def _people(root: Path) -> Dataset:
    names = tuple(
        sorted(
            f"{photo.parent.name}/{photo.name}"
            for photo in root.glob("*/*")
            if photo.suffix.lower() in JPEG and not photo.parent.name.startswith(".")
        )
    )
    people = tuple(name.split("/")[0] for name in names)
    if len(set(people)) < 2:
        raise DatasetError(
            f"{root}: expected person/photo.jpg of two people or more, found {len(names)} photos "
            f"of {len(set(people))}"
        )
    return Dataset(root, names, people, deal_pairs(people), "drawn as for LFW, nobody is in two folds")


def _dataset(path: Path, root: Path, rows: list[Row]) -> Dataset:
    if not rows:
        raise fault(path, 1, "expected pairs, found none")
    positions: dict[str, int] = {}
    for row in rows:
        for name in (row.first, row.second):
            if name not in positions:
                _check_photo(path, row.line, root, name)
                positions[name] = len(positions)
        if row.first == row.second:
            raise fault(path, row.line, f"expected two photos, found {printable(row.first)} twice")
    folds = [0 if row.fold is None else row.fold for row in rows]
    protocol = "as listed"
    if len(set(folds)) == 1:
        folds = _dealt(rows)
        protocol = f"as listed, dealt into {len(set(folds))} folds in turn"
    pairs = tuple(
        Pair(positions[row.first], positions[row.second], row.same, fold)
        for row, fold in zip(rows, folds, strict=True)
    )
    names = tuple(positions)
    return Dataset(root, names, people_of(names, pairs), pairs, protocol)


def _dealt(rows: list[Row]) -> list[int]:
    """A fold for each pair, pairs of one person and of two apart."""
    dealt = {True: 0, False: 0}
    folds = []
    for row in rows:
        folds.append(dealt[row.same] % FOLDS)
        dealt[row.same] += 1
    return folds


def _check_photo(path: Path, line: int, root: Path, name: str) -> None:
    parts = PurePosixPath(name)
    if not name or "\0" in name or parts.is_absolute() or ".." in parts.parts:
        raise fault(path, line, f"expected a photo below {root}, found {printable(name)!r}")
    try:
        is_there = (root / name).is_file()
    except OSError:  # a name longer than any file's
        is_there = False
    if not is_there:
        raise fault(
            path, line, f"{printable(name)} is not in {root}: name the folder of the photos with --images"
        )


def _text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DatasetError(f"{path}: expected at most {MAX_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fault(path, line, "expected UTF-8 text") from error
