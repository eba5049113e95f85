"""How far the log is safe: what a reader may take for good while somebody writes."""

import os
from typing import BinaryIO, NamedTuple, Self


class Synced(NamedTuple):
    """So many bytes of the file that is written now are on disk. Files that were closed before are whole."""

    device: int
    inode: int
    size_bytes: int

    @classmethod
    def of(cls, descriptor: int) -> Self:
        """All of it, when it has just been synced or was there before anybody wrote."""
        found = os.fstat(descriptor)
        return cls(found.st_dev, found.st_ino, found.st_size)

    def end(self, file: BinaryIO, *, is_closed: bool) -> int | None:
        """Where to stop in a file of the log; None for nowhere before its end.

        A file that has just been begun may be known here a moment later: until then nothing of it is safe.
        """
        found = os.fstat(file.fileno())
        if (found.st_dev, found.st_ino) == (self.device, self.inode):
            return self.size_bytes
        return None if is_closed else 0
