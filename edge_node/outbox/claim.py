"""One node for one outbox: two would send and forget each other's events."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

log = logging.getLogger(__name__)

LOCK = ".lock"


class ClaimedError(Exception):
    """Another process has the outbox. The text says which and what to do."""


@contextmanager
def claimed(file: Path) -> Iterator[None]:
    """Holds the outbox for this process; the system lets go of it when the process ends, however it ends.

    Raises ClaimedError. Where no lock can be made there is none: the outbox does without its disk as well.
    """
    descriptor = _locked(file.with_name(file.name + LOCK))
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _locked(lock: Path) -> int | None:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        log.warning("%s: %s; another node with this node.state_dir would not be noticed", lock, error)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise ClaimedError(
            f"another node uses {lock.parent}; give each its own node.state_dir and node.id"
        ) from error
    except OSError as error:
        log.warning("%s: %s; another node with this node.state_dir would not be noticed", lock, error)
    return descriptor
