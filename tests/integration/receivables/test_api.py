"""Aging by HTTP and as a command; the list of invoices from the mirror."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bookbridge.cli.main import execute
from bookbridge.kernel.clock import FixedClock
from bookbridge.mirror import receivables
from bookbridge.store import tables
from tests.support import mirrored, web
from tests.support.web import Site

NOW = datetime(2026, 4, 2, 3, 0, tzinfo=UTC)
"""The evening of April 1 in New York."""

WRONG = (
    ("/api/receivables/aging?as_of=2026-13-01", "as_of"),
    ("/api/receivables/aging?as_of=x", "as_of"),
    ("/api/receivables/aging?by=size", "by"),
    ("/api/receivables/aging?currency=ZZZ", "currency"),
    ("/api/invoices?source=mirror&item_id=5", "item_id"),
    ("/api/invoices?source=cache", "source"),
    ("/api/invoices?status=late", "status"),
    ("/api/invoices?page=0", "page"),
    ("/api/invoices?per_page=1000", "per_page"),
    ("/api/invoices?date_start=soon", "date_start"),
    ("/api/invoices?sort_order=up", "sort_order"),
    ("/api/invoices?source=mirror&sort_column=created_time", "sort_column"),
)


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A connected organization with nothing mirrored."""
    monkeypatch.setenv("BOOKBRIDGE_HOME", str(tmp_path / "home"))
    made = web.build(sqlite_url, tmp_path / "home", clock=FixedClock(NOW))
    made.connect()
    with made.client:
        yield made
    made.app.close()


def _books(site: Site) -> None:
    """Two customers, two currencies, a draft, a void one, a payment nobody used."""
    db = site.app.services.db
    organization = mirrored.connect(db, mirrored.organization(grant_id="grant_1"))
    mirrored.mark_synced(db)
    payload = {"invoice_number": "INV-1", "date": "2026-01-10", "total": 100, "status": "sent", "line_items": [1]}
    rows = [
        mirrored.invoice("1", payload=payload, due_on="2026-04-01"),
        mirrored.invoice("2", due_on="2026-03-31", balance_minor=2_550),
        mirrored.invoice("3", customer_id="c2", customer_name="Grace", currency="EUR", rate="1.0825", total_minor=999),
        mirrored.invoice("4", status="draft"),
        mirrored.invoice("5", status="void"),
    ]
    with db.transaction() as tx:
        mirrored.put(db, tx, tables.mirror_invoices, rows)
        mirrored.put(db, tx, tables.mirror_payments, [mirrored.payment("p1", amount_minor=300)])
        receivables.rebuild(db, tx, organization.organization_id)


def test_aging_has_the_documented_shape(site: Site) -> None:
    """Buckets, totals as numbers, currencies, customers, credits apart, and how fresh it is."""
    _books(site)
    answer = site.client.get("/api/receivables/aging", headers=site.key("receivables:read"))
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.content, parse_float=Decimal)
    assert (found["as_of"], found["by"], found["currency"]) == ("2026-04-01", "due_date", "USD")
    assert [each["name"] for each in found["buckets"]] == ["current", "1-30", "31-60", "61-90", "90+"]
    assert [each["count"] for each in found["buckets"]] == [1, 1, 1, 0, 0]
    assert (found["total"], found["overdue"], found["count"]) == (Decimal("136.31"), Decimal("36.31"), 3)
    assert [(each["currency"], each["total"], each["base_total"]) for each in found["by_currency"]] == [
        ("EUR", Decimal("9.99"), Decimal("10.81")), ("USD", Decimal("125.50"), Decimal("125.50")),
    ]  # fmt: skip
    assert [(each["name"], each["total"]) for each in found["customers"]] == [
        ("Ada", Decimal("125.50")), ("Grace", Decimal("10.81")),
    ]  # fmt: skip
    assert (found["unapplied_credits"]["total"], found["unapplied_credits"]["count"]) == (Decimal("3.00"), 1)
    assert found["synced_at"].startswith("2026-04-01T12:00")


def test_a_past_day_and_one_currency(site: Site) -> None:
    """Before the invoice date nothing was owed; one currency is answered in that currency."""
    _books(site)
    headers = site.key("receivables:read")
    before = site.client.get("/api/receivables/aging?as_of=2026-01-09", headers=headers).json()
    euros = site.client.get("/api/receivables/aging?as_of=2026-01-10&currency=eur", headers=headers)
    assert (before["total"], before["customers"], before["by_currency"]) == (0, [], [])
    found = json.loads(euros.content, parse_float=Decimal)
    assert (found["currency"], found["total"], found["count"]) == ("EUR", Decimal("9.99"), 1)


def test_a_wrong_question_names_its_field(site: Site) -> None:
    """400 with the field and what to send; neither aging nor the list ignores anything silently."""
    _books(site)
    headers = site.key()
    for address, field in WRONG:
        answer = site.client.get(address, headers=headers)
        assert (answer.status_code, answer.json().get("field")) == (400, field), answer.text
        assert answer.json()["remedy"]


def test_without_a_mirror_the_answer_says_what_to_run(site: Site) -> None:
    """409 that names the command; the list of invoices by itself still asks Zoho."""
    answer = site.client.get("/api/receivables/aging", headers=site.key())
    assert (answer.status_code, answer.json()["code"]) == (409, "not_mirrored")
    assert "bookbridge sync" in answer.json()["detail"]
    listed = site.client.get("/api/invoices?source=mirror", headers=site.key())
    assert (listed.status_code, listed.json()["code"]) == (409, "not_mirrored")


def test_aging_needs_its_scope_and_a_connected_organization(site: Site) -> None:
    """403 without the scope, 404 for an organization the key may not see."""
    assert site.client.get("/api/receivables/aging", headers=site.key("orders:read")).status_code == 403
    answer = site.client.get("/api/receivables/aging?organization_id=77", headers=site.key("receivables:read"))
    assert answer.status_code == 404


def test_invoices_come_from_the_mirror_once_it_is_there(site: Site) -> None:
    """Without a source, with the guide's parameters: Zoho's rows with today's status, and a page context."""
    _books(site)
    headers = site.key("invoices:read")
    every = site.client.get("/api/invoices", headers=headers)
    assert every.status_code == 200, every.text
    context = every.json()["page_context"]
    assert (context["source"], context["total"], context["has_more_page"], context["per_page"]) == (
        "mirror", 5, False, 200,
    )  # fmt: skip
    late = site.client.get("/api/invoices?status=overdue&per_page=1&search_text=inv-", headers=headers).json()
    assert (late["page_context"]["total"], late["page_context"]["has_more_page"]) == (2, True)
    assert len(late["invoices"]) == 1
    first = site.client.get("/api/invoices?customer_id=c1&date_start=2026-01-10&sort_column=due_date", headers=headers)
    rows = json.loads(first.content, parse_float=Decimal)["invoices"]
    assert rows[0]["invoice_id"] == "1"
    assert (rows[0]["invoice_number"], rows[0]["balance"], "line_items" in rows[0]) == (
        "INV-1",
        Decimal("100.00"),
        False,
    )


def test_the_command_prints_a_table_and_json(site: Site, sqlite_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Buckets with a total, currencies, customers, credits, how fresh; ``--json`` is the API's answer."""
    _books(site)
    assert execute(["aging", "--database", sqlite_url, "--as-of", "2026-04-01"]) == 0
    said = capsys.readouterr().out
    for part in ("as of 2026-04-01, by due date, in USD", "136.31", "top customers", "Grace", "Unapplied credits",
                 "3.00", "In step with Zoho at 2026-04-01 12:00 UTC"):  # fmt: skip
        assert part in said
    assert execute(["aging", "--database", sqlite_url, "--json", "--by", "invoice_date", "--currency", "EUR"]) == 0
    assert json.loads(capsys.readouterr().out, parse_float=Decimal)["currency"] == "EUR"
    assert execute(["aging", "--database", sqlite_url, "--as-of", "2026-02-31"]) == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err
