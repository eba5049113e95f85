"""An outbox whose file is damaged, or was taken away under a running node."""

from pathlib import Path

from edge_node.durable import sync_folder
from edge_node.outbox.table import Table

DAMAGED = ".damaged"
REPLACED = ".replaced"
PART = ".part"
_SUFFIXES = ("", "-wal", "-shm")


def set_aside(file: Path, name: str = DAMAGED) -> None:
    """Keeps a file under another name, with what belongs to it. Raises OSError."""
    for suffix in _SUFFIXES:
        part = _with(file, suffix)
        if part.exists():
            part.replace(_with(file, name + suffix))


def finish(file: Path) -> None:
    """Ends a putting back that was cut short when its copy was whole. Raises OSError."""
    copy = _with(file, PART)
    if not file.exists() and copy.exists() and not _with(copy, "-journal").exists():
        copy.replace(file)


def put_back(table: Table, file: Path) -> None:
    """Closes a table whose file lost its name, once all of it is in a new file of that name.

    A stranger's file that has the name now is kept. Raises sqlite3.Error and OSError; the table is open then.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    copy = _with(file, PART)
    for suffix in (*_SUFFIXES, "-journal"):
        _with(copy, suffix).unlink(missing_ok=True)
    copy.touch(mode=0o600)
    table.copy(copy)
    if file.exists():
        set_aside(file, REPLACED)
    for suffix in _SUFFIXES[1:]:
        _with(file, suffix).unlink(missing_ok=True)  # beside our copy it would be read into it
    copy.replace(file)
    sync_folder(file.parent)
    table.close()


def _with(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)
