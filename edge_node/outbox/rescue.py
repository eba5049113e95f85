"""An outbox whose file is damaged, or was taken away under a running node."""

from contextlib import suppress
from pathlib import Path

from edge_node.durable import sync_folder
from edge_node.outbox.table import Table

DAMAGED = ".damaged"
REPLACED = ".replaced"
PART = ".part"
_SUFFIXES = ("", "-wal", "-shm")


def set_aside(file: Path) -> None:
    """Keeps a file that is not open under another name. Raises OSError."""
    for suffix in _SUFFIXES:
        part = _with(file, suffix)
        if part.exists():
            part.replace(_with(file, DAMAGED + suffix))


def put_back(table: Table, file: Path) -> None:
    """Closes a table whose file lost its name, once all of it is in a new file of that name.

    A stranger's file that has the name now is kept. Raises sqlite3.Error and OSError; the table is open then.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    copy = _with(file, PART)
    for suffix in _SUFFIXES:
        _with(copy, suffix).unlink(missing_ok=True)
    copy.touch(mode=0o600)
    table.copy(copy)
    if file.exists():
        file.replace(_with(file, REPLACED))
    copy.replace(file)
    sync_folder(file.parent)
    # What the old file's log has is in the new one: should the process end here, it may be read once more.
    table.close()
    for suffix in _SUFFIXES[1:]:
        with suppress(OSError):
            _with(file, suffix).unlink()


def _with(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)
