"""What the dashboard and the pages behind it show, as plain values; no SQL and no calls here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bookbridge.kernel.money import Money
from bookbridge.mirror.queries.due import Due
from bookbridge.web.pages import charts
from bookbridge.web.pages.charts import Plot, Segment
from bookbridge.web.pages.render import figure

BUCKETS = ("current", "1-30", "31-60", "61-90", "90+")
"""The guide's aging buckets, in order (days past the date that counts)."""
WORDS = {"current": "Current", "1-30": "1–30 days", "31-60": "31–60 days", "61-90": "61–90 days", "90+": "Over 90"}
BASES = {"due_date": "due date", "invoice_date": "invoice date"}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """The open invoices of one age; ``share`` in per cent of all, for people."""

    name: str
    count: int
    total: Money
    share: str = ""


@dataclass(frozen=True, kw_only=True)
class AgedRow:
    """One line of an aging table: a currency or a customer with the five buckets and their sum."""

    key: str
    name: str
    count: int
    buckets: tuple[Money, ...]
    total: Money
    base: Money
    chart: tuple[Segment, ...] = ()

    @property
    def spoken(self) -> str:
        """The buckets in one sentence, for who does not see the chart."""
        return spoken(self.buckets)


@dataclass(frozen=True, kw_only=True)
class Aging:
    """What is owed on a day; ``currency`` empty: everything in the organization's currency."""

    as_of: str
    today: str
    by: str
    currency: str
    currencies: tuple[str, ...]
    buckets: tuple[Bucket, ...]
    total: Money
    count: int
    overdue: Money
    by_currency: tuple[AgedRow, ...]
    debtors: tuple[AgedRow, ...]
    chart: tuple[Segment, ...] = ()

    @property
    def is_past(self) -> bool:
        """Whether it is rebuilt for a day that is over."""
        return self.as_of < self.today

    @property
    def spoken(self) -> str:
        """The buckets in one sentence, for who does not see the chart."""
        return spoken([each.total for each in self.buckets])

    @property
    def overdue_share(self) -> str:
        """How much of the total is overdue, in whole per cent."""
        return share(self.overdue, self.total)

    @property
    def basis(self) -> str:
        """The date that counts, in words."""
        return BASES[self.by]


@dataclass(frozen=True, kw_only=True)
class Month:
    """Cash received in a month, and days sales outstanding at its end (``None``: nothing was sold)."""

    key: str
    cash: Money
    dso: int | None


@dataclass(frozen=True, kw_only=True)
class Months:
    """Twelve months, the oldest first, with their charts."""

    rows: tuple[Month, ...]
    cash: Plot
    dso: Plot

    @property
    def latest_dso(self) -> int | None:
        """Days sales outstanding now."""
        return self.rows[-1].dso if self.rows else None


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How old the mirror is; ``state`` is never, running, fresh, old or failed."""

    state: str
    age_s: int | None = None
    synced_at: datetime | None = None
    error: str = ""
    progress: str = ""
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """The last comparison of orders, mirror and Zoho; ``kinds`` are name, title and number."""

    at: datetime
    state: str
    differences: int
    kinds: tuple[tuple[str, str, int], ...] = ()
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Receivables:
    """Everything about money on the dashboard."""

    aging: Aging
    months: Months
    due: Due
    credits: Money
    credits_count: int
    cash_this_month: Money


def spoken(amounts: Sequence[Money], /) -> str:
    """``Current 1,200.00, Over 90 30.50``: what is above zero in five buckets."""
    named = zip(BUCKETS, amounts, strict=True)
    return ", ".join(f"{WORDS[name]} {figure(each)}" for name, each in named if each.minor) or "nothing"


def share(part: Money, whole: Money, /) -> str:
    """``37 %``; a dash where the whole is nothing."""
    if whole.minor <= 0:
        return "–"
    percent = (200 * part.minor + whole.minor) // (2 * whole.minor)
    return f"{percent} %" if percent or not part.minor else "< 1 %"


def segments(amounts: Sequence[Money], /, *, whole: int = 0) -> tuple[Segment, ...]:
    """The pieces of a bar of five buckets."""
    titles = [f"{WORDS[name]}: {figure(each)} {each.currency}" for name, each in zip(BUCKETS, amounts, strict=True)]
    return charts.stack([each.minor for each in amounts], titles, whole=whole)


def months(rows: Sequence[Month], /) -> Months:
    """The months with their charts; labels are the months' short English names."""
    labels = [_SHORT[int(each.key[5:7]) - 1] for each in rows]
    cash = charts.plot(
        [each.cash.minor for each in rows],
        labels,
        [f"{each.key}: {figure(each.cash)} {each.cash.currency}" for each in rows],
        exponent=rows[0].cash.exponent if rows else 0,
    )
    dso = charts.plot(
        [each.dso for each in rows],
        labels,
        [f"{each.key}: {'nothing sold' if each.dso is None else f'{each.dso} days'}" for each in rows],
    )
    return Months(rows=tuple(rows), cash=cash, dso=dso)


_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
