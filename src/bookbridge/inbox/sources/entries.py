"""What reading a file of orders gives, one entry after the other: orders, those left out, and rows that are wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias, TypeVar

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.orders import Order


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An order that can be accepted; ``line`` is where it begins, from 1."""

    line: int
    order: Order


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """An order that is read well but is nothing to invoice, with the reason."""

    line: int
    order_id: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A row (and with it its order) that cannot be read: what is wrong with which field, and the remedy."""

    line: int
    order_id: str
    field: str
    message: str
    remedy: str

    @classmethod
    def of(cls, error: InvalidInputError, /, *, line: int, order_id: str) -> "Wrong":
        """The entry of a refusal."""
        return cls(line=line, order_id=order_id, field=error.field, message=str(error), remedy=error.remedy)


Entry: TypeAlias = Found | LeftOut | Wrong


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its line number in the file and its cells by our column names."""

    line: int
    cells: dict[str, str]


NOT_UTF8 = "The row is not UTF-8 text."
SAVE_AS_UTF8 = "Save the file as UTF-8 (in a spreadsheet: CSV UTF-8)."

T = TypeVar("T")


def is_text(text: str, /) -> bool:
    """Whether a text that was read with ``errors="surrogateescape"`` was UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


class Layout:
    """Where the orders of a table lie: how many there are, and which ones are scattered over the file.

    Rows of one order usually follow each other; then an order is complete when the next one begins. For the others
    the line of their last row is remembered, and only those are held in memory until they are complete.
    """

    def __init__(self, ids: Iterable[tuple[int, str]], /) -> None:
        """Look at the (line, order id) of every row."""
        seen: set[int] = set()
        self._ends: dict[str, int] = {}
        self.count = 0
        for order_id, rows in groupby(ids, key=lambda row: row[1]):
            mark, last = hash(order_id), 0
            for last, _ in rows:  # noqa: B007 - the last one counts
                pass
            if mark in seen:
                self._ends[order_id] = last
            else:
                self.count += 1
                seen.add(mark)

    @property
    def scattered(self) -> int:
        """How many orders have rows in several places."""
        return len(self._ends)

    def groups(self, rows: Iterable[Row], /) -> Iterable[tuple[str, list[Row]]]:
        """The rows of each order together, every order once."""
        held: dict[str, list[Row]] = {}
        for order_id, following in groupby(rows, key=lambda row: row.cells.get("order_id", "")):
            own = list(following)
            end = self._ends.get(order_id)
            if end is None:
                yield order_id, own
                continue
            held.setdefault(order_id, []).extend(own)
            if own[-1].line >= end:
                yield order_id, held.pop(order_id)
        yield from held.items()
