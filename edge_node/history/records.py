"""Events read from the files of the log, where the index says that they stand."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import BinaryIO, Self

from edge_node.log_files import LogFiles, mark_of, unpadded


class Records:
    """Keeps the files open that it has read from: a rotation does not disturb it. A context.

    marks: by the numbers that the index has for the files.
    """

    def __init__(self, files: LogFiles, marks: Mapping[int, str]) -> None:
        self._files = files
        self._marks = marks
        self._open: dict[int, BinaryIO | None] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def lines(self, places: Iterable[tuple[int, int, int]]) -> Iterator[bytes]:
        """For file, offset and length. What retention has deleted meanwhile is left out."""
        for number, offset, length in places:
            if number not in self._open:
                self._open[number] = self._find(self._marks.get(number))
            file = self._open[number]
            if file is None:
                continue
            file.seek(offset)
            line = file.read(length)
            if line.endswith(b"\n"):
                yield unpadded(line)

    def _find(self, mark: str | None) -> BinaryIO | None:
        """Looks twice: between the listing and the opening the file may get another name."""
        for _ in range(2):
            for listed in self._files.listed():
                if listed.mark != mark:
                    continue
                try:
                    file = self._stack.enter_context(listed.path.open("rb"))
                except FileNotFoundError:
                    break
                if mark_of(file) == mark:
                    return file
        return None
