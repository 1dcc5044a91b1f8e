"""The pages of the books on both databases: every state they can be in is a page, and none costs a call to Zoho."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.kernel.clock import SystemClock
from bookbridge.store import tables
from tests.support import mirror_rows, pages_rows, web
from tests.support.web import BASE, Site

PAGE = {"Accept": "text/html"}
PATHS = (
    "/", "/?as_of=2020-02-29", "/?by=invoice_date&currency=EUR", "/?part=live", "/?part=money", "/invoices",
    "/invoices?bucket=overdue&sort=-balance", "/invoices?bucket=61-90&as_of=2026-01-01", "/invoices?page=999",
    "/invoices?search=%25_%27", "/invoices/INV-001", "/customers", "/customers?search=x&sort=name", "/customers/1",
    "/reports", "/reports/sales-by-customer", "/reconcile", "/status", "/invoices.csv?search=Willow",
)  # fmt: skip


@pytest.fixture
def filled(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """Books and orders on SQLite and on PostgreSQL, and a person who is logged in."""
    made = web.build(database_url, tmp_path / "home")
    with made.client:
        pages_rows.fill(made)
        made.log_in()
        yield made
    made.app.close()


@pytest.fixture
def empty(sqlite_url: str, tmp_path: Path) -> Iterator[Site]:
    """A connected organization of which nothing is mirrored."""
    made = web.build(sqlite_url, tmp_path / "home")
    with made.client:
        made.connect(is_default=True)
        made.log_in()
        yield made
    made.app.close()


def test_every_page_answers_and_calls_nobody(filled: Site) -> None:
    """Pages and parts are there with names that attack as text; nothing on the way needs Zoho, which is not there."""
    for path in PATHS:
        answer = filled.client.get(path, headers=PAGE)
        assert answer.status_code == 200, (path, answer.text)
        for markup in ("<script>document", "<img src=x"):
            assert "text/csv" in answer.headers["content-type"] or markup not in answer.text, path
        assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/invoices/none", 404), ("/customers/none", 404), ("/reports/none", 404), ("/?organization_id=9", 404),
     ("/?as_of=yesterday", 400), ("/?by=mood", 400), ("/invoices?bucket=old", 400), ("/invoices.csv?status=x", 400)],
)  # fmt: skip
def test_what_there_is_not_is_said(empty: Site, path: str, status: int) -> None:
    """A page of its own for a record, an organization or a filter value that there is not."""
    with empty.app.services.db.transaction() as tx:
        row = {"organization_id": "10000001", "entity": "invoices", "full_at": SystemClock().now()}
        tx.execute(sa.insert(tables.mirror_state), row)
    answer = empty.client.get(path, headers=PAGE)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_a_file_has_every_invoice_however_many(filled: Site) -> None:
    """As many rows as the list counts, more than are read at once; the same as its pages show."""
    with filled.app.services.db.transaction() as tx:
        for number in range(1200):
            mirror_rows.invoice(tx, f"MORE-{number:04d}", on="2026-01-05", due_on="2026-02-04", total=100 + number)
    lines = filled.client.get("/invoices.csv?search=MORE&sort=invoice_number", headers=PAGE).text.splitlines()
    assert len(lines) == 1201
    assert [line.split(",")[0].strip('"') for line in lines[1:]] == [f"MORE-{number:04d}" for number in range(1200)]


def test_one_currency_shows_its_own_sum(filled: Site) -> None:
    """What is open in euros, with what that is in the organization's currency behind it."""
    text = filled.client.get("/invoices?currency=EUR&status=unpaid", headers=PAGE).text
    assert re.search(r"open</span> <strong>[\d,]+\.\d\d EUR</strong> <span class=\"soft\">\([\d,]+\.\d\d USD\)", text)


def test_a_list_for_htmx_is_only_the_list_and_says_what_is_wrong(empty: Site) -> None:
    """Filters that cannot be are told where the list was, with an answer that htmx shows."""
    answer = empty.client.get("/invoices?as_of=x", headers=PAGE | {"HX-Request": "true"})
    assert answer.status_code == 200
    assert "That filter cannot be used" in answer.text
    assert "<html" not in answer.text


@pytest.mark.parametrize(
    ("state", "values", "words"),
    [
        ("done", {"synced_at": 40}, "Books as of 40 s ago"),
        ("done", {"synced_at": 40, "error": "Zoho did not answer."}, "Zoho did not answer."),
        ("running", {"synced_at": 40}, "Syncing: 1,250 records read, 14 calls"),
        ("asked", {}, "Syncing"),
        ("done", {}, "The books are not here yet"),
    ],
)
def test_freshness_is_told_in_every_state(empty: Site, state: str, values: dict[str, Any], words: str) -> None:
    """Fresh, failed with its reason, running with what was read, asked for, never."""
    progress = {"entities": [{"entity": "invoices", "rows": 1250}], "calls": 14} if state == "running" else None
    with empty.app.services.db.transaction() as tx:
        now = empty.app.services.db.now(tx)
        run = {"id": "syn_1", "organization_id": "10000001", "state": state, "wanted": {}, "progress": progress}
        tx.execute(sa.insert(tables.sync_runs), {**run, "asked_at": now})
        if values:
            at = now - timedelta(seconds=values["synced_at"])
            row = {"organization_id": "10000001", "entity": "invoices", "full_at": at, "error": None, **values}
            tx.execute(sa.insert(tables.mirror_state), {**row, "synced_at": at})
    page = empty.client.get("/", headers=PAGE).text
    assert words.removesuffix("40 s ago") in page


@pytest.mark.parametrize("state", ["running", "broken", "incomplete", "done"])
def test_a_comparison_is_shown_in_every_state(empty: Site, state: str) -> None:
    """One that has only begun has no counts; the page and the dashboard show it all the same."""
    with empty.app.services.db.transaction() as tx:
        run = {"id": "rec_1", "organization_id": "10000001", "state": state, "wanted": {}, "counts": {}}
        tx.execute(sa.insert(tables.reconcile_runs), {**run, "started_at": empty.app.services.clock.now()})
    for path in ("/reconcile", "/"):
        assert empty.client.get(path, headers=PAGE).status_code == 200, path


def test_sync_now_asks_once(empty: Site) -> None:
    """Pressing again while a sync is asked for asks for no second one; without the form's token nothing is asked."""
    csrf = empty.log_in()
    headers = {"Origin": BASE}
    assert empty.client.post("/sync", data={"csrf": "wrong"}, headers=headers).status_code == 403
    for _ in range(2):
        answer = empty.client.post("/sync", data={"csrf": csrf}, headers=headers, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    with empty.app.services.db.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tables.sync_runs)).scalar_one() == 1


def test_the_organization_of_an_address_goes_along(empty: Site) -> None:
    """With several organizations the switch is there, and links keep the one that was chosen."""
    empty.connect("10000002", name="Second")
    page = empty.client.get("/invoices?organization_id=10000002", headers=PAGE).text
    assert '<option value="10000002" selected>' in page
    assert 'href="/customers?organization_id=10000002"' in page
