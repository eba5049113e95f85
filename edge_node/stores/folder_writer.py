"""Reference photos put into a folder of this machine, and taken away from it."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from edge_node import durable
from edge_node.errors import GalleryError

_NOT_OURS = "let this user write there"
_ADVICE = {
    errno.EACCES: _NOT_OURS,
    errno.EPERM: _NOT_OURS,
    errno.EROFS: "it is mounted for reading alone: mount it for writing",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room within this user's quota",
    errno.ENOENT: "the folder is gone: mount the disk or correct gallery.source.path",
    errno.ENAMETOOLONG: "the name is too long for this disk",
    errno.EEXIST: "a file has the name of the folder",
    errno.ENOTDIR: "a file has the name of the folder",
}


class FolderWriter:
    """Writes whole files or none, for the group to read if it may read the folder.

    No key leads out of the folder, whatever it says and whatever is linked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, key: str, jpeg: bytes) -> None:
        """What was made for a photo that cannot be written goes again."""
        made: list[Path] = []
        try:
            file = self._inside(key)
            shared = self._path.stat().st_mode & stat.S_IRGRP
            made = [one for one in (file.parent, *file.parent.parents) if not one.exists()]
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o750 if shared else durable.FOLDER_MODE)
            durable.write(file, [jpeg])
            if shared:
                file.chmod(0o640)
        except OSError as error:
            for folder in made:
                with suppress(OSError):
                    folder.rmdir()
            raise GalleryError("not_written", self._what_happened(error)) from error

    def remove(self, key: str) -> None:
        """A person's folder goes with the last file in it."""
        try:
            file = self._inside(key)
            file.unlink(missing_ok=True)
            if len(Path(key).parts) > 2 and not any(file.parent.iterdir()):
                file.parent.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            raise GalleryError("not_removed", self._what_happened(error)) from error

    def _inside(self, key: str) -> Path:
        file = self._path / key
        if "\0" in key or not file.parent.resolve().is_relative_to(self._path.resolve()):
            raise GalleryError("bad_key", f"{key!r:.200} leads out of the gallery")
        return file

    def _what_happened(self, error: OSError) -> str:
        """Without the names of temporary files, which say nothing to anybody."""
        said = os.strerror(error.errno) if error.errno else str(error)
        advice = _ADVICE.get(error.errno or 0, "check the disk")
        return f"{self._path}: {said[:1].lower()}{said[1:]}: {advice}"
