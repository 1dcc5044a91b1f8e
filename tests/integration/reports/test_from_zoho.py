"""From Zoho to a report: what people do in the books stands in the reports after a sync, without a call of theirs."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from bookbridge.bootstrap import App
from bookbridge.features.reports import REPORTS, actions
from bookbridge.kernel.money import Money
from tests.support.mirror import customer, invoice, mirrored, payment, synced, zoho_without_limits
from tests.support.sandbox import Zoho

YEAR = {"from": "2026-01-01", "to": "2026-12-31"}


def rows(app: App, name: str, **params: str) -> list[dict[str, Any]]:
    """The rows of a report over the year, amounts as decimals."""
    organization = app.services.zoho.default_organization()
    answer = actions.ask(app.services, organization, name, {**YEAR, "group_by": "none", **params})
    assert answer.table.as_of is not None, answer.table.notes
    found = actions.as_json(answer)["rows"]
    assert isinstance(found, list)
    return found


def account(zoho: Zoho, name: str) -> str:
    """The id of an account."""
    listed = zoho.books("GET", "/chartofaccounts").json()["chartofaccounts"]
    return next(str(each["account_id"]) for each in listed if each["account_name"] == name)


def trade(zoho: Zoho) -> tuple[str, str]:
    """Two invoices, a part paid, one credited, an expense and a bill, all in 2026; an invoice and a payment of them."""
    ann = customer(zoho)
    first = invoice(zoho, ann, rate=12.5, date="2026-03-02")
    invoice(zoho, ann, rate=0.1, date="2026-03-31")
    invoice(zoho, ann, rate=99, date="2026-03-31", sent=False)
    paid = payment(zoho, ann, 10, "2026-04-01", **{f"i{first}": 10})
    note = {"customer_id": ann, "date": "2026-04-02", "line_items": [{"name": "Tea", "rate": 4, "quantity": 1}]}
    zoho.books("POST", "/creditnotes", json=note)
    rent = account(zoho, "Rent Expense")
    spent = {
        "account_id": rent,
        "paid_through_account_id": account(zoho, "Petty Cash"),
        "amount": 7,
        "date": "2026-04-03",
    }
    assert zoho.books("POST", "/expenses", json=spent).status_code == 201
    vendor = customer(zoho, "Landlord", contact_type="vendor")
    bill = {
        "vendor_id": vendor,
        "bill_number": "B-1",
        "date": "2026-04-04",
        "line_items": [{"account_id": rent, "rate": 50}],
    }
    assert zoho.books("POST", "/bills", json=bill).status_code == 201
    return first, paid


def test_what_happens_in_zoho_stands_in_the_reports(database_url: str, tmp_path: Path) -> None:
    """After a sync every report agrees with the books; a voided invoice and a deleted payment leave them again."""
    with zoho_without_limits() as zoho, mirrored(zoho, database_url, tmp_path) as app:
        first, paid = trade(zoho)
        synced(app, lines=True)
        asked = len(zoho.control("requests"))
        assert rows(app, "summary") == [
            {
                "invoiced": Decimal("25.20"), "credited": Decimal("4.00"), "received": Decimal("10.00"),
                "refunded": Decimal("0.00"), "expenses": Decimal("7.00"), "bills": Decimal("50.00"),
                "net": Decimal("-35.80"), "outstanding": Decimal("15.20"),
            }
        ]  # fmt: skip
        assert rows(app, "cash", group_by="mode")[0]["received"] == Decimal(0)
        assert [(row["mode"], row["received"]) for row in rows(app, "cash", group_by="mode")][-1] == ("cash", 10)
        [sold] = rows(app, "sales-by-item")
        assert (sold["item_name"], sold["quantity"], sold["sales"]) == ("Tea", 4, Decimal("25.20"))
        [ann] = rows(app, "sales-by-customer")
        assert (ann["customer_name"], ann["invoices"], ann["sales"]) == ("Ann Lee", 2, Decimal("21.20"))
        spent = {(row["category"], row["source"]): row["spent"] for row in rows(app, "expenses-by-category")}
        assert spent == {("Rent Expense", "bill"): 50, ("Rent Expense", "expense"): 7}
        assert len(zoho.control("requests")) == asked

        assert zoho.books("DELETE", f"/customerpayments/{paid}").status_code == 200
        assert zoho.books("POST", f"/invoices/{first}/status/void").status_code == 200
        synced(app, thorough=True)
        [left] = rows(app, "summary")
        assert (left["invoiced"], left["received"], left["outstanding"]) == (Decimal("0.20"), 0, Decimal("0.20"))
        for report in REPORTS:
            answer = actions.ask(app.services, app.services.zoho.default_organization(), report.name, YEAR)
            assert any(isinstance(cell, Money) for cell in answer.table.totals)
