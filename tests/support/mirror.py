"""Syncs of a sandbox's books, and what people do in Zoho meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.kernel.clock import FixedClock
from bookbridge.mirror.entities import BY_NAME, ENTITIES
from bookbridge.mirror.sync import Outcome, Sync, Wish
from tests.support.app import built_app
from tests.support.sandbox import Zoho, running_sandbox


@contextmanager
def zoho_without_limits(**options: Any) -> Iterator[Zoho]:
    """A sandbox of one region, and a person's hands in it."""
    with running_sandbox(limits="off", regions=("us",), **options) as server:
        found = Zoho(server)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def mirrored(zoho: Zoho, url: str, home: Path, *, clock: FixedClock | None = None, **settings: Any) -> Iterator[App]:
    """An installation connected to the sandbox."""
    with built_app(zoho.server, url=url, home=home, clock=clock, **settings) as app:
        yield app


def sync(app: App, *entities: str, **wish: Any) -> tuple[Outcome, Sync]:
    """One sync."""
    given = Wish(entities=entities, **wish)
    run = Sync(app.services.mirror, app.services.zoho.default_organization(), given)
    return run.run(), run


def synced(app: App, *entities: str, **wish: Any) -> Sync:
    """One sync that must succeed."""
    outcome, run = sync(app, *entities, **wish)
    assert outcome.is_good, outcome
    return run


def living(app: App, entity: str) -> dict[str, Any]:
    """The living records of an entity by id."""
    declared = BY_NAME[entity]
    table: Any = declared.table
    with app.services.db.read() as tx:
        rows = tx.execute(sa.select(table).where(table.c.deleted_at.is_(None)))
        return {getattr(row, declared.id): row for row in rows}


def differences(app: App, zoho: Zoho) -> dict[str, set[str]]:
    """The ids by entity of which mirror and Zoho disagree: there or not, or in the balance; nothing when they agree."""
    found = {}
    for entity in ENTITIES:
        theirs = {row[entity.id]: row for row in rows_of(zoho, entity.path, entity.many, entity.params)}
        ours = living(app, entity.name)
        differ = {each for each in set(ours) & set(theirs) if balance(ours[each].payload) != balance(theirs[each])}
        if differ or set(ours) != set(theirs):
            found[entity.name] = differ | (set(ours) ^ set(theirs))
    return found


def balance(row: Any) -> Decimal:
    """What is open of a document; 0 for what has no balance."""
    return Decimal(str(row.get("balance") or 0))


def rows_of(zoho: Zoho, path: str, many: str, params: Any = None) -> list[dict[str, Any]]:
    """Every row of a list, as anybody can read it."""
    rows: list[dict[str, Any]] = []
    page, more = 1, True
    while more:
        body = zoho.books("GET", path, params={**(params or {}), "page": page, "per_page": 200}).json()
        rows += body[many]
        page, more = page + 1, body["page_context"]["has_more_page"]
    return rows


def customer(zoho: Zoho, name: str = "Ann Lee", **fields: Any) -> str:
    """A customer in Zoho."""
    return str(zoho.books("POST", "/contacts", json={"contact_name": name, **fields}).json()["contact"]["contact_id"])


def invoice(zoho: Zoho, customer_id: str, *, rate: float = 12.5, sent: bool = True, **fields: Any) -> str:
    """An invoice in Zoho of twice ``rate``."""
    lines = [{"name": "Tea", "rate": rate, "quantity": 2}]
    body = {"customer_id": customer_id, "line_items": lines, **fields}
    invoice_id = str(zoho.books("POST", "/invoices", json=body).json()["invoice"]["invoice_id"])
    if sent:
        zoho.books("POST", f"/invoices/{invoice_id}/status/sent")
    return invoice_id


def payment(zoho: Zoho, customer_id: str, amount: float, on: str, **applied: float) -> str:
    """A payment in Zoho; ``applied`` by ``i<invoice id>``."""
    rows = [{"invoice_id": name[1:], "amount_applied": part} for name, part in applied.items()]
    body = {"customer_id": customer_id, "amount": amount, "date": on, "payment_mode": "cash", "invoices": rows}
    return str(zoho.books("POST", "/customerpayments", json=body).json()["payment"]["payment_id"])
