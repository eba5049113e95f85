"""What a program says on its standard error, line by line, and the last of it."""

import re

LINE_BYTES = 200


class LastWords:
    """Keeps the end of each line and no more, so that a line that never ends costs no memory.

    A carriage return ends a line too: ffmpeg writes its statistics over and over on the same one.
    """

    def __init__(self) -> None:
        self._line = ""
        self._unfinished = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines that end in this chunk, without blank ones."""
        *ended, unfinished = re.split(rb"[\r\n]", self._unfinished + chunk)
        self._unfinished = unfinished[-LINE_BYTES:]
        lines = [text for line in ended if (text := _text(line))]
        if lines:
            self._line = lines[-1]
        return lines

    def __str__(self) -> str:
        return _text(self._unfinished) or self._line


def _text(line: bytes) -> str:
    return line[-LINE_BYTES:].decode("utf-8", "replace").strip()
