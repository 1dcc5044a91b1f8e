"""Orders accepted together: as if each had come alone, in a number of statements that does not grow with them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.effects import parties
from bookbridge.inbox.order_body import parse_body, to_order
from bookbridge.inbox.receive import Delivery, Receipt
from bookbridge.sandbox.launch import SandboxServer
from bookbridge.store import export, tables
from tests.support.app import an_order, built_app
from tests.support.sandbox import running_sandbox


@pytest.fixture(scope="module")
def box() -> Iterator[SandboxServer]:
    """A sandbox; nothing here sends it anything but the connection."""
    with running_sandbox(limits="off") as server:
        yield server


@pytest.fixture
def app(box: SandboxServer, database_url: str, tmp_path: Path) -> Iterator[App]:
    """An application whose engine never runs."""
    with built_app(box, url=database_url, home=tmp_path) as built:
        built.services.zoho.default_organization()
        yield built


def delivery(app: App, body: dict[str, Any], *, channel: str = "hook", organization_id: str = "") -> Delivery:
    """An order as it came."""
    organization = app.services.zoho.default_organization()
    if organization_id:
        organization = replace(organization, organization_id=organization_id)
    return Delivery(to_order(parse_body.validate(body), order_id=body["order_id"]), organization, channel)


def receive(app: App, deliveries: list[Delivery]) -> list[Receipt]:
    """Accept them in one transaction."""
    with app.services.db.transaction() as tx, app.services.ledger.gathering(tx):
        return app.services.inbox.receive_all_in(tx, deliveries)


def bind_customer(app: App) -> None:
    """The customer of ``an_order`` is known."""
    organization_id = app.services.zoho.default_organization().organization_id
    order = to_order(parse_body.validate(an_order()), order_id="x")
    key = parties.identity_key(organization_id, source=order.source, party=order.party)
    with app.services.db.transaction() as tx:
        parties.bind(app.services.db, tx, organization_id, key, "460000000026049")


def effects(app: App) -> list[Any]:
    """Every effect: kind, order, what it waits for, its run."""
    table = tables.effects
    with app.services.db.read() as tx:
        return list(
            tx.execute(
                sa.select(table.c.kind, table.c.order_pk, table.c.depends_on, table.c.run_id).order_by(table.c.id)
            )
        )


def test_many_orders_cost_no_more_statements_than_a_few(app: App) -> None:
    """Thirty orders of a known customer: each has its invoice planned and queued, sixteen to a run."""
    bind_customer(app)
    deliveries = [delivery(app, an_order(str(number))) for number in range(30)]
    seen: list[str] = []
    sa.event.listen(app.services.db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    receipts = receive(app, deliveries)
    assert len(seen) <= 14, seen
    assert {receipt.outcome for receipt in receipts} == {"new"}
    planned = effects(app)
    assert {row.order_pk for row in planned} == {receipt.order_pk for receipt in receipts}
    assert {row.kind for row in planned} == {"invoice.create"}
    assert len({row.run_id for row in planned}) == 2 and None not in {row.run_id for row in planned}


def test_first_orders_of_one_customer_make_one_contact_that_all_wait_for(app: App) -> None:
    """The contact has a run, the invoices have none until it is there; another customer has another contact."""
    receive(app, [delivery(app, an_order(str(number))) for number in range(5)])
    receive(app, [delivery(app, an_order("6")), delivery(app, an_order("7", customerEmail="bea@example.com"))])
    contacts = [row for row in effects(app) if row.kind == "contact.ensure"]
    invoices = [row for row in effects(app) if row.kind == "invoice.create"]
    assert (len(contacts), len(invoices)) == (2, 7)
    assert {row.run_id is None for row in contacts} == {False}
    assert {row.run_id for row in invoices} == {None}
    assert sorted(
        len([row for row in invoices if row.depends_on == name]) for name in {r.depends_on for r in invoices}
    ) == [1, 6]


def test_an_order_that_comes_twice_in_a_batch_is_stored_once(app: App) -> None:
    """Equal content is the same order; other content is shown to a person, as if it had come later."""
    changed = an_order("1", notes="other")
    receipts = receive(app, [delivery(app, body) for body in (an_order("1"), an_order("1"), changed, an_order("2"))])
    assert [receipt.outcome for receipt in receipts] == ["new", "same", "changed", "new"]
    assert len({receipt.order_pk for receipt in receipts}) == 2
    with app.services.db.read() as tx:
        assert export.order_states(tx) == {"review": 1, "received": 1}
    again = receive(app, [delivery(app, an_order("2")), delivery(app, an_order("3"))])
    assert [receipt.outcome for receipt in again] == ["same", "new"]
    assert again[0].order_pk == receipts[3].order_pk


def test_orders_for_two_organizations_may_come_together(app: App) -> None:
    """The same id sent to two organizations is two orders, each planned in its own."""
    both = [delivery(app, an_order("1"), organization_id=each) for each in ("10000001", "10000002")]
    assert [receipt.outcome for receipt in receive(app, both)] == ["new", "new"]
    with app.services.db.read() as tx:
        planned = tx.execute(sa.select(tables.effects.c.organization_id, tables.effects.c.kind)).all()
    assert sorted(tuple(row) for row in planned) == [
        (each, kind) for each in ("10000001", "10000002") for kind in ("contact.ensure", "invoice.create")
    ]
