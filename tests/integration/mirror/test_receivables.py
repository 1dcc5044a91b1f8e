"""The maintained sums follow the mirror: small steps and making everything anew leave the same rows."""

from random import Random

from bookbridge.mirror import receivables
from bookbridge.store import tables
from bookbridge.store.db import Database
from tests.integration.mirror.books import Books
from tests.support import mirrored

STEPS = 60


def test_small_steps_leave_what_a_rebuild_makes(database: Database) -> None:
    """After any sequence of edits, deletions, applications and their removal both ways give the same rows."""
    organization = mirrored.connect(database, mirrored.organization())
    for seed in range(3 if database.is_sqlite else 1):
        books = Books(database, Random(seed))
        for step in range(STEPS):
            with database.transaction() as tx:
                books.step(tx)
                receivables.refresh(database, tx, organization, **books.changed)
            if step % 6 == 5:
                _same_as_rebuilt(database, organization.organization_id)


def test_naming_everything_again_changes_nothing(database: Database) -> None:
    """Documents that did not change may be named: events and sums stay."""
    organization = mirrored.connect(database, mirrored.organization())
    with database.transaction() as tx:
        rows = [mirrored.invoice(str(number), total_minor=number * 100) for number in range(1, 30)]
        mirrored.put(database, tx, tables.mirror_invoices, rows)
        ids = [row["invoice_id"] for row in rows]
        receivables.refresh(database, tx, organization, invoice_ids=ids)
        first = mirrored.maintained(tx)
        receivables.refresh(database, tx, organization, invoice_ids=ids)
        assert mirrored.maintained(tx) == first
    assert first["bb_receivable_customers"] == [("10000001", "c1", "USD", 29, 43_500, 43_500)]


def test_a_rebuild_touches_one_organization(database: Database) -> None:
    """The rows of another organization stay, and an unknown one has none."""
    first = mirrored.connect(database, mirrored.organization())
    with database.transaction() as tx:
        mirrored.put(database, tx, tables.mirror_invoices, [mirrored.invoice("1")])
        receivables.rebuild(database, tx, first.organization_id)
        before = mirrored.maintained(tx)
        receivables.rebuild(database, tx, "10000009")
        assert mirrored.maintained(tx) == before
        assert before["bb_receivable_events"]


def _same_as_rebuilt(database: Database, organization_id: str) -> None:
    with database.transaction() as tx:
        stepped = mirrored.maintained(tx)
        receivables.rebuild(database, tx, organization_id)
        rebuilt = mirrored.maintained(tx)
    assert stepped == rebuilt
