"""An append-only file of JSON objects, a line each: whole lines on disk, or nothing."""

import errno
import fcntl
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from edge_node.durable import sync_folder
from edge_node.sinks.pages import laid_out
from edge_node.sinks.torn import cut_torn_line
from edge_node.synced import Synced

log = logging.getLogger(__name__)

_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class JsonLines:
    """One writer's file. A torn last line is cut off and its bytes are kept beside the file.

    `append` returns when the lines are on disk. It raises OSError when they are not, with the file as it was
    before, so that the same lines can be tried again. A file that was renamed or removed is begun again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._end: int | None = None
        self._is_torn = False
        self._synced = Synced(device=0, inode=0, size_bytes=0)
        descriptor = self._opened()
        try:
            self._mend(descriptor)
        except OSError as error:
            log.warning("%s: its torn last line cannot be put aside: %s; trying again", path, error)

    @property
    def synced(self) -> Synced:
        """How much is on disk, as of the last append or opening; for threads that read."""
        return self._synced

    @property
    def size(self) -> int:
        return os.fstat(self._opened()).st_size

    @property
    def modified(self) -> float:
        """Seconds since 1970."""
        return os.fstat(self._opened()).st_mtime

    def size_with(self, lines: Sequence[bytes]) -> int:
        """What it would have after `append`, in bytes."""
        size = self.size
        return size + len(laid_out(lines, size))

    def append(self, lines: Sequence[bytes]) -> None:
        """Writes lines, each without its newline, in one write and syncs them."""
        descriptor = self._opened()
        end = self._mend(descriptor)
        data = laid_out(lines, end)
        try:
            written = os.write(descriptor, data)
            if written != len(data):
                raise OSError(errno.ENOSPC, f"{written} of {len(data)} bytes written", str(self.path))
            os.fdatasync(descriptor)
        except OSError:
            self._is_torn = True
            self._mend(descriptor)
            raise
        self._take_as_synced(descriptor)

    def begin_again(self) -> None:
        """Puts the file aside under its name with `.1`, in place of the one there, and begins a new one."""
        aside = self.path.with_name(self.path.name + ".1")
        aside.unlink(missing_ok=True)
        self.put_aside(aside)

    def put_aside(self, aside: Path) -> None:
        """Gives the file another name in the same folder and begins a new one. Its own name is never without
        a file. `aside` may be a second name that it has already."""
        descriptor = self._opened()
        self._mend(descriptor)
        os.fsync(descriptor)
        begun = self.path.with_name(self.path.name + ".new")
        begun.unlink(missing_ok=True)
        fresh = self._locked(begun)
        try:
            if not (aside.exists() and aside.samefile(self.path)):
                self._name_also(aside)
            begun.replace(self.path)
        except OSError:
            os.close(fresh)
            raise
        self.close()
        self._descriptor = fresh
        self._take_as_synced(fresh)
        sync_folder(self.path.parent)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = self._end = None
            self._is_torn = False

    def _name_also(self, aside: Path) -> None:
        try:
            aside.hardlink_to(self.path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            self.path.replace(aside)

    def _mend(self, descriptor: int) -> int:
        """Where whole lines end, and the file now with them: takes back what could not be written as a whole,
        now or, when the disk refuses that too, later."""
        size = os.fstat(descriptor).st_size
        if self._is_torn and self._end is not None and size > self._end:
            os.ftruncate(descriptor, self._end)
            size = self._end
        self._is_torn = False
        if self._end is None or size != self._end:
            if self._end is not None:
                log.warning("%s was changed by another program", self.path)
            cut_torn_line(descriptor, self.path)
            os.fdatasync(descriptor)
            return self._take_as_synced(descriptor)
        return self._end

    def _take_as_synced(self, descriptor: int) -> int:
        self._synced = Synced.of(descriptor)
        self._end = self._synced.size_bytes
        return self._end

    def _opened(self) -> int:
        """The descriptor of the file that has the name now."""
        if self._descriptor is not None and self._is_in_place(self._descriptor):
            return self._descriptor
        if self._descriptor is not None:
            log.warning("%s was taken away; a new one is begun", self.path)
            self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = self._locked(self.path)
        try:
            sync_folder(self.path.parent)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return descriptor

    def _is_in_place(self, descriptor: int) -> bool:
        ours = os.fstat(descriptor)
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)

    def _locked(self, path: Path) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise OSError(errno.EAGAIN, "another program writes it", str(path)) from error
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
