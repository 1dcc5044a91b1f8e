"""What used to leave an order stuck, spinning or in a state that was not true (RELIABILITY 1.4, rows 19 to 28)."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bookbridge.bootstrap import App
from bookbridge.effects import parties, waking
from bookbridge.effects.states import State
from bookbridge.features.billing import actions
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.errors import ConflictError
from bookbridge.kernel.orders import Party
from bookbridge.store import organizations, tables
from tests.integration.billing.test_orders import creates, effect_of, fault, invoices
from tests.support.app import an_order, built_app, order, send, settle
from tests.support.sandbox import Zoho

ORGANIZATION = "10000001"
NOBODYS = {"currency": "XAU"}
"""A currency the sandbox's organization does not have: its customer cannot be created."""


def people(zoho: Zoho, action: str, **members: Any) -> None:
    """Let a person do something in Zoho's own user interface."""
    zoho.control("people", {"organization_id": zoho.organization_id, "action": action, **members})


def contacts(zoho: Zoho) -> list[dict[str, Any]]:
    """Every contact there is."""
    rows: list[dict[str, Any]] = zoho.books("GET", "/contacts").json()["contacts"]
    return rows


def test_an_order_of_a_customer_who_failed_before_tries_the_customer_again(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """The first order fails for want of its contact; the second one does not wait for ever and frees the first."""
    for name in ("Ada One", "Ada Two"):
        person = {"email": "ada@example.com", "is_primary_contact": True}
        zoho.books("POST", "/contacts", json={"contact_name": name, "contact_persons": [person]})
    first = send(app, an_order("first"))
    settle(app, clock)
    assert order(app, first).state == "review"
    people(zoho, "merge", **{"from": contacts(zoho)[0]["contact_id"], "into": contacts(zoho)[1]["contact_id"]})

    second = send(app, an_order("second"))
    settle(app, clock)

    assert [order(app, each).state for each in (first, second)] == ["done", "done"]
    assert order(app, first).reason is None


def test_a_customer_merged_in_zoho_is_found_again_and_the_number_stays(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Row 22: the mapping is dropped, the contact looked up anew, new bytes go out as the next revision."""
    send(app, an_order("1"))
    settle(app, clock)
    other = zoho.books("POST", "/contacts", json={"contact_name": "Somebody else"}).json()["contact"]["contact_id"]
    people(zoho, "merge", **{"from": contacts(zoho)[0]["contact_id"], "into": other})

    receipt = send(app, an_order("2"))
    settle(app, clock)

    done = order(app, receipt)
    assert (done.state, done.invoice_number) == ("done", "BB-2")
    (row,) = [row for row in invoices(zoho) if row["invoice_number"] == "BB-2"]
    assert row["customer_id"] == done.contact_id != other


def test_an_order_whose_customer_was_forgotten_finds_or_creates_it(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A binding that disappears between planning and sending does not end in a review nobody can end."""
    send(app, an_order("1"))
    settle(app, clock)
    receipt = send(app, an_order("2"))
    key = parties.identity_key(ORGANIZATION, source="default", party=Party(email="ada@example.com"))
    with app.services.db.transaction() as tx:
        bound = parties.bound_contact(tx, ORGANIZATION, key)
        assert bound is not None
        parties.forget(tx, ORGANIZATION, bound)
    settle(app, clock)

    assert order(app, receipt).state == "done"
    assert len(contacts(zoho)) == 1


def test_a_discard_that_comes_too_late_is_refused(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """An order is not called discarded while its invoice is on the way."""
    send(app, an_order("known"))
    settle(app, clock)
    fault(zoho, "answer_lost")
    receipt = send(app, an_order("late"))
    app.runner.run(effect_of(app, receipt))

    with pytest.raises(ConflictError):
        actions.discard(app.services, receipt.order_pk, reason="too late")
    settle(app, clock)

    assert order(app, receipt).state == "done"


def test_an_order_whose_invoice_was_deleted_says_so_and_can_be_discarded(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Row 20: never made again by itself; a person decides, and can."""
    receipt = send(app, an_order())
    settle(app, clock)
    send(app, an_order(notes="changed"), channel="hook")
    people(zoho, "delete", resource="invoices", id=order(app, receipt).invoice_id)

    looked = actions.retry(app.services, receipt.order_pk)
    assert looked.state == "review"
    assert "deleted" in str(looked.reason)
    assert actions.discard(app.services, receipt.order_pk, reason="").state == "discarded"
    assert invoices(zoho) == []


def test_marking_a_deleted_invoice_as_sent_ends_and_a_retry_repeats_what_failed(
    zoho: Zoho, clock: FixedClock, sqlite_url: str, tmp_path: Path
) -> None:
    """The follow-up of an invoice fails visibly instead of reading for ever, and is what a retry tries again."""
    with built_app(zoho.server, url=sqlite_url, home=tmp_path, clock=clock, invoice_status="sent") as app:
        fault(zoho, "limit_44", match={"method": "POST", "path": "/status/sent$"}, times=1)
        receipt = send(app, an_order())
        app.runner.run(customer_effect(app))  # and what waits for it
        people(zoho, "delete", resource="invoices", id=order(app, receipt).invoice_id)
        settle(app, clock)
        assert order(app, receipt).state == "failed"

        assert actions.retry(app.services, receipt.order_pk).state == "working"
        settle(app, clock)
        assert order(app, receipt).state == "failed"


def customer_effect(app: App) -> str:
    """The effect of the only customer."""
    query = sa.select(tables.effects.c.id).where(tables.effects.c.kind == parties.ENSURE)
    with app.services.db.read() as tx:
        return str(tx.execute(query).scalar_one())


def test_the_answer_of_another_call_does_not_mark_an_invoice_as_sent(
    zoho: Zoho, clock: FixedClock, sqlite_url: str, tmp_path: Path
) -> None:
    """Only an answer without a record can be a status action's; otherwise the invoice is read."""
    with built_app(zoho.server, url=sqlite_url, home=tmp_path, clock=clock, invoice_status="sent") as app:
        sent = {"method": "POST", "path": "/status/sent$"}
        fault(zoho, "html_200", match=sent)
        receipt = send(app, an_order())
        settle(app, clock)

        assert order(app, receipt).state == "done"
        assert invoices(zoho)[0]["status"] in ("sent", "overdue")


def test_a_mailed_invoice_for_a_customer_without_address_waits_for_a_person(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Nothing is sent to Zoho that it would refuse for want of an address; with one the retry goes through."""
    receipt = send(app, an_order(customerEmail="", customer_id="77", send_email=True))
    settle(app, clock)
    stuck = order(app, receipt)
    assert stuck.state == "review"
    assert "e-mail address" in str(stuck.reason)
    assert creates(zoho) == []

    (contact,) = contacts(zoho)
    person = {"first_name": "Ada", "email": "ada@example.com", "is_primary_contact": True}
    people(zoho, "edit", resource="contacts", id=contact["contact_id"], fields={"contact_persons": [person]})
    actions.retry(app.services, receipt.order_pk)
    settle(app, clock)
    assert order(app, receipt).state == "done"


def test_zohos_own_numbers_are_refused_without_the_unique_field(
    zoho: Zoho, clock: FixedClock, sqlite_url: str, tmp_path: Path
) -> None:
    """An organization connected later without the field would have no key at all; nothing is sent for it."""
    with built_app(zoho.server, url=sqlite_url, home=tmp_path, clock=clock, numbering="zoho") as app:
        app.services.zoho.default_organization()
        with app.services.db.transaction() as tx:
            organizations.set_key_field(tx, ORGANIZATION, None, by_module={})
        app.services.zoho.forget(ORGANIZATION)
        receipt = send(app, an_order())
        settle(app, clock)

        assert order(app, receipt).state == "review"
        assert creates(zoho) == []


@pytest.mark.parametrize("kind", ["answer_lost", "error_before", "late_commit", "other_answer", "cut_json"])
def test_without_the_unique_field_the_number_alone_keeps_an_order_single(
    app: App, clock: FixedClock, zoho: Zoho, kind: str
) -> None:
    """Texts that Zoho trims do not make our own invoice look like a stranger's."""
    app.services.zoho.default_organization()
    with app.services.db.transaction() as tx:
        organizations.set_key_field(tx, ORGANIZATION, None, by_module={})
    app.services.zoho.forget(ORGANIZATION)
    send(app, an_order("first"))
    settle(app, clock)
    fault(zoho, kind, min_s=1, max_s=2)
    receipt = send(app, an_order("second", reference_number=" PO  7 "))
    settle(app, clock)

    assert order(app, receipt).state == "done"
    assert len(invoices(zoho)) == 2


def test_names_that_differ_by_case_or_blanks_are_one_name(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Zoho refuses a name that differs from another, even a vendor's, by case only: the customer gets the next name."""
    zoho.books("POST", "/contacts", json={"contact_name": "ADA LOVELACE", "contact_type": "vendor"})
    long = "Ada " + "x" * 95 + " y"
    receipts = [
        send(app, an_order("1")),
        send(app, an_order("2", customerEmail="b@example.com", customerName=long)),
        send(app, an_order("3", customerEmail="c@example.com", customerName="ada   lovelace")),
    ]
    settle(app, clock)

    assert [order(app, receipt).state for receipt in receipts] == ["done"] * 3
    assert len({row["customer_id"] for row in invoices(zoho)}) == 3


def test_a_paused_organization_sends_nothing_and_goes_on_at_once_when_it_is_hurried(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Row 28: orders accumulate; after a reconnect they do not sit out their pause."""
    app.services.zoho.default_organization()
    with app.services.db.transaction() as tx:
        organizations.pause(tx, ORGANIZATION, reason="Stopped by a person.")
    app.services.zoho.forget(ORGANIZATION)
    receipt = send(app, an_order())
    app.runner.run(customer_effect(app))
    clock.advance(3000)
    app.runner.run(customer_effect(app))
    assert creates(zoho) == contacts(zoho) == []

    with app.services.db.transaction() as tx:
        organizations.resume(tx, ORGANIZATION)
    app.services.zoho.forget(ORGANIZATION)
    assert waking.hurry(app.services.ledger, ORGANIZATION) == 1
    now = clock.now()
    settle(app, clock)

    assert order(app, receipt).state == "done"
    assert (clock.now() - now).total_seconds() < 1


def test_a_fault_of_ours_is_seen_and_does_not_spin(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """An organization in a time zone nobody knows: the order says so; the other effects of the run go on."""
    app.services.zoho.default_organization()
    with app.services.db.transaction() as tx:
        tx.execute(sa.update(tables.organizations).values(time_zone="Nowhere/Land"))
    app.services.zoho.forget(ORGANIZATION)
    receipt = send(app, an_order())
    settle(app, clock)

    assert order(app, receipt).state == "review"
    assert "time zone" in str(order(app, receipt).reason)


def test_what_was_not_foreseen_is_shown_tried_again_and_given_up_after_a_day(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """An exception nobody expected neither loses the effect nor keeps it spinning."""
    send(app, an_order("known"))
    settle(app, clock)
    receipt = send(app, an_order("broken"))
    effect_id = effect_of(app, receipt)
    with app.services.db.transaction() as tx:
        tx.execute(sa.update(tables.effects).where(tables.effects.c.id == effect_id).values(intent={"okey": "x"}))
    app.runner.run(effect_id)
    assert "not foreseen" in str(order(app, receipt).reason)
    runs = 0
    with app.services.db.read() as tx:
        effect = app.services.ledger.get(tx, effect_id)
    while effect is not None and effect.state is State.PLANNED:
        clock.advance(max(0.0, (effect.not_before - clock.now()).total_seconds()) + 0.001)
        app.runner.run(effect_id)
        runs += 1
        with app.services.db.read() as tx:
            effect = app.services.ledger.get(tx, effect_id)

    assert order(app, receipt).state == "failed"
    assert runs < 400


def test_lines_with_skus_nobody_has_cost_one_reading_of_the_catalog(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A large order with its own prices is not asked about line by line, and an empty catalog is remembered."""
    send(app, an_order("known"))
    settle(app, clock)
    before = len(zoho.control("requests"))
    items = [{"name": f"Item {number}", "price": 1, "sku": f"SKU-{number}"} for number in range(675)]
    for name in ("large", "larger"):
        send(app, an_order(name, items=items))
        settle(app, clock)

    assert len(zoho.control("requests")) - before == 3


def test_the_rounding_of_taxes_is_learned_from_the_first_invoice(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """An organization that rounds on each line: the first total is predicted anew, the next ones rightly at once."""
    tax = zoho.books("POST", "/settings/taxes", json={"tax_name": "VAT", "tax_percentage": 7.5}).json()["tax"]
    zoho.server.world.orgs[ORGANIZATION].settings["tax_rounding"] = "item_level"
    items = [{"name": f"Item {number}", "price": Decimal("1.02"), "tax": tax["tax_name"]} for number in range(5)]
    first = send(app, an_order("first", items=items))
    settle(app, clock)
    again = send(app, an_order("again", items=items, total=Decimal("5.50")))
    settle(app, clock)

    assert [order(app, each).state for each in (first, again)] == ["done", "done"]
    assert order(app, first).total_minor == order(app, first).invoice_total_minor == 550
    assert app.services.zoho.organization(ORGANIZATION).info["tax_rounding"] == "item_level"
