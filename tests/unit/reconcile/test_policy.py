"""What is a difference and what is not, over generated orders, rows, days and balances."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bookbridge.features.reconcile import policy
from bookbridge.features.reconcile.halving import FEW_PAGES, PAGE, differing, totals_of
from bookbridge.features.reconcile.kinds import KINDS, Difference
from bookbridge.features.reconcile.sides import ContactSide, Days, InvoiceSide, OrderSide, Owed, Totals

ORDER = OrderSide(
    pk="ord_1", order_id="1001", source="default", state="done", reason="", currency="USD", exponent=2,
    total=Decimal("39.98"), seen_total=Decimal("39.98"), seen_status="sent", key="KEY1", invoice_id="i1",
    number="BB-1001", reference="1001", contact_ids=("c1",), customer="Ada",
)  # fmt: skip
OWN = InvoiceSide(
    invoice_id="i1", number="BB-1001", reference="1001", key="KEY1", status="sent", customer_id="c1", currency="USD",
    total=Decimal("39.98"), balance=Decimal("39.98"), dated_on="2026-01-05", due_on="2026-02-04",
)  # fmt: skip
OPEN_WORDS = st.sampled_from(["sent", "viewed", "overdue", "partially_paid", "unpaid"])
strangers = st.builds(
    InvoiceSide,
    invoice_id=st.sampled_from(["s1", "s2", "s3"]),
    number=st.sampled_from(["INV-1", "INV-2", ""]),
    reference=st.sampled_from(["", "77", "1001x"]),
    key=st.sampled_from(["", "KEY2"]),
    status=st.sampled_from(["draft", "sent", "paid", "void"]),
    customer_id=st.sampled_from(["c1", "c2"]),
    currency=st.just("USD"),
    total=st.decimals(0, 1000, places=2),
)


def kinds(order: OrderSide, *rows: InvoiceSide) -> list[str]:
    """The kinds of an order's differences."""
    return [each.kind for each in policy.judge_order(order, rows)]


@given(st.lists(strangers, max_size=5), st.one_of(OPEN_WORDS, st.sampled_from(["draft", "paid"])), st.randoms())
def test_an_order_with_its_own_invoice_among_strangers_has_no_difference(
    others: list[InvoiceSide], status: str, random: Any
) -> None:
    """Whatever else is in the books and whatever live status the invoice has."""
    rows = [*others, replace(OWN, status=status)]
    random.shuffle(rows)
    assert kinds(ORDER, *rows) == []


CASES: dict[str, tuple[OrderSide, list[InvoiceSide], list[str]]] = {
    "missing": (replace(ORDER, invoice_id="", number=""), [], ["missing"]),
    "deleted": (ORDER, [], ["deleted"]),
    "voided": (ORDER, [replace(OWN, status="void")], ["voided"]),
    "doubled by key": (ORDER, [OWN, replace(OWN, invoice_id="i2", number="X")], ["doubled"]),
    "doubled by number": (
        replace(ORDER, key=""),
        [replace(OWN, key=""), replace(OWN, invoice_id="i2", key="", reference="")],
        ["doubled"],
    ),
    "doubled by reference": (ORDER, [OWN, replace(OWN, invoice_id="i2", key="", number="X")], ["doubled"]),
    "reference of another customer": (
        ORDER,
        [OWN, replace(OWN, invoice_id="i2", key="", number="X", customer_id="c9")],
        [],
    ),
    "a void copy is no double": (ORDER, [OWN, replace(OWN, invoice_id="i2", status="void")], []),
    "another order's key": (ORDER, [OWN, replace(OWN, invoice_id="i2", key="KEY2")], []),
    "deleted and made again": (ORDER, [replace(OWN, invoice_id="i2", key="")], ["replaced"]),
    "voided and made again": (ORDER, [replace(OWN, status="void"), replace(OWN, invoice_id="i2")], ["replaced"]),
    "total": (ORDER, [replace(OWN, total=Decimal("40"))], ["total"]),
    "more decimals, same total": (ORDER, [replace(OWN, total=Decimal("39.980"))], []),
    "customer": (ORDER, [replace(OWN, customer_id="c2")], ["customer"]),
    "bound anew after a merge": (replace(ORDER, contact_ids=("c1", "c2")), [replace(OWN, customer_id="c2")], []),
    "currency": (ORDER, [replace(OWN, currency="EUR", total=Decimal(1))], ["currency"]),
    "number": (ORDER, [replace(OWN, number="ACC-7")], ["number"]),
    "number in other case": (ORDER, [replace(OWN, number="bb-1001 ")], []),
    "total and customer": (ORDER, [replace(OWN, total=Decimal(1), customer_id="c2")], ["total", "customer"]),
    "failed, and yet an invoice": (replace(ORDER, state="failed", invoice_id=""), [OWN], ["unbound"]),
    "failed, and none": (replace(ORDER, state="failed", invoice_id=""), [], []),
    "failed, and a void one": (replace(ORDER, state="failed", invoice_id=""), [replace(OWN, status="void")], []),
}


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_an_order_is_named_and_nothing_else(case: str) -> None:
    """One case each, with its neighbours that are no difference."""
    order, rows, wanted = CASES[case]
    found = policy.judge_order(order, rows)
    assert [each.kind for each in found] == wanted
    assert all(each.sentence.startswith("Order 1001") and each.detail["order"] == "ord_1" for each in found)


@pytest.mark.parametrize(
    ("order", "rows", "known"),
    [
        (replace(ORDER, state="review", seen_status="deleted"), [], True),
        (replace(ORDER, state="review"), [], False),
        (replace(ORDER, state="review", seen_status="void"), [replace(OWN, status="void")], True),
        (replace(ORDER, state="review", reason="The invoice was voided."), [replace(OWN, status="void")], True),
        (replace(ORDER, state="review", seen_total=Decimal(41)), [replace(OWN, total=Decimal(41))], True),
        (replace(ORDER, state="review", seen_total=Decimal(41)), [replace(OWN, total=Decimal(42))], False),
        (replace(ORDER, seen_total=Decimal(41)), [replace(OWN, total=Decimal(41))], False),
        (replace(ORDER, state="review", reason="Zoho holds more than one document"),
         [OWN, replace(OWN, invoice_id="i2")], True),
    ],
)  # fmt: skip
def test_what_the_review_of_an_order_says_already_is_known(
    order: OrderSide, rows: list[InvoiceSide], known: bool
) -> None:
    """It is named all the same, and marked; another amount than the review saw is news."""
    (found,) = policy.judge_order(order, rows)
    assert found.known is known


@given(OPEN_WORDS, OPEN_WORDS)
def test_which_open_status_is_shown_is_no_difference(here: str, there: str) -> None:
    """Zoho computes them from the calendar."""
    assert policy.mirror_difference(replace(OWN, status=here), replace(OWN, status=there)) is None


@given(
    st.sampled_from(
        ["total", "balance", "status", "customer_id", "currency", "number", "reference", "dated_on", "due_on"]
    )
)
def test_a_field_that_differs_names_the_record_once(name: str) -> None:
    """Each compared field, with the kind of that field and both values."""
    changed: dict[str, Any] = {"total": Decimal(1), "balance": Decimal(0), "status": "void"}
    found = policy.mirror_difference(OWN, replace(OWN, **{name: changed.get(name, "other")}))
    expected = {"total": "total", "balance": "balance", "status": "status", "customer_id": "customer"}
    assert found is not None
    assert found.kind == f"mirror_{expected.get(name, 'details')}"
    assert len(found.detail["mirror"]) == 1


def test_one_side_alone_is_missing_or_gone() -> None:
    """And neither side is nothing."""
    ours, theirs = policy.mirror_difference(OWN, None), policy.mirror_difference(None, OWN)
    assert ours is not None
    assert theirs is not None
    assert (ours.kind, theirs.kind) == ("mirror_gone", "mirror_missing")
    assert policy.mirror_difference(None, None) is None


def test_a_voided_invoice_is_named_by_its_status_whatever_its_balance() -> None:
    """A void one keeps its whole balance (FACTS 5.4), which must not hide what happened."""
    paid = replace(OWN, status="paid", balance=Decimal(0))
    found = policy.mirror_difference(paid, replace(OWN, status="void"))
    assert found is not None
    assert found.kind == "mirror_status"


DAYS = [f"2026-01-{day:02d}" for day in range(1, 29)]
books = st.dictionaries(
    st.sampled_from(DAYS), st.integers(1, 400).map(lambda count: Totals(count, count * 7, count * 3)), min_size=1
)


@settings(max_examples=60)
@given(books, st.data())
def test_the_pages_that_are_read_cover_every_day_that_lost_something(ours: dict[str, Totals], data: Any) -> None:
    """And nothing is read where the whole agrees; splitting never costs more calls than the pages it saves."""
    gone = data.draw(st.dictionaries(st.sampled_from(sorted(ours)), st.integers(1, 3), max_size=6))
    theirs = {day: had - Totals(min(gone.get(day, 0), had.count), gone.get(day, 0) * 5, 0) for day, had in ours.items()}
    calls: list[Days] = []

    def ask(days: Days) -> Totals:
        calls.append(days)
        return totals_of(theirs, days)

    ranges = differing(ours, Days(), ask)
    wrong = {day for day in ours if ours[day] != theirs[day]}
    covered = {day for day in DAYS for days in ranges if day in days}
    assert wrong <= covered
    if not wrong:
        assert (ranges, len(calls)) == ([], 1)
    rows = totals_of(ours, Days()).count
    assert len(calls) <= 1 + 2 * (rows // (PAGE * FEW_PAGES) + 1)
    assert sum(day in days for day in DAYS for days in ranges) == len(covered)


def test_a_date_filter_that_is_not_applied_leads_to_pages() -> None:
    """An answer for a half that holds more than the whole is not believed."""
    ours = {day: Totals(300, 1, 1) for day in DAYS}
    whole = Totals(8000, 5, 5)
    assert differing(ours, Days(), lambda days: whole if days == Days() else Totals(9000, 5, 5)) == [Days()]


CONTACT = ContactSide(
    contact_id="c1", name="Ada", currency="USD", outstanding=Decimal("10.50"), credits=Decimal(0),
    base_outstanding=Decimal("10.50"), base_credits=Decimal(0),
)  # fmt: skip


def test_balances_are_compared_in_the_contacts_currency_and_without_its_opening_balance() -> None:
    """Equal amounts however they are written, an opening balance, and both kinds of difference."""
    owes = Owed(outstanding={"USD": Decimal("10.5")}, credits={}, base_outstanding=Decimal("10.5"))
    assert policy.customer_differences(owes, CONTACT, base="USD") == []
    opening = replace(CONTACT, outstanding=Decimal("15.50"), opening=Decimal(5))
    assert policy.customer_differences(owes, opening, base="USD") == []
    more = replace(CONTACT, outstanding=Decimal(11), credits=Decimal(2))
    assert [each.kind for each in policy.customer_differences(owes, more, base="USD")] == ["receivable", "credits"]


def test_documents_in_another_currency_than_the_contacts_are_compared_in_the_organizations() -> None:
    """Zoho adds them up converted; ours are converted one by one, as in its own books."""
    owes = Owed(outstanding={"EUR": Decimal(10)}, credits={}, base_outstanding=Decimal("10.5"))
    assert policy.customer_differences(owes, CONTACT, base="USD") == []
    assert policy.customer_differences(replace(owes, base_outstanding=Decimal(11)), CONTACT, base="USD")


def test_only_kinds_of_the_list_can_be_named() -> None:
    """The list is closed and its words are unique."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    with pytest.raises(ValueError, match="no kind"):
        Difference(kind="else", subject="", sentence="")
