"""Answers as tables for a terminal."""

import unicodedata

from edge_node.answer import Answer, AnsweredFace, NodeAnswer

HEADINGS = ("NAME", "KIND", "SIMILARITY", "BOX", "REASON", "CUT OUT")


def lines(one: Answer) -> list[str]:
    """Of a photo that could be looked at."""
    assert one.size is not None
    faces = f"{len(one.faces)} face{'' if len(one.faces) == 1 else 's'}"
    by = f" ({one.node}, {one.took_ms} ms)" if isinstance(one, NodeAnswer) else ""
    lines = [f"{one.photo}: {one.size[0]} x {one.size[1]}, {faces}{by}"]
    rows = [_row(face) for face in one.faces]
    if rows:
        rows.insert(0, HEADINGS[: len(rows[0])])
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - columns_of(cell)) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    if one.labelled:
        lines.append(f"  labelled: {one.labelled}")
    if one.detail:
        lines.append(f"  {one.detail}")
    return lines


def _row(face: AnsweredFace) -> tuple[str, ...]:
    similarity = "-" if face.similarity is None else f"{face.similarity:.3f}"
    x, y, width, height = face.box
    row = (face.person or "-", face.event_type.value, similarity, f"{x},{y} {width}x{height}", face.reason)
    return (*row, face.cut_out) if face.cut_out else row


def columns_of(text: str) -> int:
    """On a terminal, where letters of East Asia are two columns wide and accents none."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
