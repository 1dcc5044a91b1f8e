"""A fill writes books that agree with themselves, as if the API had been used for months."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.sandbox.books import documents, seed
from bookbridge.sandbox.books.invoices_status import balance, status
from bookbridge.sandbox.books.seed import internal_call
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.fill import Plan, fill
from bookbridge.sandbox.fill.plan import MIX
from bookbridge.sandbox.state import Org, World
from tests.contract.sandbox.books.consistency import check_books
from tests.support.sandbox import Zoho

NOW = datetime(2026, 9, 15, 20, 0, tzinfo=UTC)


def filled(plan: Plan, *, settings: dict[str, Any] | None = None) -> tuple[World, Org]:
    """A world without HTTP and its one organization, filled."""
    world = World(clock=SandboxClock(start_at=NOW, scale=0))
    info = {"name": "Demo", "currency_code": "USD", "time_zone": "America/New_York"}
    org = world.add_org(organization_id="10000001", region="us", info=info)
    seed.seed_org(world, org, settings)
    fill(world, plan)
    return world, org


@pytest.fixture(scope="module")
def books() -> tuple[World, Org]:
    """400 invoices over 18 months."""
    return filled(Plan(invoices=400, months=18, seed=1, credit_notes=40))


def test_filled_books_agree_with_themselves(books: tuple[World, Org]) -> None:
    """Balances, paid sums, unused credits and numbers, as after any sequence of calls."""
    check_books(books[1])


def test_filled_figures_are_those_the_handlers_compute(books: tuple[World, Org]) -> None:
    """Computing an invoice again from its lines changes nothing, taxes and base amounts included."""
    world, org = books
    call = internal_call(world, org, "PUT", "/", {}, by="test")
    for invoice in org.table("invoices").values():
        again = deepcopy(invoice)
        documents.calculate(call, again)
        assert again == invoice


def test_everything_that_can_happen_to_an_invoice_happens(books: tuple[World, Org]) -> None:
    """Every status, several payments, one payment of several invoices, credits, refunds, write-off, currencies."""
    world, org = books
    call = internal_call(world, org, "GET", "/", {}, by="test")
    invoices = list(org.table("invoices").values())
    payments = list(org.table("customerpayments").values())
    notes = list(org.table("creditnotes").values())
    assert {status(call, one) for one in invoices} >= {"draft", "void", "paid", "overdue", "sent", "partially_paid"}
    assert any(len(one.get("_payment_rows", {})) > 1 for one in invoices)
    assert any(len(one["_applied"]) > 1 for one in payments)
    assert any(one["write_off_amount"] for one in invoices)
    assert any(one["unused_amount"] and not one["_applied"] for one in payments)
    assert any(one["_refunds"] for one in payments)
    assert any(one["_refunds"] for one in notes)
    assert {one["_state"] for one in notes} >= {"open", "closed", "draft"}
    codes = Counter(org.table("currencies")[one["currency_id"]]["currency_code"] for one in invoices)
    assert set(codes) == {"USD", "EUR", "JPY"}
    assert all(one["total"] == one["total"].to_integral_value() for one in invoices if _code(org, one) == "JPY")
    assert len({one["exchange_rate"] for one in invoices if _code(org, one) == "EUR"}) > 6
    bought = Counter(one["customer_id"] for one in invoices).most_common()
    assert bought[0][1] > 4 * bought[-1][1], "customers buy about equally often"
    assert len(org.table("expenses")) == 40
    assert len(invoices) == 400


def _code(org: Org, record: dict[str, Any]) -> str:
    return str(org.table("currencies")[record["currency_id"]]["currency_code"])


def test_times_are_those_of_the_events(books: tuple[World, Org]) -> None:
    """Records are created over the months in the order of their ids; an invoice changed last when it was paid last."""
    world, org = books
    invoices = list(org.table("invoices").values())
    created = [one["_born_s"] for one in invoices]
    assert created == sorted(created)
    assert [one["invoice_id"] for one in invoices] == sorted(one["invoice_id"] for one in invoices)
    assert min(created) < NOW.timestamp() - 15 * 30 * 86400
    assert max(one["_modified_at"] for one in invoices) <= NOW
    payments = org.table("customerpayments")
    for invoice in invoices:
        rows = set(invoice.get("_payment_rows", {}).values())
        last = max((payments[one]["_born_s"] for one in rows), default=0.0)
        assert invoice["_modified_at"].timestamp() >= max(last, invoice["_born_s"]) - 1
    assert world.clock.now() == NOW


def test_every_event_has_its_line_in_the_commit_log(books: tuple[World, Org]) -> None:
    """Times ascend; each record has a line of its creation with its total, each deletion one without a record left."""
    world, org = books
    assert [one.at for one in world.commits] == sorted(one.at for one in world.commits)
    assert [one.seq for one in world.commits] == list(range(1, len(world.commits) + 1))
    made = {one.id: one for one in world.commits if (one.method, one.path) == ("POST", "/invoices")}
    for invoice_id, invoice in org.table("invoices").items():
        assert (made[invoice_id].total, made[invoice_id].number) == (invoice["total"], invoice["invoice_number"])
    gone = {one.id for one in world.commits if one.method == "DELETE"}
    assert gone
    assert not gone & (set(org.table("invoices")) | set(org.table("customerpayments")))


def test_the_same_seed_fills_the_same_books() -> None:
    """Equal seeds and clocks give equal records, another seed gives others; a fill on top stays consistent."""
    first, second, other = (filled(Plan(invoices=30, seed=seed))[1] for seed in (1, 1, 2))
    assert first.tables == second.tables
    assert first.tables != other.tables
    world, org = filled(Plan(invoices=30))
    fill(world, Plan(invoices=30, seed=3))
    assert len(org.table("invoices")) == 60
    check_books(org)
    created = [one["_born_s"] for one in org.table("invoices").values()]
    assert created == sorted(created)


@pytest.mark.parametrize("settings", [{"tax_rounding": "item_level"}, {"transaction_rounding_type": "round_to_dollar"}])
def test_an_organization_that_rounds_otherwise_is_filled_by_its_rules(settings: dict[str, Any]) -> None:
    """The fast arithmetic is used only where it is the organization's own."""
    world, org = filled(Plan(invoices=40), settings=settings)
    call = internal_call(world, org, "PUT", "/", {}, by="test")
    for invoice in org.table("invoices").values():
        again = deepcopy(invoice)
        documents.calculate(call, again)
        assert again["total"] == invoice["total"]
    check_books(org)


@pytest.mark.parametrize("story", list(MIX))
def test_a_fill_of_one_story_alone_is_possible(story: str) -> None:
    """``mix`` replaces the weights."""
    _, org = filled(Plan(invoices=12, mix={**dict.fromkeys(MIX, 0), story: 1}))
    check_books(org)
    assert len(org.table("invoices")) == (12 if story != "deleted" else 0) or story == "deleted"


def test_tax_withheld_from_payments_settles_invoices_too() -> None:
    """``withheld`` per cent of the rows: the invoice is settled by both parts, the payment holds only the first."""
    _, org = filled(Plan(invoices=40, withheld=60, seed=2))
    check_books(org)
    rows = [row for payment in org.table("customerpayments").values() for row in payment["_applied"]]
    assert any(row["tax_amount_withheld"] for row in rows)
    assert all(one["_paid"] + one["_withheld"] <= one["total"] for one in org.table("invoices").values())
    assert any(one["_withheld"] and balance(one) == 0 for one in org.table("invoices").values())


def test_a_fill_over_http_answers_how_much_there_is(zoho: Zoho) -> None:
    """``POST /_sandbox/fill``; lists then page through the records; the organization is the one named."""
    body = {"organization_id": zoho.organization_id, "invoices": 30, "months": 3, "seed": 9, "currencies": ["GBP"]}
    answer = zoho.control("fill", body)
    assert answer["invoices"] == 30
    page = zoho.books("GET", "/invoices", params={"per_page": "7"}).json(parse_float=Decimal)
    assert len(page["invoices"]) == 7
    assert page["page_context"]["has_more_page"] is True
    contacts = zoho.books("GET", "/contacts").json(parse_float=Decimal)["contacts"]
    listed = zoho.books("GET", "/invoices").json(parse_float=Decimal)["invoices"]
    owed = sum(
        row["balance"] for row in listed if row["status"] not in ("draft", "void") and row["currency_code"] == "USD"
    )
    assert owed == sum(one["outstanding_receivable_amount"] for one in contacts if one["currency_code"] == "USD")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"invoice": 3}, "invoices"),
        ({"invoices": "3"}, "invoices"),
        ({"months": 0}, "months"),
        ({"mix": {"stolen": 1}}, "stolen"),
        ({"currencies": ["XXX"]}, "XXX"),
        ({"organization_id": "7"}, "7"),
    ],
)
def test_a_fill_that_cannot_be_done_says_what_is_wrong(zoho: Zoho, body: dict[str, Any], word: str) -> None:
    """The member and what it takes, and nothing is written."""
    answer = zoho.http.post("/_sandbox/fill", json=body)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
    assert zoho.control("commits") == []
