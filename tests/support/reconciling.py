"""A sandbox with orders invoiced by the real pipeline and a mirror of it, for tests of comparisons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.effects import keyfield
from bookbridge.features.reconcile import actions, workflow
from bookbridge.features.reconcile.actions import Run, Wanted
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.money import round_half_up
from bookbridge.store import tables
from tests.support.app import an_order, send, settle
from tests.support.sandbox import Zoho

ENTITIES = ("contacts", "invoices", "creditnotes", "payments")


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


def mirror(app: App, zoho: Zoho, /) -> None:
    """Fill the mirror's tables with what the sandbox has now."""
    organization = app.services.zoho.default_organization()
    seen = app.services.clock.now()
    invoices = [_invoice(organization, row, seen) for row in _all(zoho, "invoices")]
    contacts = [_contact(organization, row, seen) for row in _all(zoho, "contacts")]
    db = app.services.db
    with db.transaction() as tx:
        for table in (
            tables.mirror_invoices,
            tables.mirror_contacts,
            tables.receivable_customers,
            tables.receivable_now,
        ):
            tx.execute(sa.delete(table).where(table.c.organization_id == organization.organization_id))
        tx.execute(sa.insert(tables.mirror_invoices), invoices) if invoices else None
        tx.execute(sa.insert(tables.mirror_contacts), contacts) if contacts else None
        _sums(tx, [row for row in invoices if row["is_open"]])
        watermark = max((row["modified_at"] for row in invoices), default=seen)
        state = {"organization_id": organization.organization_id, "watermark": watermark, "full_at": seen}
        rows = [{**state, "entity": name, "synced_at": seen} for name in ENTITIES]
        db.upsert(tx, tables.mirror_state, rows, key=["organization_id", "entity"])


def _all(zoho: Zoho, name: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    page = 1
    while True:
        answer = zoho.books("GET", f"/{name}", params={"page": page})
        body = jsondecode(answer.content)
        rows += body[name]
        if not body["page_context"]["has_more_page"]:
            return rows
        page += 1


def jsondecode(content: bytes, /) -> Any:
    """JSON with exact numbers."""
    import json

    return json.loads(content, parse_float=Decimal)


def _invoice(organization: Any, row: Mapping[str, Any], seen: datetime) -> dict[str, Any]:
    exponent = 0 if row["currency_code"] == "JPY" else 2
    rate = Decimal(row["exchange_rate"] or 1)
    total, balance = Decimal(row["total"]), Decimal(row["balance"])
    return {
        "organization_id": organization.organization_id, "invoice_id": row["invoice_id"],
        "number": row["invoice_number"], "reference": row["reference_number"],
        "key": keyfield.read(organization, row), "status": row["status"], "customer_id": row["customer_id"],
        "customer_name": row["customer_name"], "currency": row["currency_code"], "exponent": exponent,
        "rate": str(rate), "invoice_on": row["date"], "due_on": row["due_date"],
        "total_minor": int(total.scaleb(exponent)), "balance_minor": int(balance.scaleb(exponent)),
        "base_total_minor": _base(total, rate), "base_balance_minor": _base(balance, rate),
        "is_open": row["status"] not in ("draft", "void") and balance != 0, "payload": {},
        "modified_at": datetime.strptime(row["last_modified_time"], "%Y-%m-%dT%H:%M:%S%z"), "seen_at": seen,
    }  # fmt: skip


def _base(amount: Decimal, rate: Decimal) -> int:
    return int(round_half_up(amount * rate, exponent=2).scaleb(2))


def _contact(organization: Any, row: Mapping[str, Any], seen: datetime) -> dict[str, Any]:
    return {
        "organization_id": organization.organization_id, "contact_id": row["contact_id"],
        "contact_type": row["contact_type"], "name": row["contact_name"], "currency": row["currency_code"],
        "receivable_minor": int(Decimal(row["outstanding_receivable_amount"]) * 100),
        "base_receivable_minor": int(Decimal(row["outstanding_receivable_amount_bcy"]) * 100),
        "credits_minor": int(Decimal(row["unused_credits_receivable_amount"]) * 100),
        "base_credits_minor": int(Decimal(row["unused_credits_receivable_amount_bcy"]) * 100),
        "payload": {}, "seen_at": seen,
    }  # fmt: skip


def _sums(tx: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    for table, groups in (
        (tables.receivable_customers, [("customer_id", {}, "customer_id")]),
        (
            tables.receivable_now,
            [("key_on", {"basis": "due"}, "due_on"), ("key_on", {"basis": "invoice"}, "invoice_on")],
        ),
    ):
        for column, more, name in groups:
            sums: dict[tuple[str, str], list[int]] = {}
            for row in rows:
                had = sums.setdefault((row[name], row["currency"]), [0, 0, 0])
                sums[row[name], row["currency"]] = [
                    had[0] + 1, had[1] + row["balance_minor"], had[2] + row["base_balance_minor"]
                ]  # fmt: skip
            values = [
                {"organization_id": rows[0]["organization_id"], column: key, "currency": currency, **more,
                 "opened": count, "minor": minor, "base_minor": base}
                for (key, currency), (count, minor, base) in sums.items()
            ]  # fmt: skip
            if values:
                tx.execute(sa.insert(table), values)
