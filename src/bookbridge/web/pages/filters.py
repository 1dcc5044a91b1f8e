"""What an address says about the list of invoices, and addresses that say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bookbridge.mirror.queries.asking import BUCKETS
from bookbridge.mirror.queries.invoices import InvoiceFilter
from bookbridge.mirror.queries.statuses import OVERDUE

OPEN = "open"
NAMES = (
    "organization_id", "search", "bucket", "status", "currency", "customer_id", "date_start", "date_end", "due_start",
    "due_end", "as_of", "by", "sort",
)  # fmt: skip
MORE = ("date_start", "date_end", "due_start", "due_end", "as_of", "by")
"""Filters that are folded away until one of them is set."""
AGES = {
    OPEN: "Everything open", OVERDUE: "Overdue", "current": "Current", "1-30": "1–30 days", "31-60": "31–60 days",
    "61-90": "61–90 days", "90+": "Over 90",
}  # fmt: skip
NEWEST = "-date"
SORTS = {
    "-date": "newest", "date": "oldest", "due_date": "due first", "-due_date": "due last", "-balance": "most open",
    "balance": "least open", "-total": "largest", "total": "smallest", "customer_name": "customer A to Z",
    "-customer_name": "customer Z to A", "invoice_number": "number", "-invoice_number": "number, last first",
}  # fmt: skip
MOST_PAGES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Given:
    """The filters of an address; every name is there, empty where it is not set."""

    values: Mapping[str, str]
    page: int

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the organization and the order is chosen."""
        return any(self.values[name] for name in NAMES if name not in ("organization_id", "sort"))

    @property
    def sort(self) -> str:
        """The column sorted by, with a minus where the largest comes first."""
        return self.values["sort"] if self.values["sort"] in SORTS else NEWEST

    def wanted(self, *, per_page: int, page: int = 0) -> InvoiceFilter:
        """The question to the mirror."""
        known: dict[str, Any] = {name: self.values[name] for name in ("search", "status", "customer_id", *MORE[:4])}
        bucket = self.values["bucket"]
        return InvoiceFilter(
            **known, bucket=bucket if bucket != OPEN else "", is_open=bucket == OPEN, sort=self.sort.lstrip("-"),
            is_ascending=not self.sort.startswith("-"), page=page or self.page, per_page=per_page,
        )  # fmt: skip

    def query(self, **changes: str) -> str:
        """The same filters as a query string, some of them changed; an empty value takes one away."""
        kept = {**self.values, **changes}
        return urlencode({name: value for name, value in kept.items() if value})

    def sorted_by(self, column: str) -> str:
        """The query string that sorts by a column, the other way round where it is sorted by already."""
        if self.sort == f"-{column}":
            return self.query(sort=column)
        falling = column in ("date", "total", "balance") and self.sort != column
        return self.query(sort=f"-{column}" if falling or self.sort == column else column)


def given(params: Mapping[str, str], /) -> Given:
    """Read an address; unknown names are ignored, as people's bookmarks outlive them."""
    text = params.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    values = {name: params.get(name, "")[:100] for name in NAMES}
    return Given(values=values, page=max(1, min(page, MOST_PAGES)))


assert set(AGES) == {OPEN, OVERDUE, *BUCKETS}
