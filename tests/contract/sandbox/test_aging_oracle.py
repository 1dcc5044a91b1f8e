"""The straight recomputation of aging from the commit log, itself beside figures that are known."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.sandbox.books import seed
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.fill import Plan, fill
from bookbridge.sandbox.state import World
from tests.contract.sandbox.books.conftest import Books, books
from tests.support.aging_oracle import BASE, Aging, aging

__all__ = ["books"]


class Told(Books):
    """Books whose commit log is read with its facts."""

    def aging(self, day: str, *, by: str = "due_date") -> Aging:
        """The aging of a day."""
        answer = self.zoho.http.get("/_sandbox/commits?facts=true")
        commits = [json.loads(line, parse_float=Decimal) for line in answer.text.splitlines()]
        return aging(commits, date.fromisoformat(day), by=by, organization_id=self.zoho.organization_id)

    def on(self, day: str) -> None:
        """Go to a day."""
        self.zoho.control("clock", {"set": f"{day}T16:00:00+00:00", "scale": 0})


@pytest.fixture
def told(books: Books) -> Iterator[Told]:
    """The fresh sandbox's books, on 2026-01-10."""
    found = Told(books.zoho)
    found.on("2026-01-10")
    yield found


def spread(aged: Aging, currency: str = BASE) -> dict[str, tuple[int, Decimal]]:
    """The buckets that hold something."""
    return {name: cell for name, cell in aged.buckets.get(currency, {}).items() if cell[0]}


def test_an_invoice_is_open_from_its_date_until_it_is_paid(told: Told) -> None:
    """Past days see what was open then; drafts do not count; buckets follow the due date or the invoice's."""
    customer = told.contact()["contact_id"]
    sent = told.invoice(customer, "100", date="2026-01-10", due_date="2026-01-20")
    told.invoice(customer, "7")
    told.call("POST", f"/invoices/{sent['invoice_id']}/status/sent")
    told.on("2026-03-01")
    rows = [{"invoice_id": sent["invoice_id"], "amount_applied": 40}]
    told.call(
        "POST", "/customerpayments", {"customer_id": customer, "amount": 60, "date": "2026-02-25", "invoices": rows}
    )
    assert spread(told.aging("2026-01-09")) == {}
    assert spread(told.aging("2026-01-20")) == {"current": (1, 100)}
    assert spread(told.aging("2026-01-21")) == {"1-30": (1, 100)}
    assert spread(told.aging("2026-02-24")) == {"31-60": (1, 100)}
    assert spread(told.aging("2026-02-25")) == {"31-60": (1, 60)}
    assert spread(told.aging("2026-02-25", by="invoice_date")) == {"31-60": (1, 60)}
    assert told.aging("2026-02-25").credits == {("payment", "USD"): (1, 20), ("payment", BASE): (1, 20)}
    assert spread(told.aging("2026-04-21")) == {"90+": (1, 60)}


def test_write_offs_credits_voids_and_deletions_count_on_their_days(told: Told) -> None:
    """A credit on the day it is applied, a write-off on the day it is done and not once it is cancelled."""
    customer = told.contact()["contact_id"]
    ids = [told.invoice(customer, "100", date="2026-01-10", due_date="2026-01-10")["invoice_id"] for _ in range(4)]
    for invoice_id in ids:
        told.call("POST", f"/invoices/{invoice_id}/status/sent")
    line = {"line_items": [{"name": "Back", "rate": 30}]}
    note = told.call("POST", "/creditnotes", {"customer_id": customer, **line}, status=201)["creditnote"]
    told.on("2026-01-15")
    applied = {"invoices": [{"invoice_id": ids[0], "amount_applied": 25}]}
    told.call("POST", f"/creditnotes/{note['creditnote_id']}/invoices", applied)
    told.call("POST", f"/invoices/{ids[1]}/writeoff")
    told.on("2026-01-16")
    told.call("POST", f"/invoices/{ids[2]}/status/void")
    told.call("DELETE", f"/invoices/{ids[3]}")
    assert spread(told.aging("2026-01-14")) == {"1-30": (2, 200)}
    assert told.aging("2026-01-14").credits["creditnote", BASE] == (1, 30)
    assert spread(told.aging("2026-01-15")) == {"1-30": (1, 75)}
    assert told.aging("2026-01-15").credits["creditnote", BASE] == (1, 5)
    comments = told.call("GET", f"/invoices/{ids[1]}/comments")["comments"]
    assert (comments[0]["date"], comments[0]["description"]) == ("2026-01-15", "Invoice has been written off")
    told.call("POST", f"/invoices/{ids[1]}/writeoff/cancel")
    assert spread(told.aging("2026-01-16")) == {"1-30": (2, 175)}


def test_the_log_says_nothing_of_facts_unless_it_is_asked(told: Told) -> None:
    """Default rows are as they always were; with ``facts=true`` each touched document is there."""
    customer = told.contact()["contact_id"]
    invoice = told.invoice(customer, "100")
    assert all("facts" not in row for row in told.zoho.control("commits"))
    made = told.zoho.control("commits?facts=true")[-1]["facts"]
    assert [(row["resource"], row["id"], row["status"]) for row in made] == [
        ("invoices", invoice["invoice_id"], "draft")
    ]
    rows = [{"invoice_id": invoice["invoice_id"], "amount_applied": 40}]
    told.call("POST", "/customerpayments", {"customer_id": customer, "amount": 60, "invoices": rows})
    paid = told.zoho.control("commits?facts=true")[-1]["facts"]
    assert {(row["resource"], row.get("status")) for row in paid} == {("customerpayments", None), ("invoices", "open")}
    told.call("DELETE", f"/customerpayments/{paid[0]['id']}")
    gone = told.zoho.control("commits?facts=true")[-1]["facts"]
    assert {"resource": "customerpayments", "id": paid[0]["id"], "deleted": True} in gone


def test_todays_aging_is_what_the_contacts_of_a_fill_owe() -> None:
    """Per customer and currency, with unused credits; and past days change only by what happened since."""
    now = datetime(2026, 9, 15, 20, 0, tzinfo=UTC)
    world = World(clock=SandboxClock(start_at=now, scale=0))
    info = {"name": "Demo", "currency_code": "USD", "time_zone": "America/New_York"}
    org = world.add_org(organization_id="10000001", region="us", info=info)
    seed.seed_org(world, org)
    fill(world, Plan(invoices=150, months=9, seed=8))
    commits: list[dict[str, Any]] = [
        {"facts": commit.facts, "organization_id": commit.organization_id} for commit in world.commits
    ]
    today = date(2026, 9, 15)
    aged = aging(commits, today)
    for contact_id, contact in org.table("contacts").items():
        owed = sum(
            (amount for key, cells in aged.customers.get(contact_id, {}).items() if key
             for _, amount in cells.values()),
            Decimal(0),
        )  # fmt: skip
        in_base = sum((amount for _, amount in aged.customers.get(contact_id, {}).get(BASE, {}).values()), Decimal(0))
        assert (contact["_receivable"], contact["_receivable_bcy"]) == (owed, in_base)
    unused = sum((contact["_credits_bcy"] for contact in org.table("contacts").values()), Decimal(0))
    assert unused == sum((cell[1] for key, cell in aged.credits.items() if key[1] == BASE), Decimal(0))
    assert set(aged.buckets) == {BASE, "USD", "EUR", "JPY"}
    totals = [aging(commits, today - timedelta(days=30 * months)).total() for months in range(11)]
    assert totals[-1] == 0
    assert len(set(totals)) > 8
