"""An append-only file of JSON objects, a line each: whole lines on disk, or nothing."""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge_node.durable import sync_folder

log = logging.getLogger(__name__)

_BLOCK_BYTES = 65_536


class JsonLines:
    """One writer's file. Opening it cuts off a torn last line and keeps its bytes beside the file.

    `append` returns when the lines are on disk. It raises OSError when they are not, with the file as it was
    before, so that the same lines can be tried again. A file that was renamed or removed is begun again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._cut_at: int | None = None
        self._opened()

    @property
    def size(self) -> int:
        return os.fstat(self._opened()).st_size

    @property
    def modified(self) -> float:
        """Seconds since 1970."""
        return os.fstat(self._opened()).st_mtime

    def append(self, lines: Sequence[bytes]) -> None:
        """Writes lines, each without its newline, in one write and syncs them."""
        descriptor = self._opened()
        data = b"".join(line + b"\n" for line in lines)
        self._cut(descriptor)
        size = os.fstat(descriptor).st_size
        try:
            written = os.write(descriptor, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, f"{written} of {len(data)} bytes written", str(self.path))
            os.fdatasync(descriptor)
        except OSError:
            self._cut_at = size
            self._cut(descriptor)
            raise

    def tail(self, most_bytes: int) -> Iterator[bytes]:
        """The last whole lines of the file, oldest first, without their newlines."""
        with self.path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - most_bytes)
            file.seek(start)
            if start:
                file.readline()
            for line in file:
                yield line.rstrip(b"\n")

    def begin_again(self) -> None:
        """Puts the file aside under its name with `.1`, in place of the one there, and begins a new one."""
        self.put_aside(self.path.with_name(self.path.name + ".1"))

    def put_aside(self, aside: Path) -> None:
        """Gives the file another name in the same folder, in place of what has it, and begins a new one."""
        descriptor = self._opened()
        self._cut(descriptor)
        os.fsync(descriptor)
        self.path.replace(aside)
        self.close()
        self._opened()

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = self._cut_at = None

    def _cut(self, descriptor: int) -> None:
        """Takes back what could not be written as a whole, now or, when the disk refuses that too, later."""
        if self._cut_at is not None:
            os.ftruncate(descriptor, self._cut_at)
            self._cut_at = None

    def _opened(self) -> int:
        """The descriptor of the file that has the name now."""
        if self._descriptor is not None and self._is_in_place(self._descriptor):
            return self._descriptor
        if self._descriptor is not None:
            log.warning("%s was taken away; a new one is begun", self.path)
            self.close()
        self._descriptor = self._open()
        return self._descriptor

    def _is_in_place(self, descriptor: int) -> bool:
        ours = os.fstat(descriptor)
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._cut_torn_line(descriptor)
            sync_folder(self.path.parent)
        except BlockingIOError as error:
            os.close(descriptor)
            raise OSError(errno.EAGAIN, "another program writes it", str(self.path)) from error
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _cut_torn_line(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        end = size
        while end:
            start = max(0, end - _BLOCK_BYTES)
            newline = os.pread(descriptor, end - start, start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end == size:
            return
        torn = self.path.with_name(self.path.name + ".torn")
        with torn.open("ab") as kept:
            kept.write(os.pread(descriptor, size - end, end) + b"\n")
        os.ftruncate(descriptor, end)
        os.fdatasync(descriptor)
        log.warning("%s ended in a torn line; its %d bytes are kept in %s", self.path, size - end, torn)
