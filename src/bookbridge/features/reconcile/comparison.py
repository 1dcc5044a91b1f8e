"""One comparison while it runs: what is wanted, what was read, what was found."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bookbridge.features.reconcile.kinds import Difference
from bookbridge.features.reconcile.policy import plain
from bookbridge.features.reconcile.reading import Reader
from bookbridge.features.reconcile.sides import Days, InvoiceSide, OrderSide
from bookbridge.features.reconcile.store.orders import Window
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to compare: the days of ``days``; ``full`` reads every page, ``recent_days`` those of the last days."""

    days: Days = Days()  # noqa: RUF009 - frozen
    full: bool = False
    recent_days: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As it is stored with the run."""
        return {"from": self.days.first, "to": self.days.last, "full": self.full, "recent_days": self.recent_days}


@dataclass(frozen=True, slots=True)
class Step:
    """How far a comparison is: ``done`` of ``total`` (0: not known) in this part, and the calls so far."""

    part: str
    done: int
    total: int
    calls: int


class Fresh:
    """Invoices read from Zoho in this comparison, and ids that are certainly gone; found again by what they carry."""

    def __init__(self) -> None:
        self.rows: dict[str, InvoiceSide] = {}
        self.gone: set[str] = set()
        self._by_mark: dict[tuple[str, ...], set[str]] = {}

    def add(self, row: InvoiceSide, /) -> None:
        """Keep a row instead of what was read of it before."""
        before = self.rows.get(row.invoice_id)
        for mark in _marks(before) if before is not None else ():
            self._by_mark[mark].discard(row.invoice_id)
        self.rows[row.invoice_id] = row
        self.gone.discard(row.invoice_id)
        for mark in _marks(row):
            self._by_mark.setdefault(mark, set()).add(row.invoice_id)

    def remove(self, invoice_id: str, /) -> None:
        """It is gone."""
        row = self.rows.pop(invoice_id, None)
        for mark in _marks(row) if row is not None else ():
            self._by_mark[mark].discard(invoice_id)
        self.gone.add(invoice_id)

    def like(self, order: OrderSide, /) -> list[InvoiceSide]:
        """Rows with the order's id, key or number, or its reference at its customer."""
        ids = {order.invoice_id} & self.rows.keys()
        marks: list[tuple[str, ...]] = [("key", order.key), ("number", plain(order.number))]
        marks += [("reference", contact, plain(order.reference)) for contact in order.contact_ids]
        for mark in marks:
            if mark[-1]:
                ids |= self._by_mark.get(mark, set())
        return [self.rows[each] for each in sorted(ids)]


def _marks(row: InvoiceSide) -> Iterable[tuple[str, ...]]:
    if row.key:
        yield ("key", row.key)
    if row.number:
        yield ("number", plain(row.number))
    if row.reference:
        yield ("reference", row.customer_id, plain(row.reference))


@dataclass(kw_only=True)
class Comparison:
    """What the parts of one comparison share.

    ``first`` are the invoices that had changed since the mirror's watermark when it began, ``mark`` the time of their
    last change by Zoho's clock: what changed later, changed while we looked. ``touched`` are the customers of invoices
    whose mirror differs or that changed meanwhile: their balances are compared the next time.
    """

    services: Services
    organization: Organization
    wanted: Wanted
    window: Window
    today: str
    reader: Reader
    told: Callable[[Step], None] = lambda step: None
    fresh: Fresh = field(default_factory=Fresh)
    found: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    compared: Counter[str] = field(default_factory=Counter)
    touched: set[str] = field(default_factory=set)
    first: dict[str, InvoiceSide] = field(default_factory=dict)
    mark: datetime | None = None

    @property
    def organization_id(self) -> str:
        """The organization's id."""
        return self.organization.organization_id

    def tell(self, part: str, done: int, total: int = 0, /) -> None:
        """Say how far this part is."""
        self.told(Step(part, done, total, self.reader.calls))

    def changed_meanwhile(self) -> list[InvoiceSide]:
        """Invoices that changed after this comparison began: now other than at its first look, at ``mark`` or later."""
        if self.mark is None:
            return []
        rows = self.reader.changed_since(self.mark)
        late = [row for row in rows if row.modified_at is not None and row.modified_at >= self.mark]
        return [row for row in late if self.first.get(row.invoice_id) != row]

    def counts(self) -> dict[str, Any]:
        """What is kept with the run."""
        known = sum(each.known for each in self.found)
        kinds = Counter(each.kind for each in self.found)
        return {
            "compared": dict(self.compared),
            "differences": len(self.found),
            "known": known,
            "kinds": dict(sorted(kinds.items())),
            "notes": list(self.notes),
        }
