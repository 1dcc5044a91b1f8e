"""The undocumented reports: nested as public programs read them, and adding up (FACTS 6)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.sandbox.books import ROUTES, seed
from bookbridge.sandbox.books.ledger import entries
from bookbridge.sandbox.call import Call
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.fill import Plan, fill
from bookbridge.sandbox.routing import Router
from bookbridge.sandbox.state import World
from tests.contract.sandbox.books.conftest import JSON, Books
from tests.support.aging_oracle import BASE, aging

NOW = datetime(2026, 9, 15, 20, 0, tzinfo=UTC)


class Filled:
    """A filled organization and its reports, without HTTP."""

    def __init__(self) -> None:
        self.world = World(clock=SandboxClock(start_at=NOW, scale=0))
        info = {"name": "Demo", "currency_code": "USD", "time_zone": "America/New_York"}
        self.org = self.world.add_org(organization_id="10000001", region="us", info=info)
        seed.seed_org(self.world, self.org)
        fill(self.world, Plan(invoices=120, months=8, seed=4))
        self._router = Router(ROUTES)

    def report(self, name: str, **query: str) -> JSON:
        """One report."""
        match = self._router.match("GET", f"/reports/{name}")
        now = self.world.org_now(self.org)
        body = match.route.handler(Call(self.world, self.org, now, "GET", f"/reports/{name}", {}, query, {}, {})).body
        assert isinstance(body, dict)
        return body

    def call(self) -> Call:
        """A call without a path."""
        return Call(self.world, self.org, self.world.org_now(self.org), "GET", "/", {}, {}, {}, {})


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    """120 invoices over eight months."""
    yield Filled()


def named(rows: list[JSON], *names: str) -> JSON:
    """The row at the end of a way of names."""
    row: JSON = {"account_transactions": rows}
    for name in names:
        row = next(one for one in row["account_transactions"] if one["name"] == name)
    return row


@pytest.mark.parametrize("cash", [False, True])
def test_every_document_is_posted_with_equal_debits_and_credits(filled: Filled, cash: bool) -> None:
    """On both bases, to the last digit, though rates change between invoice and payment."""
    sums: dict[str, Decimal] = {}
    for entry in entries(filled.call(), cash_based=cash):
        sums[entry.record_id] = sums.get(entry.record_id, Decimal(0)) + entry.amount
    assert sums
    assert set(sums.values()) == {Decimal(0)}


@pytest.mark.parametrize("cash", ["false", "true"])
def test_the_statements_agree_with_each_other(filled: Filled, cash: str) -> None:
    """Assets are liabilities and equities; the trial balance is even; cash flow ends at the balance sheet's cash."""
    sheet = filled.report("balancesheet", to_date="2026-06-30", cash_based=cash)["balance_sheet"]
    assert sheet[0]["total"] == sheet[1]["total"] != 0
    trial = filled.report("trialbalance", to_date="2026-06-30", cash_based=cash)
    assert trial["debit_total"] == trial["credit_total"] > 0
    flow = filled.report("cashflow", from_date="2026-04-01", to_date="2026-06-30", cash_based=cash)["cash_flow"]
    current = named(sheet, "Assets", "Current Assets")["account_transactions"]
    held = sum(row["total"] for row in current if row["name"] in ("Cash", "Bank"))
    assert named(flow, "Ending Cash Balance")["total"] == held
    loss = filled.report("profitandloss", from_date="2000-01-01", to_date="2026-06-30", cash_based=cash)
    net = named(loss["profit_and_loss"], "Net Profit/Loss")["total"]
    earned = named(sheet, "Liabilities & Equities", "Equities", "Current Year Earnings")["total"]
    assert net == earned


def test_receivables_are_the_same_in_every_report(filled: Filled) -> None:
    """Aging summary and details, customer balances and the straight recomputation, today and on a past day."""
    commits: list[dict[str, Any]] = [
        {"facts": one.facts, "organization_id": "10000001"} for one in filled.world.commits
    ]
    for on in ("2026-09-15", "2026-05-31"):
        straight = aging(commits, date.fromisoformat(on))
        summary = filled.report("aragingsummary", report_date=on, interval_range="30", number_of_columns="4")
        rows = summary["ar_aging_summary"][0]["invoiceagingsummary"]
        assert sum(row["total"] for row in rows) == straight.total()
        cells = straight.buckets[BASE]
        assert sum(row["current"] for row in rows) == cells["current"][1]
        columns = [sum(row["intervals"][place]["amount"] for row in rows) for place in range(4)]
        assert columns == [cells[name][1] for name in ("1-30", "31-60", "61-90", "90+")]
        details = filled.report("aragingdetails", report_date=on)["invoiceaging"][0]
        assert details["amount"] == straight.total()
        balances = filled.report("customerbalancesummary", from_date="2000-01-01", to_date=on)
        assert sum(row["closing_balance"] for row in balances["customer_balance_summary"]) == straight.total()


def test_transactions_and_stock_are_listed(filled: Filled) -> None:
    """Pages of entries with what public programs read; items with their quantities."""
    answer = filled.report("accounttransaction", from_date="2000-01-01", to_date="2026-09-15", per_page="50", page="2")
    rows = answer["account_transactions"][0]["account_transactions"]
    assert len(rows) == 50
    assert answer["page_context"]["has_more_page"] is True
    assert {"date", "account_name", "transaction_id", "debit", "credit", "net_amount", "account"} <= set(rows[0])
    assert len(filled.report("inventorysummary", from_date="2026-01-01")["inventory_summary"]) == 40
    assert "asset_value" in filled.report("inventoryvaluation")["inventory_valuation"][0]


def test_profit_and_loss_is_nested_as_public_programs_read_it(books: Books) -> None:
    """Income when invoiced, on a cash basis when paid; the scope is a switch, and so is whether they answer."""
    customer = books.contact()["contact_id"]
    invoice = books.invoice(customer, "100", date="2026-03-05")
    books.call("POST", f"/invoices/{invoice['invoice_id']}/status/sent")
    rows = [{"invoice_id": invoice["invoice_id"], "amount_applied": 40}]
    body = {"customer_id": customer, "amount": 40, "date": "2026-04-02", "invoices": rows}
    books.call("POST", "/customerpayments", body)

    def income(**query: str) -> Decimal:
        found = books.call("GET", "/reports/profitandloss", **query)["profit_and_loss"]
        total: Decimal = named(found, "Gross Profit", "Operating Income")["total"]
        return total

    march, april = (
        {"from_date": "2026-03-01", "to_date": "2026-03-31"},
        {"from_date": "2026-04-01", "to_date": "2026-04-30"},
    )
    assert (income(**march), income(**april)) == (100, 0)
    assert (income(**march, cash_based="true"), income(**april, cash_based="true")) == (0, 40)
    books.switch(reports_answered=False)
    assert books.refused("GET", "/reports/profitandloss")[:2] == (404, 5)
