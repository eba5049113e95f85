"""Lines as they stand in a file, so that nobody reads half of one while it is written."""

import mmap
from collections.abc import Sequence

PAGE_BYTES = mmap.PAGESIZE
"""A write becomes visible page by page, so a line that crosses a page would be seen in two pieces."""


def laid_out(lines: Sequence[bytes], offset: int) -> bytes:
    """The bytes of lines, each without its newline, for a file that ends at `offset` with a whole line.

    A line that would cross a page begins at the next one. The spaces between stand before the newline of the
    line before, or before the first line. A line longer than a page begins at a page, and crosses the next.
    """
    data = bytearray()
    for line in lines:
        used = (offset + len(data)) % PAGE_BYTES
        room = PAGE_BYTES - used
        if used and len(line) + 1 > room:
            data[-1:] = b" " * room + data[-1:]
        data += line + b"\n"
    return bytes(data)
