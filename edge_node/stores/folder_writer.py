"""Reference photos put into a folder of this machine, and taken away from it."""

import stat
from pathlib import Path

from edge_node import durable
from edge_node.errors import GalleryError


class FolderWriter:
    """Writes whole files or none, for the group to read if it may read the folder.

    No key leads out of the folder, whatever it says and whatever is linked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, key: str, jpeg: bytes) -> None:
        try:
            file = self._inside(key)
            shared = self._path.stat().st_mode & stat.S_IRGRP
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o750 if shared else durable.FOLDER_MODE)
            durable.write(file, [jpeg])
            if shared:
                file.chmod(0o640)
        except OSError as error:
            raise GalleryError("not_written", f"{error}: let this user write there") from error

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
            raise GalleryError("not_removed", f"{error}: let this user write there") from error

    def _inside(self, key: str) -> Path:
        file = self._path / key
        if "\0" in key or not file.parent.resolve().is_relative_to(self._path.resolve()):
            raise GalleryError("bad_key", f"{key!r:.200} leads out of the gallery")
        return file
