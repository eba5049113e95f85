"""What a power cut leaves at the end of a file of lines."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

_BLOCK_BYTES = 65_536


def cut_torn_line(descriptor: int, path: Path) -> None:
    """Cuts off a torn last line once its bytes are on disk in `<path>.torn`; spaces alone are not worth it.

    The file's time of change stays: it says of which day its lines are. Raises OSError; then it is to be
    tried again.
    """
    found = os.fstat(descriptor)
    end = _end_of_whole_lines(descriptor, found.st_size)
    if end == found.st_size:
        return
    torn = os.pread(descriptor, found.st_size - end, end)
    if torn.strip(b" "):
        _keep(torn, path)
    os.ftruncate(descriptor, end)
    os.utime(descriptor, ns=(found.st_atime_ns, found.st_mtime_ns))
    os.fsync(descriptor)


def _end_of_whole_lines(descriptor: int, size: int) -> int:
    end = size
    while end:
        start = max(0, end - _BLOCK_BYTES)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _keep(torn: bytes, path: Path) -> None:
    aside = path.with_name(path.name + ".torn")
    with aside.open("ab") as kept:
        before = kept.tell()
        try:
            kept.write(torn + b"\n")
            kept.flush()
            os.fsync(kept.fileno())
        except OSError:
            os.ftruncate(kept.fileno(), before)
            raise
    log.warning("%s ended in a torn line; its %d bytes are kept in %s", path, len(torn), aside)
