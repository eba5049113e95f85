"""Figures as people read them, in columns."""

from collections.abc import Iterator, Sequence

TOO_FEW = "too few pairs"


def columns(rows: Sequence[Sequence[str]], indent: str = "") -> Iterator[str]:
    """A line a row, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"{indent}{'  '.join(cells)}".rstrip()


def percent(share: float | None) -> str:
    """With as many digits as a small share needs: 12.3 %, 0.45 %, 0.0021 %."""
    if share is None:
        return "-"
    hundredths = 100 * share
    if hundredths == 0:
        return "0 %"
    if hundredths >= 10:
        return f"{hundredths:.1f} %"
    return f"{hundredths:.2f} %" if hundredths >= 0.095 else f"{hundredths:.2g} %"


def power(rate: float) -> str:
    """1e-4 for 0.0001."""
    return f"{rate:.0e}".replace("e-0", "e-")


def several(count: int, noun: str, plural: str = "") -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
