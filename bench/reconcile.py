"""Planted differences: 100 in the books of a company whose orders went through the real pipeline; all must be named.

Orders are invoiced, the mirror is synced, a comparison of the clean books is made. Then people work: before another
sync they delete, void, double, re-price and re-assign invoices, and bindings are lost; after it they do it again, which
the mirror does not know yet. Each planted difference must be named with its kind, and nothing else may be named.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.features.reconcile import workflow
from bookbridge.features.reconcile.actions import Run, Wanted
from bookbridge.mirror.sync import Sync, Wish
from bookbridge.store import tables
from lab import POUNDS, Lab, lab, options, receive, show

PLANTED = 100
MIRRORED = ("currencies", "contacts", "invoices", "creditnotes", "payments")
BEFORE = ("missing", "doubled", "total", "customer", "deleted", "voided")
"""Made before the last sync: of orders only."""
AFTER = ("doubled", "total", "customer", "deleted", "voided", "mirror_balance", "mirror_missing")
"""Made after it: those of orders are differences of the mirror as well."""
IN_THE_MIRROR = {
    "doubled": "mirror_missing",
    "total": "mirror_total",
    "customer": "mirror_customer",
    "deleted": "mirror_gone",
    "voided": "mirror_status",
}
LINES = {"line_items": [{"name": "Article", "rate": Decimal("12.34"), "quantity": 1}]}


@dataclass
class Truth:
    """What was planted: (kind, order number or invoice id), the same by planted difference in ``planted``.

    ``allowed`` may be named: what the mirror still has of an invoice that was deleted before the last sync, until a
    sync looks for deleted ones.
    """

    planted: list[set[tuple[str, str]]] = field(default_factory=list)
    wanted: set[tuple[str, str]] = field(default_factory=set)
    allowed: set[tuple[str, str]] = field(default_factory=set)

    def add(self, kind: str, subject: str) -> None:
        """One difference that must be named for what was planted last."""
        assert (kind, subject) not in self.wanted
        self.wanted.add((kind, subject))
        self.planted[-1].add((kind, subject))


class People:
    """People who work in Zoho."""

    def __init__(self, made: Lab, app: App) -> None:
        self.made, self.app = made, app
        self.books = app.services.zoho.books(POUNDS)
        self.random = random.Random(1)
        self.free = [row for row in made.sandbox.invoices(POUNDS) if row["reference_number"]]
        self.random.shuffle(self.free)
        self.contacts = sorted({str(row["customer_id"]) for row in self.free})

    def edit(self, action: str, **more: Any) -> Any:
        """One edit in Zoho's user interface."""
        return self.made.sandbox.control("people", {"organization_id": POUNDS, "action": action, **more})

    def plant(self, kind: str, truth: Truth, *, is_late: bool) -> None:
        """One difference of that kind."""
        row = self.free.pop()
        truth.planted.append(set())
        act: Callable[[Mapping[str, Any]], str | None] = getattr(self, kind)
        made = act(row)
        if kind.startswith("mirror_"):
            truth.add(kind, made or str(row["invoice_id"]))
            return
        truth.add(kind, str(row["reference_number"]))
        if kind in ("deleted", "missing"):
            truth.allowed.add(("mirror_gone", str(row["invoice_id"])))
        if is_late:
            truth.add(IN_THE_MIRROR[kind], made or str(row["invoice_id"]))

    def missing(self, row: Mapping[str, Any]) -> None:
        """The invoice is deleted, and what it was bound to is lost here."""
        self.deleted(row)
        where = tables.orders.c.invoice_id == str(row["invoice_id"])
        with self.app.services.db.transaction() as tx:
            tx.execute(sa.update(tables.orders).where(where).values(invoice_id=None, invoice_number=None))

    def doubled(self, row: Mapping[str, Any]) -> str:
        """Somebody makes the invoice by hand too."""
        body = {"customer_id": row["customer_id"], "reference_number": row["reference_number"], **LINES}
        return self._made({**body, "invoice_number": f"HAND-{row['reference_number']}"})

    def total(self, row: Mapping[str, Any]) -> None:
        """The lines are changed."""
        self.edit("edit", resource="invoices", id=row["invoice_id"], fields=LINES)

    def customer(self, row: Mapping[str, Any]) -> None:
        """The invoice is moved to another contact."""
        other = next(each for each in self.contacts if each != str(row["customer_id"]))
        self.edit("edit", resource="invoices", id=row["invoice_id"], fields={"customer_id": other})

    def deleted(self, row: Mapping[str, Any]) -> None:
        """The invoice is deleted."""
        self.edit("delete", resource="invoices", id=row["invoice_id"])

    def voided(self, row: Mapping[str, Any]) -> None:
        """The invoice is voided."""
        self.edit("void", invoice_id=row["invoice_id"])

    def mirror_balance(self, row: Mapping[str, Any]) -> None:
        """A part of it is paid, which is no difference of the order."""
        applied = [{"invoice_id": row["invoice_id"], "amount_applied": Decimal("0.05")}]
        body = {
            "customer_id": row["customer_id"],
            "payment_mode": "cash",
            "amount": Decimal("0.05"),
            "invoices": applied,
        }
        self.books.call("POST", "/customerpayments", json={**body, "date": row["date"]})

    def mirror_missing(self, row: Mapping[str, Any]) -> str:
        """An invoice of its own."""
        return self._made({"customer_id": row["customer_id"], "invoice_number": f"OWN-{row['invoice_id']}", **LINES})

    def _made(self, body: Mapping[str, Any]) -> str:
        params = {"ignore_auto_number_generation": True}
        return str(self.books.call("POST", "/invoices", params=params, json=dict(body)).body["invoice"]["invoice_id"])


def bodies(count: int) -> list[dict[str, Any]]:
    """Orders of sixty customers over a year."""
    source = random.Random(2)
    return [
        {
            "order_id": f"{10_000 + number}",
            "customerEmail": f"buyer{number % 60}@example.com",
            "customerName": f"Buyer {number % 60}",
            "currency": "GBP",
            "ordered_at": f"2026-{1 + number % 10:02d}-{1 + source.randrange(28):02d}T12:00:00Z",
            "items": [{"name": "Article", "price": Decimal(source.randrange(500, 90_000)) / 100, "quantity": 1}],
        }
        for number in range(count)
    ]


def synced(app: App) -> int:
    """Bring the mirror up to date; the rows it has."""
    organization = app.services.zoho.organization(POUNDS)
    outcome = Sync(app.services.mirror, organization, Wish(entities=MIRRORED)).run()
    if not outcome.is_good:
        raise SystemExit(f"the sync did not end well: {outcome}")
    with app.services.db.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(tables.mirror_invoices)).scalar_one())


def compared(app: App, wanted: Wanted) -> Run:
    """One comparison."""
    organization = app.services.zoho.organization(POUNDS)
    run_id = workflow.open_run(app.services, organization, wanted)
    run = workflow.carry_out(app.services, organization, wanted, run_id)
    if run.state != "done":
        raise SystemExit(f"the comparison did not end well: {run.state} {run.error}")
    return run


def judged(run: Run, truth: Truth) -> tuple[int, list[str]]:
    """How many of the planted differences were named in every way they must be, and what was named beside them."""
    named: set[tuple[str, str]] = set()
    for each in run.differences:
        of_mirror = each.kind.startswith("mirror_")
        named.add((each.kind, str(each.detail["invoice_id" if of_mirror else "order_id"] if each.detail else "")))
    wrong = sorted(named - truth.wanted - truth.allowed)
    return sum(each <= named for each in truth.planted), [f"{kind} {subject}" for kind, subject in wrong]


def clean_runs(app: App, figures: dict[str, Any]) -> None:
    """Comparisons of books in which nothing is wrong, with and without control totals."""
    for name, wanted in (("clean", Wanted()), ("clean, --full", Wanted(full=True))):
        run = compared(app, wanted)
        figures[f"{name}: differences"], figures[f"{name}: calls"] = len(run.differences), run.calls


def planted(made: Lab, app: App, figures: dict[str, Any]) -> list[str]:
    """Plant, compare, judge."""
    people, truth = People(made, app), Truth()
    late = PLANTED * 2 // 5
    for number in range(PLANTED - late):
        people.plant(BEFORE[number % len(BEFORE)], truth, is_late=False)
    synced(app)
    after = Truth(list(truth.planted), set(truth.wanted), set(truth.allowed))
    for number in range(late):
        people.plant(AFTER[number % len(AFTER)], after, is_late=True)
    wrong: list[str] = []
    runs: Sequence[tuple[str, Truth, Wanted]] = (
        ("planted", after, Wanted()),
        ("planted, --full", after, Wanted(full=True)),
    )
    for name, wanted_truth, wanted in runs:
        run = compared(app, wanted)
        figures.update(_figures(name, run, wanted_truth, wrong))
    synced(app)
    rest = [{pair for pair in each if not pair[0].startswith("mirror_")} for each in after.planted]
    of_orders = Truth([each for each in rest if each], set().union(*rest), after.allowed)
    run = compared(app, Wanted())
    figures.update(_figures("after a sync", run, of_orders, wrong))
    figures["planted: kinds"] = dict(sorted(Counter(kind for kind, _ in after.wanted).items()))
    return wrong


def _figures(name: str, run: Run, truth: Truth, wrong: list[str]) -> dict[str, Any]:
    named, false = judged(run, truth)
    wrong += false
    return {
        f"{name}: planted": len(truth.planted),
        f"{name}: named": named,
        f"{name}: false": len(false),
        f"{name}: differences": len(run.differences),
        f"{name}: calls": run.calls,
    }


def main() -> None:
    """Fill, compare, plant, compare."""
    given = options(__doc__, count=1000)
    figures: dict[str, Any] = {"orders": given.count}
    with lab() as made, made.app(BOOKBRIDGE_INVOICE_STATUS="sent") as app:
        *most, last = bodies(given.count)
        with made.engine(app):
            receive(app, most)
            made.rest()
            made.sandbox.control(
                "clock", {"advance_s": 3600}
            )  # most of the books are older than what a sync reads again
            receive(app, [last])
            states = made.rest()
        if states.get("done") != given.count:
            raise SystemExit(f"not every order was invoiced: {states}")
        figures["invoices mirrored"] = synced(app)
        clean_runs(app, figures)
        wrong = planted(made, app, figures)
    show("Reconciliation", figures, given)
    names = [name.removesuffix(": named") for name in figures if name.endswith(": named")]
    short = [name for name in names if figures[f"{name}: named"] != figures[f"{name}: planted"]]
    if wrong or short:
        raise SystemExit(f"false: {wrong}; not all named: {short}")


if __name__ == "__main__":
    main()
