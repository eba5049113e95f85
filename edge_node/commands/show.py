"""Answers on standard output as they come: tables, or a line of JSON each."""

import sys
from collections.abc import Iterable

from edge_node.answer import Answer
from edge_node.answer_text import lines
from edge_node.progress import say


def show(answers: Iterable[Answer], *, as_json: bool) -> int:
    """1 if there is a photo of which nothing can be said, else 0."""
    is_complete = True
    for one in answers:
        if as_json:
            say(one.to_json().decode())
        elif one.rejected is None:
            say("\n".join(lines(one)))
        else:
            say(f"{one.photo}: {one.rejected}: {one.detail}", file=sys.stderr)
        is_complete = is_complete and one.rejected is None
    return int(not is_complete)
