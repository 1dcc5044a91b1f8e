"""The checker finds every kind of difference; a campaign is worth what its checker is."""

from decimal import Decimal
from typing import Any

import pytest

from bookbridge.cli.campaigning.checker import Expected, Verdict, check, key_of

ORGANIZATION = "10000002"
ORDERS = [
    Expected(order_id=name, source="shop", total=Decimal("12.50"), contact_name=f"Customer {name}") for name in "AB"
]


def commit(order: Expected, invoice_id: str, **changes: Any) -> dict[str, Any]:
    """The creation of an order's invoice in the commit log."""
    row = {
        "resource": "invoices", "organization_id": ORGANIZATION, "method": "POST", "path": "/invoices",
        "id": invoice_id, "key": key_of(ORGANIZATION, order), "total": 12.5,
    }  # fmt: skip
    return {**row, **changes}


def verdict(**changes: Any) -> Verdict:
    """The verdict on two orders that went well, but for ``changes``."""
    commits = [commit(ORDERS[0], "1"), commit(ORDERS[1], "2")]
    rows = {
        "organization_id": ORGANIZATION,
        "expected": ORDERS,
        "acknowledged": {"A", "B"},
        "commits": commits,
        "listed": [
            {"invoice_id": number, "reference_number": order.order_id, "customer_name": order.contact_name}
            for number, order in zip("12", ORDERS, strict=True)
        ],
        "ledger": [ledger("A", "1"), ledger("B", "2")],
        "audit": [{"action": "invoice.create:done", "detail": {"zoho_id": number}} for number in "12"],
    }
    return check(**{**rows, **changes})


def ledger(order_id: str, invoice_id: str | None, **changes: Any) -> dict[str, Any]:
    """A row of the application's ledger."""
    row = {
        "order_id": order_id, "state": "done", "reason": None, "invoice_id": invoice_id, "invoice_total_minor": 1250,
        "exponent": 2,
    }  # fmt: skip
    return {**row, **changes}


def test_two_good_orders_are_clean() -> None:
    """Nothing is found where nothing is wrong."""
    found = verdict()
    assert found.is_clean, found
    assert found.invoices == 2


@pytest.mark.parametrize(
    ("changes", "name", "count"),
    [
        ({"commits": [commit(ORDERS[0], "1"), commit(ORDERS[0], "3"), commit(ORDERS[1], "2")]}, "duplicates", 1),
        ({"commits": [commit(ORDERS[0], "1")], "ledger": [ledger("A", "1"), ledger("B", None)]}, "lost", 1),
        ({"commits": [commit(ORDERS[0], "1")], "ledger": [ledger("A", "1")]}, "lost", 1),
        ({"ledger": [ledger("A", "1"), ledger("B", "1")]}, "wrong_bindings", 1),
        ({"ledger": [ledger("A", "1"), ledger("B", "9")]}, "wrong_bindings", 1),
        ({"ledger": [ledger("A", "1"), ledger("B", "2", state="review")]}, "unresolved", 1),
        ({"commits": [commit(ORDERS[0], "1"), commit(ORDERS[1], "2", total=12.49)]}, "difference", Decimal("0.02")),
        ({"ledger": [ledger("A", "1"), ledger("B", "2", invoice_total_minor=1)]}, "difference", Decimal("12.49")),
        ({"commits": [commit(order, str(n), key="XX") for n, order in enumerate(ORDERS, 1)]}, "strangers", 2),
        ({"audit": []}, "unaudited", 2),
        ({"listed": []}, "strangers", 2),
    ],
)
def test_each_kind_of_difference_is_found(changes: dict[str, Any], name: str, count: Any) -> None:
    """A duplicate, a loss, a wrong binding, a wrong penny, an unresolved order: none goes unseen."""
    found = verdict(**changes)
    assert getattr(found, name) == count, found
    assert not found.is_clean
    assert found.examples


def test_a_deleted_invoice_does_not_count() -> None:
    """Live documents are counted, not creations."""
    again = [commit(ORDERS[0], "0"), commit(ORDERS[0], "0", method="DELETE", path="/invoices/0")]
    assert verdict(commits=[*again, commit(ORDERS[0], "1"), commit(ORDERS[1], "2")]).is_clean


def test_an_order_nobody_acknowledged_is_not_lost() -> None:
    """Only what was promised can be lost."""
    found = verdict(acknowledged={"A"}, commits=[commit(ORDERS[0], "1")], ledger=[ledger("A", "1")], listed=[])
    assert found.lost == 0
    assert found.unresolved == 0
