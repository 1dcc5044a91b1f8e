"""A sync copies the books, and later only what changed; what is gone in Zoho is marked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.kernel.clock import to_millis
from bookbridge.store import tables
from tests.support.app import an_order, long_ago, order, send
from tests.support.mirror import customer, invoice, living, mirrored, payment, sync, synced, zoho_without_limits
from tests.support.sandbox import Zoho


@pytest.fixture
def zoho() -> Iterator[Zoho]:
    """A sandbox of its own, without limits."""
    with zoho_without_limits() as found:
        yield found


@pytest.fixture
def app(zoho: Zoho, database_url: str, tmp_path: Path) -> Iterator[App]:
    """An installation that is connected to it, on both databases."""
    with mirrored(zoho, database_url, tmp_path) as found:
        yield found


@pytest.fixture
def small(zoho: Zoho, sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    """An installation that is connected to it, on SQLite."""
    with mirrored(zoho, sqlite_url, tmp_path) as found:
        yield found


def test_a_sync_copies_the_books_and_the_next_one_what_changed(app: App, zoho: Zoho) -> None:
    """Amounts are exact, allocations and write-offs dated, lines read where asked for; then only changes move."""
    ann = customer(zoho)
    first, second = invoice(zoho, ann), invoice(zoho, ann, rate=0.1)
    paid = payment(zoho, ann, 10, "2026-01-05", **{f"i{first}": 5})
    note = zoho.books(
        "POST", "/creditnotes", json={"customer_id": ann, "line_items": [{"name": "Tea", "rate": 4, "quantity": 1}]}
    ).json()["creditnote"]["creditnote_id"]
    zoho.books("POST", f"/creditnotes/{note}/invoices", json={"invoices": [{"invoice_id": first, "amount_applied": 2}]})
    zoho.books("POST", f"/invoices/{first}/writeoff")
    synced(app, lines=True)

    rows = living(app, "invoices")
    assert {each: (row.total_minor, row.balance_minor, row.is_open) for each, row in rows.items()} == {
        first: (2500, 0, False),
        second: (20, 20, True),
    }
    with app.services.db.read() as tx:
        found = tx.execute(sa.select(tables.mirror_allocations)).all()
        lines = tx.execute(sa.select(tables.mirror_invoice_lines.c.total_minor)).scalars().all()
        assert tx.execute(sa.select(tables.mirror_wanted)).all() == []
    assert {(row.kind, row.document_id, row.invoice_id, row.amount_minor) for row in found} == {
        ("payment", paid, first, 500),
        ("creditnote", note, first, 200),
        ("write_off", first, first, 1800),
    }
    assert {row.applied_on for row in found if row.kind == "payment"} == {"2026-01-05"}
    assert sorted(lines) == [20, 2500]

    third = invoice(zoho, ann, rate=3)
    run = synced(app)
    assert set(living(app, "invoices")) == {first, second, third}
    assert run.progress.entities["invoices"].changed == 1
    assert run.progress.entities["creditnotes"].changed == 0
    assert synced(app).progress.entities["contacts"].changed == 0


def test_postgresql_knows_how_many_rows_there_are_before_it_makes_receivables(app: App, zoho: Zoho) -> None:
    """Tables that were filled a moment ago pass for empty: it would plan to search them row by row, for minutes."""
    ann = customer(zoho)
    for _ in range(3):
        invoice(zoho, ann)
    synced(app)
    if not app.services.db.is_sqlite:
        with app.services.db.read() as tx:
            found = tx.scalar(sa.text("SELECT reltuples FROM pg_class WHERE relname = 'bb_mirror_invoices'"))
        assert found == 3


def test_a_first_copy_searches_for_nothing_and_a_later_full_one_does(small: App, zoho: Zoho) -> None:
    """Where nothing was before, nothing can be missing; what a later list does not show is asked for by its id."""
    ann = customer(zoho)
    first, second = invoice(zoho, ann), invoice(zoho, ann)
    synced(small)
    assert set(living(small, "invoices")) == {first, second}
    with small.services.db.read() as tx:
        sweeps = [row.sweep for row in tx.execute(sa.select(tables.mirror_state)) if row.sweep]
    assert sweeps and all("listed" not in each and each["ended"] for each in sweeps)
    zoho.books("DELETE", f"/invoices/{first}")
    synced(small, full=True)
    assert set(living(small, "invoices")) == {second}


def test_deleted_and_edited_records_are_found(app: App, zoho: Zoho) -> None:
    """A control count that differs starts a round at once; what is missing is read by its id before it is marked."""
    ann = customer(zoho)
    ids = [invoice(zoho, ann, sent=False) for _ in range(12)]
    bob = customer(zoho, "Bob")
    synced(app)
    for each in ids[:4]:
        zoho.books("DELETE", f"/invoices/{each}")
    zoho.books("PUT", f"/invoices/{ids[5]}", json={"reference_number": "changed"})
    zoho.books("DELETE", f"/contacts/{bob}")
    run = synced(app)
    assert set(living(app, "invoices")) == set(ids[4:])
    assert living(app, "invoices")[ids[5]].reference == "changed"
    assert bob not in living(app, "contacts")
    assert run.progress.entities["invoices"].deleted == 4
    with app.services.db.read() as tx:
        state = tx.execute(sa.select(tables.mirror_state).where(tables.mirror_state.c.entity == "invoices")).one()
    assert state.rows == 8


def test_what_was_deleted_while_a_pass_was_interrupted_is_found(small: App, zoho: Zoho) -> None:
    """A pass that goes on where a killed one ended proves nothing of the pages it did not read again."""
    ann = customer(zoho)
    ids = [invoice(zoho, ann, sent=False) for _ in range(3)]
    with small.services.db.read() as tx:
        began = to_millis(small.services.db.now(tx))
    synced(small)
    with small.services.db.transaction() as tx:  # as a process leaves it that died after its first page
        interrupted = {"full_at": None, "progress": {"started": began, "done": 1}, "sweep": None}
        tx.execute(sa.update(tables.mirror_state).where(tables.mirror_state.c.entity == "invoices").values(interrupted))
    zoho.books("DELETE", f"/invoices/{ids[0]}")
    synced(small)
    assert set(living(small, "invoices")) == set(ids[1:])


def test_a_list_that_leaves_records_out_buries_nothing(small: App, zoho: Zoho) -> None:
    """Records that are missing in a list but found by their ids stay alive."""
    ann = customer(zoho)
    ids = [invoice(zoho, ann, sent=False) for _ in range(3)]
    synced(small)
    with small.services.db.transaction() as tx:  # as if a list had not shown them
        tx.execute(sa.update(tables.mirror_invoices).values(seen_at=long_ago()))
    zoho.books("DELETE", f"/invoices/{ids[0]}")
    synced(small, full=True)
    assert set(living(small, "invoices")) == set(ids[1:])


def test_a_payment_that_is_deleted_makes_its_invoice_owed_again(small: App, zoho: Zoho) -> None:
    """What a record that is gone had settled settles nothing any more, and receivables follow."""
    ann = customer(zoho)
    owed = invoice(zoho, ann)
    paid = payment(zoho, ann, 25, "2026-01-05", **{f"i{owed}": 25})
    synced(small)
    assert not living(small, "invoices")[owed].is_open
    zoho.books("DELETE", f"/customerpayments/{paid}")
    synced(small)
    assert living(small, "payments") == {}
    assert living(small, "invoices")[owed].is_open
    with small.services.db.read() as tx:
        assert tx.execute(sa.select(tables.mirror_allocations)).all() == []
        assert tx.execute(sa.select(sa.func.sum(tables.receivable_now.c.minor))).scalar() in (5000, 2500)


def test_our_own_writes_land_at_once(zoho: Zoho, database_url: str, tmp_path: Path) -> None:
    """The invoice and the customer of an order are in the mirror when the order is done, with its status."""
    with mirrored(zoho, database_url, tmp_path, invoice_status="sent") as app:
        synced(app)
        receipt = send(app, an_order())
        _settle_now(app)
        done = order(app, receipt)
        assert done.state == "done", done
        row = living(app, "invoices")[done.invoice_id]
        assert (row.status, row.total_minor, row.is_open) == ("sent", 3998, True)
        assert [each.name for each in living(app, "contacts").values()] == ["Ada Lovelace"]
        with app.services.db.read() as tx:
            assert tx.execute(sa.select(sa.func.count()).select_from(tables.mirror_invoice_lines)).scalar() == 1
        assert synced(app).progress.entities["invoices"].deleted == 0
        assert len(living(app, "invoices")) == 1


def test_an_unknown_customer_costs_two_calls_once_mirrored(small: App, zoho: Zoho) -> None:
    """Nobody looks a customer up whose absence the mirror knows: a contact and an invoice, no search."""
    synced(small)
    seen = len(zoho.control("requests"))
    receipt = send(small, an_order())
    _settle_now(small)
    assert order(small, receipt).state == "done"
    calls = [row["route"] for row in zoho.control("requests")[seen:]]
    assert sorted(calls) == ["POST /contacts", "POST /invoices"]


def test_a_list_that_fails_does_not_stop_the_others(small: App, zoho: Zoho) -> None:
    """Its state has the reason and the other lists are read; the next sync makes it good."""
    customer(zoho)
    zoho.control("faults", {"rules": [{"kind": "html_200", "match": {"path": "^/items"}}]})
    outcome, _ = sync(small)
    assert set(outcome.failed) == {"items"}
    assert len(living(small, "contacts")) == 1
    zoho.control("faults", {"rules": []})
    synced(small)


def _settle_now(app: App) -> None:
    """Run effects until they rest."""
    for _ in range(10):
        with app.services.db.read() as tx:
            ids = tx.execute(sa.select(tables.effects.c.id).where(tables.effects.c.state != "done")).scalars().all()
        for each in ids:
            app.runner.run(each)
