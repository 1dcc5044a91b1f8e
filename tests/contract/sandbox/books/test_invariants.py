"""Whatever is done in whatever order, the sandbox's books stay consistent."""

from contextlib import suppress
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from bookbridge.sandbox.books import ROUTES, seed
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.call import Call, ZohoFault
from bookbridge.sandbox.routing import Router
from bookbridge.sandbox.state import World
from tests.contract.sandbox.books.consistency import check_books

ROUTER = Router(ROUTES)
ORG = "10000001"


class Ledger:
    """A world without HTTP and random changes in it."""

    def __init__(self, seed_number: int, *, strict: bool = False) -> None:
        self.strict = strict
        self.world = World()
        info = {"name": "Demo", "currency_code": "USD", "time_zone": "America/New_York"}
        self.org = self.world.add_org(organization_id=ORG, region="us", info=info)
        seed.seed_org(self.world, self.org)
        self.random = Random(seed_number)
        names = ("Rent Expense", "Business Checking")
        self.rent, self.checking = (account_named(self.org, name)["account_id"] for name in names)
        self.changes = 0

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """One call; None when it is refused, and then nothing may have been committed."""
        match = ROUTER.match(method, path)
        commits = len(self.world.commits)
        before = repr(self.org.tables) if self.strict else ""
        now = self.world.org_now(self.org)
        call = Call(self.world, self.org, now, method, path, dict(match.ids), {}, body or {}, {})
        try:
            reply = match.route.handler(call)
        except ZohoFault:
            assert len(self.world.commits) == commits, "a refused call committed"
            assert not self.strict or repr(self.org.tables) == before, f"{method} {path} left a trace"
            return None
        assert len(self.world.commits) == commits + (method != "GET"), f"{method} {path}"
        assert isinstance(reply.body, dict)
        return reply.body

    def answered(self, method: str, path: str, body: dict[str, Any]) -> None:
        """One call that must be answered or refused; several commits are fine (bulk operations)."""
        match = ROUTER.match(method, path)
        now = self.world.org_now(self.org)
        with suppress(ZohoFault):
            match.route.handler(Call(self.world, self.org, now, method, path, dict(match.ids), {}, body, {}))

    def any_id(self, table: str) -> str:
        """The id of some record."""
        ids = list(self.org.table(table))
        return self.random.choice(ids) if ids else "1"

    def step(self) -> None:
        """One random change."""
        amount = str(Decimal(self.random.randint(1, 5000)) / 100)
        invoice, payment, note = (self.any_id(one) for one in ("invoices", "customerpayments", "creditnotes"))
        customer = self.org.table("invoices").get(invoice, {}).get("customer_id") or self.any_id("contacts")
        line = {"line_items": [{"name": "x", "rate": amount, "quantity": self.random.randint(1, 3)}]}
        applied = {"invoices": [{"invoice_id": invoice, "amount_applied": amount}]}
        choices = [
            ("POST", "/contacts", {"contact_name": f"C{self.random.randint(0, 9)}"}),
            ("POST", "/invoices", {"customer_id": self.any_id("contacts"), **line}),
            ("PUT", f"/invoices/{invoice}", line),
            ("POST", f"/invoices/{invoice}/status/{self.random.choice(['sent', 'void', 'draft'])}", {}),
            ("POST", f"/invoices/{invoice}/writeoff{self.random.choice(['', '/cancel'])}", {}),
            ("DELETE", f"/invoices/{invoice}", {}),
            ("POST", "/customerpayments", {"customer_id": customer, "amount": amount, **applied}),
            ("POST", "/customerpayments", {"customer_id": customer, "amount": amount}),
            ("PUT", f"/customerpayments/{payment}", applied),
            ("DELETE", f"/customerpayments/{payment}", {}),
            ("POST", "/creditnotes", {"customer_id": customer, **line}),
            ("POST", f"/creditnotes/{note}/invoices", applied),
            ("POST", f"/creditnotes/{note}/status/void", {}),
            ("DELETE", f"/creditnotes/{note}", {}),
            ("POST", f"/invoices/{invoice}/credits", {
                "invoice_payments": [{"payment_id": payment, "amount_applied": "0.5"}]}),
        ]  # fmt: skip
        self.call(*self.random.choice([*choices, *self.purchases(amount)]))

    def purchases(self, amount: str) -> list[tuple[str, str, dict[str, Any]]]:
        """What can happen with vendors."""
        bill, payment = self.any_id("bills"), self.any_id("vendorpayments")
        vendor = self.org.table("bills").get(bill, {}).get("vendor_id") or self.any_id("contacts")
        line = {"line_items": [{"account_id": self.rent, "rate": amount}]}
        applied = {"bills": [{"bill_id": bill, "amount_applied": amount}]}
        number = f"B{self.random.randint(0, 40)}"
        return [
            ("POST", "/vendors", {"contact_name": f"V{self.random.randint(0, 5)}"}),
            ("POST", "/bills", {"vendor_id": vendor, "bill_number": number, **line}),
            ("PUT", f"/bills/{bill}", {**line, "bill_number": number}),
            ("POST", f"/bills/{bill}/status/{self.random.choice(['open', 'void'])}", {}),
            ("DELETE", f"/bills/{bill}", {}),
            ("POST", "/vendorpayments", {"vendor_id": vendor, "amount": amount, **applied}),
            ("PUT", f"/vendorpayments/{payment}", {"amount": amount, "bills": []}),
            ("POST", f"/bills/{bill}/credits", {"bill_payments": [{"payment_id": payment, "amount_applied": "0.5"}]}),
            ("POST", f"/vendorpayments/{payment}/refunds", {
                "date": "2026-01-01", "amount": "0.25", "to_account_id": self.checking}),
            ("DELETE", f"/vendorpayments/{payment}", {}),
        ]  # fmt: skip


@pytest.mark.parametrize("seed_number", range(6))
def test_balances_agree_after_any_sequence_of_changes(seed_number: int) -> None:
    """Receivables, credits, paid sums and numbers agree; a refusal commits nothing, a change exactly one line."""
    ledger = Ledger(seed_number)
    for _ in range(500):
        ledger.step()
    check_books(ledger.org)
    assert len(ledger.world.commits) > 50


def test_a_refusal_leaves_no_trace() -> None:
    """After a refused call every table is as it was, to the last field."""
    ledger = Ledger(99, strict=True)
    for _ in range(250):
        ledger.step()
    check_books(ledger.org)
