"""API calls an order costs without faults: known customer, unknown, unknown in a bulk import, unknown once mirrored."""

from typing import Any

from bookbridge.mirror.sync import Sync, Wish
from lab import POUNDS, Lab, lab, load_contacts, options, receive, show


def bodies(count: int, prefix: str) -> list[dict[str, Any]]:
    """Orders of as many customers, each with an e-mail address."""
    return [
        {
            "order_id": f"{prefix}{number}",
            "customer_name": f"Customer {number}",
            "customer_email": f"{prefix.lower()}{number}@example.com",
            "currency": "GBP",
            "items": [{"name": "Lantern", "price": 4, "quantity": 3}],
        }
        for number in range(count)
    ]


def counted(
    made: Lab, orders: list[dict[str, Any]], *, loads: bool = False, seeds: bool = False, mirrors: bool = False
) -> dict[str, int]:
    """The calls of orders, by route.

    ``loads`` reads all contacts by page first, as a bulk import does; ``mirrors`` counts from after a sync on.
    """
    if seeds:
        rows = [_contact(order) for order in orders]
        made.sandbox.control("seed", {"organization_id": POUNDS, "contacts": rows})
    with made.app() as app:
        if seeds:
            load_contacts(app)
        if mirrors:
            assert Sync(app.services.mirror, app.services.zoho.organization(POUNDS), Wish()).run().is_good
        made.calls()
        if loads:
            load_contacts(app)
        receive(app, orders, channel="import" if loads else "api")
        with made.engine(app):
            states = made.rest(longest_s=300)
    assert states == {"done": len(orders)}, states
    return dict(made.calls())


def _contact(order: dict[str, Any]) -> dict[str, Any]:
    person = {"first_name": order["customer_name"], "email": order["customer_email"], "is_primary_contact": True}
    return {"contact_name": order["customer_name"], "contact_persons": [person]}


def main() -> None:
    """Count four kinds of orders, each in an installation of its own."""
    given = options(__doc__, count=100)
    figures: dict[str, Any] = {"orders of each kind": given.count}
    for name, how in (
        ("known customer", {"seeds": True}),
        ("unknown customer", {}),
        ("unknown customer, bulk import", {"loads": True}),
        ("unknown customer, mirrored", {"mirrors": True}),
    ):
        with lab() as made:
            calls = counted(made, bodies(given.count, name[:1].upper()), **how)
        figures[f"calls per order: {name}"] = round(sum(calls.values()) / given.count, 4)
        figures[f"  of which: {name}"] = ", ".join(f"{route} {count}" for route, count in sorted(calls.items()))
    show("API calls per order, no faults", figures, given)


if __name__ == "__main__":
    main()
