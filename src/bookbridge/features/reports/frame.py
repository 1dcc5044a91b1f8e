"""What a report is: a name, its parameters and columns, and a function that fills a table. Pure values."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bookbridge.kernel.money import Money

Cell = str | int | Decimal | Money | date | datetime | bool | None
"""A value of a table: amounts are ``Money``, so that each carries its currency and its decimals."""

PERIODS = ("day", "week", "month", "quarter", "year")
"""The groupings by time: calendar days, ISO weeks, calendar months, quarters and years."""

MOST_ROWS = 100_000
"""Rows of a report; who needs more exports the tables."""


class Kind(StrEnum):
    """What a column holds; decides how JSON, CSV, XLSX and pages write it."""

    TEXT = "text"
    PERIOD = "period"
    DAY = "date"
    TIME = "time"
    MONEY = "amount"
    COUNT = "count"
    NUMBER = "number"
    RATE = "rate"
    FLAG = "yes or no"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column; ``groups`` are the groupings it is there for, empty: all of them."""

    name: str
    kind: Kind
    meaning: str
    groups: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.name.replace("_", " ").capitalize()

    @property
    def adds_up(self) -> bool:
        """Whether it has a total; quantities of different things and rates have none."""
        return self.kind in (Kind.MONEY, Kind.COUNT)

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers, which stand on the right."""
        return self.kind in (Kind.MONEY, Kind.COUNT, Kind.NUMBER, Kind.RATE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Param:
    """A parameter of a report; ``choices`` when only some words are allowed, ``default`` in words."""

    name: str
    kind: Kind
    meaning: str
    default: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One question to a report: whose books, which days (both included), grouped how.

    ``currency`` and ``exponent`` are those of the organization: amounts are in it unless a column says otherwise.
    """

    organization_id: str
    currency: str
    exponent: int
    first: date
    last: date
    group_by: str

    @property
    def by_period(self) -> bool:
        """Whether rows are grouped by time."""
        return self.group_by in PERIODS

    @property
    def by_currency(self) -> bool:
        """Whether rows are grouped by currency, and so have amounts in it too."""
        return self.group_by == "currency"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The answer: rows with a cell for each column, their totals (a cell for each column too), and notes for people.

    A note says what the numbers leave out; it goes with the table into every format.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...]
    notes: tuple[str, ...] = ()
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """What a file is written from: rows may come from a database while they are written; ``footer`` are the totals."""

    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]
    footer: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()


Run = Callable[[Any, Asked], Table]
"""Fills the table inside a reading transaction."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its public name, its title, its parameters and columns, and what fills it.

    ``meaning`` says what the amounts are; ``reads`` names the mirrored entities it needs.
    """

    name: str
    title: str
    params: tuple[Param, ...]
    columns: tuple[Column, ...]
    run: Run
    meaning: str = field(kw_only=True)
    reads: tuple[str, ...] = field(kw_only=True)

    def param(self, name: str, /) -> Param:
        """The parameter of that name."""
        return next(each for each in self.params if each.name == name)

    def columns_for(self, group_by: str, /) -> tuple[Column, ...]:
        """The columns of a table that is grouped so."""
        return tuple(each for each in self.columns if not each.groups or group_by in each.groups)


THIS_MONTH, THIS_FISCAL_YEAR = "the first day of the month of `to`", "the first day of the fiscal year of `to`"


def usual_params(*, since: str, group_by: str, groups: Iterable[str]) -> tuple[Param, ...]:
    """``from``, ``to`` and ``group_by``, which every report takes."""
    return (
        Param(name="from", kind=Kind.DAY, meaning="The first day, in the organization's calendar.", default=since),
        Param(name="to", kind=Kind.DAY, meaning="The last day, included.", default="today, or `from` if that is later"),
        Param(
            name="group_by",
            kind=Kind.TEXT,
            meaning="What a row stands for; `none` is one row for the whole time.",
            default=group_by,
            choices=tuple(groups),
        ),
    )


def text(name: str, meaning: str, *, groups: tuple[str, ...] = ()) -> Column:
    """A column of texts."""
    return Column(name=name, kind=Kind.TEXT, meaning=meaning, groups=groups)


def count(name: str, meaning: str) -> Column:
    """A column of whole numbers, added up in the totals."""
    return Column(name=name, kind=Kind.COUNT, meaning=meaning)


def amounts(name: str, meaning: str) -> tuple[Column, Column]:
    """A column in the organization's currency, and its twin in the row's own where rows are grouped by currency."""
    base = Column(name=name, kind=Kind.MONEY, meaning=f"{meaning} In the organization's currency.")
    twin = "The same in the currency of the row; Bookbridge adds up no currencies, so it has no total."
    return base, Column(name=f"{name}_original", kind=Kind.MONEY, meaning=twin, groups=("currency",))


PERIOD = Column(name="period", kind=Kind.PERIOD, groups=PERIODS, meaning=(
    "The day (`2026-01-31`), ISO week (`2026-W05`), month (`2026-01`), quarter (`2026-Q1`) or year (`2026`)."
))  # fmt: skip
CURRENCY = text("currency", "The currency of the documents, by its code.", groups=("currency",))
