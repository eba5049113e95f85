"""`edge-node recognise`: who is on these photos, without a broker or a camera."""

import argparse
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from edge_node.commands.options import Subparsers, add_config, read_config
from edge_node.errors import EngineError

if TYPE_CHECKING:
    from edge_node.answer import Answer, AnsweredFace

HEADINGS = ("NAME", "KIND", "SIMILARITY", "BOX", "REASON", "CUT OUT")


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("recognise", help="say who is on photos", description=__doc__)
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="a JPEG")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each photo")
    parser.add_argument(
        "--labelled", type=Path, metavar="DIR", help="put each photo there with boxes and names"
    )
    parser.add_argument("--faces", type=Path, metavar="DIR", help="put each face there, cut out")
    parser.add_argument(
        "--offline", action="store_true", help="take the gallery as it was, do not ask its source"
    )
    add_config(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    config = read_config(arguments)
    from edge_node.album import AlbumError
    from edge_node.answer import answer
    from edge_node.assembly import build

    try:
        refresher, pipeline = build(config)
        refresher.load()
        if not arguments.offline:
            refresher.poll()
        pipeline.gallery = refresher.gallery
        answers = (
            answer(photo, pipeline, labelled=arguments.labelled, cut_outs=arguments.faces)
            for photo in arguments.photos
        )
        return _print(answers, as_json=arguments.json)
    except (AlbumError, EngineError) as error:
        print(error, file=sys.stderr)
        return 1


def _print(answers: "Iterable[Answer]", *, as_json: bool) -> int:
    """1 if there is a photo of which nothing can be said, else 0."""
    is_complete = True
    for one in answers:
        if as_json:
            print(one.to_json().decode(), flush=True)
        elif one.rejected is None:
            print(*_lines(one), sep="\n", flush=True)
        else:
            print(f"{one.photo}: {one.rejected}: {one.detail}", file=sys.stderr, flush=True)
        is_complete = is_complete and one.rejected is None
    return int(not is_complete)


def _lines(one: "Answer") -> list[str]:
    assert one.size is not None
    faces = f"{len(one.faces)} face{'' if len(one.faces) == 1 else 's'}"
    lines = [f"{one.photo}: {one.size[0]} x {one.size[1]}, {faces}"]
    rows = [_row(face) for face in one.faces]
    if rows:
        rows.insert(0, HEADINGS[: len(rows[0])])
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - columns_of(cell)) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return [*lines, f"  labelled: {one.labelled}"] if one.labelled else lines


def _row(face: "AnsweredFace") -> tuple[str, ...]:
    similarity = "-" if face.similarity is None else f"{face.similarity:.3f}"
    x, y, width, height = face.box
    row = (face.person or "-", face.event_type.value, similarity, f"{x},{y} {width}x{height}", face.reason)
    return (*row, face.cut_out) if face.cut_out else row


def columns_of(text: str) -> int:
    """On a terminal, where letters of East Asia are two columns wide and accents none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
