"""JSON lines: an object for each row, with exact numbers and the texts as they are; totals and notes stay out."""

from collections.abc import Iterator

from bookbridge.features.reports.frame import Sheet
from bookbridge.http.answers import encode
from bookbridge.kernel.money import Money

BATCH = 500
"""Rows in one piece."""


def write(sheet: Sheet, /) -> Iterator[bytes]:
    """The file piece by piece."""
    names = [each.name for each in sheet.columns]
    lines: list[bytes] = []
    for row in sheet.rows:
        plain = (each.amount if isinstance(each, Money) else each for each in row)
        lines.append(encode(dict(zip(names, plain, strict=True))))
        if len(lines) >= BATCH:
            yield b"\n".join(lines) + b"\n"
            lines = []
    if lines:
        yield b"\n".join(lines) + b"\n"
