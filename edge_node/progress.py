"""Long work, seen: a bar on a terminal where tqdm is installed, a line now and then anywhere else."""

import importlib.util
import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

LINES = 10


def say(text: str, file: TextIO | None = None) -> None:
    """A line on standard output or another file, at once, and not through the middle of a bar."""
    file = file or sys.stdout
    if sys.modules.get("tqdm"):
        from tqdm import tqdm

        tqdm.write(text, file)
    else:
        file.write(f"{text}\n")
    file.flush()


def track(items: Iterable[Item], label: str, total: int) -> Iterator[Item]:
    """The items, while standard error shows how many of them are done."""
    if sys.stderr.isatty() and importlib.util.find_spec("tqdm"):
        from tqdm import tqdm

        size = shutil.get_terminal_size()  # 80 x 24 on a serial console that says 0 x 0, where tqdm is mute
        yield from tqdm(items, desc=label, total=total, file=sys.stderr, ncols=size.columns, nrows=size.lines)
        return
    step = max(1, total // LINES)
    for done, item in enumerate(items, start=1):
        yield item
        if done % step == 0 or done == total:
            sys.stderr.write(f"{label}: {done}/{total}\n")
            sys.stderr.flush()
