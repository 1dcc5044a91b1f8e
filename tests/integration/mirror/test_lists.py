"""Lists of invoices show exactly what a figure was made of; one invoice and one customer show all there is of them."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.mirror import receivables
from bookbridge.mirror.queries import customers, due, invoice, months
from bookbridge.mirror.queries.aging import aging
from bookbridge.mirror.queries.asking import BUCKETS, Asked, asked
from bookbridge.mirror.queries.invoices import SORTS, InvoiceFilter, every_invoice, list_invoices
from bookbridge.mirror.queries.statuses import STATUSES
from bookbridge.store import tables
from bookbridge.store.db import Database, Tx
from bookbridge.store.organizations import Organization
from tests.integration.mirror.books import Books
from tests.support import mirrored
from tests.support.mirrored import SEEN

TODAY = date(2026, 4, 1)


def test_a_bucket_leads_to_the_invoices_it_counts(database: Database) -> None:
    """For any day and basis the list behind a bucket has its count and its sum, page by page, and so has a customer."""
    organization = mirrored.connect(database, mirrored.organization())
    mirrored.mark_synced(database)
    random = Random(7)
    books = Books(database, random)
    with database.transaction() as tx:
        for _ in range(120):
            books.step(tx)
            receivables.refresh(database, tx, organization, **books.changed)
        for back in (0, 0, 1, 17, 40, 75):
            by = random.choice(("due_date", "invoice_date"))
            question = asked(tx, organization, SEEN, as_of=(TODAY - timedelta(days=back)).isoformat(), by=by)
            _leads_on(tx, question, random)


def test_statuses_follow_from_the_day(database: Database) -> None:
    """Overdue, unpaid, sent and partly paid are computed; a stored ``overdue`` that is not due any more is not."""
    organization = _books(database)
    found = {
        status: {row.number for row in _listed(database, organization, InvoiceFilter(status=status))}
        for status in STATUSES
    }
    assert found["overdue"] == {"late", "part-late"}
    assert found["unpaid"] == {"late", "part-late", "part", "sent", "moved", "viewed"}
    assert found["partially_paid"] == {"part", "part-late"}
    assert found["sent"] == {"sent", "moved"}
    assert (found["viewed"], found["paid"], found["draft"], found["void"]) == (
        {"viewed"},
        {"paid"},
        {"draft"},
        {"void"},
    )
    every = {row.number: row.status for row in _listed(database, organization, InvoiceFilter(per_page=200))}
    assert every["moved"] == "sent"
    assert every["part"] == "partially_paid"
    assert every["late"] == "overdue"
    assert "gone" not in every


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_any_sort_hold_every_invoice_once(sqlite_database: Database, sort: str) -> None:
    """Small pages one after the other are the whole list, in order, whichever way it is sorted."""
    organization = _books(sqlite_database)
    for is_ascending in (True, False):
        wanted = {"sort": sort, "is_ascending": is_ascending}
        whole = [
            row.invoice_id for row in _listed(sqlite_database, organization, InvoiceFilter(per_page=200, **wanted))
        ]
        paged = [
            row.invoice_id
            for page in range(1, 6)
            for row in _listed(sqlite_database, organization, InvoiceFilter(per_page=2, page=page, **wanted))
        ]
        assert paged == whole
        assert len(whole) == 9


def test_search_finds_number_reference_and_customer(database: Database) -> None:
    """Part of any of the three, in any case; a per cent sign is a per cent sign."""
    organization = _books(database)

    def numbers(text: str) -> set[str]:
        return {row.number for row in _listed(database, organization, InvoiceFilter(search=text))}

    assert numbers("PART") == {"part", "part-late"}
    assert numbers("po-77") == {"sent"}
    assert numbers("grace") == {"viewed"}
    assert numbers("%") == set()


def test_amounts_dates_and_currency_narrow_a_list(database: Database) -> None:
    """Inclusive bounds; a filter that there is not is refused with its name."""
    organization = _books(database)

    def numbers(**wanted: object) -> set[str]:
        return {row.number for row in _listed(database, organization, InvoiceFilter(**wanted))}  # type: ignore[arg-type]

    assert numbers(is_open=True, least_minor=4_000, most_minor=4_000) == {"part", "part-late"}
    assert numbers(date_start="2026-03-20", date_end="2026-03-20") == {"sent"}
    assert numbers(due_start="2026-04-20", due_end="2026-04-20", is_open=True) == {"part", "sent", "moved", "viewed"}
    with database.read() as tx:
        question = asked(tx, organization, SEEN, currency="eur")
        assert [row.number for row in list_invoices(tx, question, InvoiceFilter()).rows] == ["viewed"]
    for wanted, field in ((InvoiceFilter(status="late"), "status"), (InvoiceFilter(due_end="soon"), "due_end"),
                          (InvoiceFilter(bucket="old"), "bucket"), (InvoiceFilter(sort="colour"), "sort")):  # fmt: skip
        with pytest.raises(InvalidInputError) as caught:
            _listed(database, organization, wanted)
        assert caught.value.field == field


def test_one_invoice_shows_everything_that_belongs_to_it(database: Database) -> None:
    """Lines, taxes, order, what settled it and what of it is not explained."""
    organization = _books(database)
    with database.transaction() as tx:
        line = {"invoice_id": "6", "position": 0, "name": "Tea", "quantity": "2", "rate": "30", "total_minor": 6_000}
        tx.execute(sa.insert(tables.mirror_invoice_lines), {"organization_id": "10000001", **line})
        tax = {"invoice_id": "6", "position": 0, "tax_id": "t", "name": "VAT", "amount_minor": 4_000}
        tx.execute(sa.insert(tables.mirror_invoice_taxes), {"organization_id": "10000001", **tax})
        mirrored.put(database, tx, tables.mirror_payments, [mirrored.payment("p1", number="77", mode="cash")])
        mirrored.put(database, tx, tables.mirror_allocations, [
            mirrored.allocation("payment", "p1", "6", "2026-03-21", 5_000),
        ])  # fmt: skip
        found = invoice.find_invoice(tx, asked(tx, organization, SEEN), "6")
        assert invoice.find_invoice(tx, asked(tx, organization, SEEN), "404") is None
        gone = invoice.find_invoice(tx, asked(tx, organization, SEEN), "9")
    assert found is not None
    assert gone is not None
    assert gone.deleted_at == SEEN
    assert found.row.number == "part"
    assert [(each.name, each.total.minor) for each in found.lines] == [("Tea", 6_000)]
    assert [(each.name, each.amount.minor) for each in found.taxes] == [("VAT", 4_000)]
    assert [(each.kind, each.number, each.mode, each.amount.minor) for each in found.settlements] == [
        ("payment", "77", "cash", 5_000)
    ]
    assert found.unexplained.minor == 1_000
    assert found.order is None


def test_a_customer_shows_what_it_owes_and_how_it_pays(database: Database) -> None:
    """Buckets and credits of one customer; billed ever and in a year; days from invoice to settlement."""
    organization = _books(database)
    with database.transaction() as tx:
        mirrored.put(database, tx, tables.mirror_creditnotes, [mirrored.creditnote("n1", total_minor=700)])
        mirrored.put(database, tx, tables.mirror_contacts, [mirrored.contact("c1", name="Ada"), mirrored.contact("c3")])
        receivables.rebuild(database, tx, organization.organization_id)
        question = asked(tx, organization, SEEN)
        found = customers.find_customer(tx, question, "c1")
        page = customers.list_customers(tx, question)
        owing = customers.list_customers(tx, question, only_owing=True, search="ADA")
        assert customers.find_customer(tx, question, "c404") is None
        from_invoices = customers.find_customer(tx, question, "c2")
    assert found is not None
    assert from_invoices is not None
    assert from_invoices.name == "Grace"
    assert found.spread.total.minor == 10_000 + 4_000 + 4_000 + 10_000 + 10_000
    assert found.spread.overdue.minor == 14_000
    assert (found.aging.credits_total.minor, found.aging.credits_count) == (700, 1)
    assert found.billed.minor == 60_000
    assert found.billed_year.minor == 60_000
    assert found.days_to_pay == 21
    assert [(row.customer_id, row.owed.minor) for row in page.rows] == [("c1", 38_000), ("c3", 0)]
    assert [row.customer_id for row in owing.rows] == ["c1"]


def test_months_show_sales_cash_and_days_of_sales(database: Database) -> None:
    """Twelve months with nothing left out; days of sales compare what is open with three months of sales."""
    organization = _books(database)
    with database.transaction() as tx:
        mirrored.put(database, tx, tables.mirror_payments, [
            mirrored.payment("p1", paid_on="2026-02-28", amount_minor=900),
            mirrored.payment("p2", paid_on="2026-03-01", amount_minor=70),
            mirrored.payment("p3", paid_on="2026-03-02", amount_minor=5, deleted_at=SEEN),
        ])  # fmt: skip
        question = asked(tx, organization, SEEN)
        found = {each.month: each for each in months.months(tx, question)}
        soon = due.due_soon(tx, question, days=20)
    assert list(found) == [f"2025-{n:02d}" for n in range(5, 13)] + [f"2026-{n:02d}" for n in range(1, 5)]
    assert (found["2026-02"].received.minor, found["2026-03"].received.minor) == (900, 70)
    assert found["2026-04"].open_at_end.minor == 48_825
    assert found["2025-12"].dso is None
    billed = sum(found[f"2026-{n:02d}"].billed.minor for n in (2, 3, 4))
    assert found["2026-04"].dso == months.days_of_sales(48_825, billed, 28 + 31 + 1)
    assert (soon.count, soon.total.minor) == (4, 4_000 + 10_000 + 10_000 + 10_825)
    assert soon.rows[0].due_on == "2026-04-20"


def _leads_on(tx: Tx, question: Asked, random: Random) -> None:
    found = aging(tx, question)
    for bucket in found.spread.buckets:
        page = list_invoices(
            tx, question, InvoiceFilter(bucket=bucket.name, sort=random.choice(list(SORTS)), per_page=3)
        )
        assert (page.total, page.base_balance) == (bucket.count, bucket.total)
    late = list_invoices(tx, question, InvoiceFilter(bucket="overdue", per_page=200))
    assert (late.total, late.base_balance) == (found.spread.overdue_count, found.spread.overdue)
    for each in found.customers:
        mine = list_invoices(tx, question, InvoiceFilter(is_open=True, customer_id=each.customer_id, per_page=200))
        assert (mine.total, mine.base_balance) == (each.spread.count, each.spread.total)
        assert sum(row.base_balance.minor for row in mine.rows) == each.spread.total.minor
        own = customers.find_customer(tx, question, each.customer_id)
        assert own is not None
        assert own.spread == each.spread
    assert len(BUCKETS) == len(found.spread.buckets)


def _same_whole(tx: Tx, question: Asked, wanted: InvoiceFilter) -> None:
    """The whole list is what its pages show, in their order, and its sum is that of its rows in their currency."""
    pages = [list_invoices(tx, question, replace(wanted, per_page=17))]
    while pages[-1].has_more:
        pages.append(list_invoices(tx, question, replace(wanted, page=len(pages) + 1, per_page=17)))
    whole = list(every_invoice(tx, question, wanted))
    assert whole == [row for page in pages for row in page.rows]
    own = pages[0].balance
    if question.currency in ("", question.scale.base):
        assert own is None
    else:
        assert own == question.scale.money(sum(row.balance.minor for row in whole), question.currency)


def test_the_whole_list_is_its_pages_and_a_currency_has_its_own_sum(database: Database) -> None:
    """For any day, filter, order and currency."""
    organization = mirrored.connect(database, mirrored.organization())
    mirrored.mark_synced(database)
    random = Random(11)
    books = Books(database, random)
    with database.transaction() as tx:
        for _ in range(100):
            books.step(tx)
            receivables.refresh(database, tx, organization, **books.changed)
        codes = tx.scalars(sa.select(tables.mirror_invoices.c.currency).distinct()).all()
        assert len(codes) > 1
        for back in (0, 30):
            for code in ("", *codes):
                day = (TODAY - timedelta(days=back)).isoformat()
                question = asked(tx, organization, SEEN, as_of=day, currency=code)
                for bucket in ("", "31-60"):
                    wanted = InvoiceFilter(is_open=True, bucket=bucket, sort=random.choice(list(SORTS)))
                    _same_whole(tx, question, wanted)


def _listed(database: Database, organization: Organization, wanted: InvoiceFilter) -> list[object]:
    with database.read() as tx:
        return list(list_invoices(tx, asked(tx, organization, SEEN), wanted).rows)


def _books(database: Database) -> Organization:
    """One invoice of each kind."""
    organization = mirrored.connect(database, mirrored.organization())
    mirrored.mark_synced(database)
    kinds = {
        "draft": {"status": "draft"},
        "void": {"status": "void"},
        "paid": {"status": "paid", "balance_minor": 0, "last_payment_on": "2026-01-31"},
        "late": {"status": "sent"},
        "part-late": {"status": "partially_paid", "balance_minor": 4_000},
        "part": {"status": "partially_paid", "balance_minor": 4_000, "due_on": "2026-04-20"},
        "sent": {"reference": "PO-774", "due_on": "2026-04-20", "invoice_on": "2026-03-20"},
        "moved": {"status": "overdue", "due_on": "2026-04-20"},
        "gone": {"deleted_at": SEEN},
        "viewed": {"status": "viewed", "due_on": "2026-04-20", "customer_id": "c2", "customer_name": "Grace",
                   "currency": "EUR", "rate": "1.0825"},
    }  # fmt: skip
    rows = [mirrored.invoice(str(n), **{"number": name, **kinds[name]}) for n, name in enumerate(kinds, start=1)]
    with database.transaction() as tx:
        mirrored.put(database, tx, tables.mirror_invoices, rows)
        receivables.rebuild(database, tx, organization.organization_id)
    return organization
