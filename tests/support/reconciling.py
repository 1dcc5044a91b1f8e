"""A sandbox with orders invoiced by the real pipeline and a mirror of it, for tests of comparisons."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.features.reconcile import actions, workflow
from bookbridge.features.reconcile.actions import Run, Wanted
from bookbridge.kernel.clock import FixedClock
from bookbridge.mirror.sync import Sync, Wish
from bookbridge.store import tables
from tests.support.app import an_order, send, settle
from tests.support.mirrored import RECEIVABLE
from tests.support.sandbox import Zoho

ENTITIES = ("currencies", "contacts", "invoices", "creditnotes", "payments")
MIRRORED = (
    tables.mirror_contacts,
    tables.mirror_invoices,
    tables.mirror_creditnotes,
    tables.mirror_payments,
    tables.mirror_allocations,
    tables.mirror_state,
)


def invoiced(app: App, clock: FixedClock, count: int, /, *, customers: int = 4) -> list[str]:
    """Send ``count`` orders through the pipeline; our ids of them."""
    bodies = [
        an_order(
            f"R{number}",
            customerEmail=f"c{number % customers}@example.com",
            customerName=f"Customer {number % customers}",
            items=[{"name": "Tea", "price": Decimal(1000 + number) / 100, "quantity": 1 + number % 3}],
        )
        for number in range(count)
    ]
    receipts = [send(app, body) for body in bodies]
    settle(app, clock, rounds=400)
    return [receipt.order_pk for receipt in receipts]


def people(zoho: Zoho, action: str, /, **edit: Any) -> Any:
    """A person's edit in Zoho."""
    answer = zoho.control("people", {"organization_id": zoho.organization_id, "action": action, **edit})
    return answer[0] if isinstance(answer, list) else answer


def compare(app: App, wanted: Wanted = Wanted(), /) -> Run:  # noqa: B008 - frozen
    """One comparison of the default organization."""
    organization = app.services.zoho.default_organization()
    run_id = workflow.open_run(app.services, organization, wanted)
    return workflow.carry_out(app.services, organization, wanted, run_id)


def kinds(run: Run, /) -> dict[str, list[str]]:
    """The subjects of each kind of difference."""
    found: dict[str, list[str]] = {}
    for each in run.differences:
        found.setdefault(each.kind, []).append(str(each.detail.get("order_id") or each.detail.get("invoice_id") or ""))
    return found


def last(app: App, /) -> Run | None:
    """The last comparison of the default organization, as it is stored."""
    return actions.last_run(app.services, app.services.zoho.default_organization().organization_id)


def mirror(app: App, /) -> None:
    """Mirror everything anew, as a first sync does."""
    organization = app.services.zoho.default_organization()
    with app.services.db.transaction() as tx:
        for table in (*MIRRORED, *RECEIVABLE):
            tx.execute(sa.delete(table).where(table.c.organization_id == organization.organization_id))
    outcome = Sync(app.services.mirror, organization, Wish(entities=ENTITIES, full=True)).run()
    assert outcome.is_good, outcome
    app.services.clock.sleep(1)  # on a clock that stands still its calls would keep their places in the queue
