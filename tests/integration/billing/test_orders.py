"""An order becomes exactly one invoice, whatever Zoho, the network and people do meanwhile (RELIABILITY 1.4)."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from bookbridge.access import directory
from bookbridge.bootstrap import App
from bookbridge.features.billing import actions
from bookbridge.kernel.clock import FixedClock
from bookbridge.kernel.errors import ConflictError
from tests.support.app import an_order, order, send, settle
from tests.support.sandbox import Zoho

CREATE = {"method": "POST", "path": "^/invoices$"}


def invoices(zoho: Zoho) -> list[dict[str, Any]]:
    """Every invoice there is."""
    rows: list[dict[str, Any]] = zoho.books("GET", "/invoices").json()["invoices"]
    return rows


def fault(zoho: Zoho, kind: str, *, match: dict[str, str] | None = None, times: int = 1, **params: Any) -> None:
    """Let the next matching calls go wrong."""
    rule = {"kind": kind, "match": match or CREATE, "rate": 1.0, "times": times, "params": params}
    zoho.control("faults", {"rules": [rule], "seed": 1, "scale": 0.01})


def test_an_order_becomes_one_invoice_with_its_key_number_and_total(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """The invoice carries the order's number, our key and the predicted total; the customer exists once."""
    receipt = send(app, an_order())
    settle(app, clock)

    done = order(app, receipt)
    assert (done.state, done.invoice_total_minor, done.total_minor) == ("done", 3998, 3998)
    (row,) = invoices(zoho)
    assert row["invoice_number"] == "BB-1001"
    assert len(row["custom_field_hash"]["cf_bookbridge_key"]) == 16


def test_a_known_customer_costs_one_call_and_an_unknown_one_at_most_three(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Look-up, contact, invoice; afterwards the invoice alone."""
    app.services.zoho.default_organization()
    before = len(zoho.control("requests"))
    send(app, an_order("1"))
    settle(app, clock)
    first = len(zoho.control("requests")) - before
    send(app, an_order("2"))
    settle(app, clock)
    second = len(zoho.control("requests")) - before - first

    assert first <= 3
    assert second == 1


def test_the_same_order_again_changes_nothing(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Equal content, however the amounts are written, is the same order."""
    send(app, an_order())
    again = send(app, an_order(items=[{"name": "Lantern", "price": Decimal("19.990"), "quantity": Decimal("2.0")}]))
    settle(app, clock)

    assert again.outcome == "same"
    assert len(invoices(zoho)) == 1


def test_other_content_under_the_same_id_is_shown_to_a_person(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """By hook or file it becomes a review, by API a conflict; there is one invoice either way."""
    send(app, an_order())
    settle(app, clock)

    assert send(app, an_order(notes="other")).outcome == "changed"
    by_hook = send(app, an_order(notes="other"), channel="hook")
    settle(app, clock)

    assert order(app, by_hook).state == "review"
    assert len(invoices(zoho)) == 1


def test_first_orders_of_one_customer_at_once_make_one_contact(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Sixteen orders of a new customer, sent by eight threads, wait for one create."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: send(app, an_order(f"C{number}")), range(16)))
    settle(app, clock)

    contacts = zoho.books("GET", "/contacts").json()["contacts"]
    assert [contact["email"] for contact in contacts] == ["ada@example.com"]
    assert len(invoices(zoho)) == 16


def test_two_runs_of_one_effect_at_once_send_once(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """The fence: whoever takes the epoch sends."""
    zoho.control("latency", {"ms": 30})
    send(app, an_order("known"))
    settle(app, clock)
    seen = len(creates(zoho))
    receipts = [send(app, an_order(f"R{number}")) for number in range(4)]
    with app.services.db.read() as tx:
        ids = [effect.id for receipt in receipts for effect in app.services.ledger.of_order(tx, receipt.order_pk)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(app.runner.run, ids * 4))
    settle(app, clock)

    assert len(invoices(zoho)) == 5
    assert len(creates(zoho)) - seen == 4


def creates(zoho: Zoho) -> list[dict[str, Any]]:
    """Every create of an invoice that reached Zoho."""
    entries = zoho.control("requests")
    return [entry for entry in entries if entry["method"] == "POST" and entry["path"].endswith("/invoices")]


@pytest.mark.parametrize(
    "kind",
    [
        "request_lost", "error_before", "error_after", "answer_lost", "late_commit", "limit_44", "limit_45",
        "limit_1070", "cut_json", "html_200", "code_nonzero_200", "other_answer", "expired_token",
    ],
)  # fmt: skip
def test_a_fault_during_the_create_leaves_exactly_one_invoice(
    app: App, clock: FixedClock, zoho: Zoho, kind: str
) -> None:
    """Each fault alone, on the create of the second order: one invoice an order, bound to its own."""
    send(app, an_order("first"))
    settle(app, clock)
    fault(zoho, kind, min_s=1, max_s=2)
    receipt = send(app, an_order("second"))
    settle(app, clock)

    done = order(app, receipt)
    assert done.state == "done"
    mine = [row for row in invoices(zoho) if row["reference_number"] == "second"]
    assert [row["invoice_id"] for row in mine] == [done.invoice_id]
    assert len(invoices(zoho)) == 2


@pytest.mark.parametrize("kind", ["request_lost", "error_after", "answer_lost", "other_answer", "cut_json"])
def test_a_fault_during_the_contact_leaves_exactly_one_contact(
    app: App, clock: FixedClock, zoho: Zoho, kind: str
) -> None:
    """The contact is an effect too."""
    send(app, an_order("first", customerEmail="eve@example.com", customerName="Eve"))
    settle(app, clock)
    fault(zoho, kind, match={"method": "POST", "path": "^/contacts$"})
    receipt = send(app, an_order("second"))
    settle(app, clock)

    assert order(app, receipt).state == "done"
    emails = [contact["email"] for contact in zoho.books("GET", "/contacts").json()["contacts"]]
    assert sorted(emails) == ["ada@example.com", "eve@example.com"]


def test_a_foreign_invoice_on_our_number_gives_the_order_the_next_number(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Found, not ours: another number, and the stranger's invoice is never bound or changed."""
    stranger = zoho.books("POST", "/contacts", json={"contact_name": "Stranger"}).json()["contact"]["contact_id"]
    body = {
        "customer_id": stranger,
        "invoice_number": "BB-1001",
        "line_items": [{"name": "x", "rate": 1, "quantity": 1}],
    }
    zoho.books("POST", "/invoices", params={"ignore_auto_number_generation": "true"}, json=body)

    receipt = send(app, an_order())
    settle(app, clock)

    done = order(app, receipt)
    assert done.state == "done"
    assert done.invoice_number is not None
    assert done.invoice_number.startswith("BB-1001-")


def test_a_void_while_the_outcome_was_unknown_is_adopted_and_shown(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A person's void is never undone: the order is bound and waits for a person."""
    send(app, an_order("first"))
    settle(app, clock)
    fault(zoho, "answer_lost")
    receipt = send(app, an_order("second"))
    app.runner.run(effect_of(app, receipt))
    (mine,) = [row for row in invoices(zoho) if row["reference_number"] == "second"]
    base = {"organization_id": zoho.organization_id, "resource": "invoices", "id": mine["invoice_id"]}
    zoho.control("people", {**base, "action": "mark_sent"})
    zoho.control("people", {**base, "action": "void"})
    settle(app, clock)

    done = order(app, receipt)
    assert (done.state, done.invoice_id) == ("review", mine["invoice_id"])


def test_a_renumbered_invoice_is_found_by_its_key(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """The accountant renumbers ours before we know of it: the unique field refuses a second one."""
    send(app, an_order("first"))
    settle(app, clock)
    fault(zoho, "answer_lost")
    receipt = send(app, an_order("second"))
    app.runner.run(effect_of(app, receipt))
    (mine,) = [row for row in invoices(zoho) if row["reference_number"] == "second"]
    edit = {"organization_id": zoho.organization_id, "resource": "invoices", "id": mine["invoice_id"]}
    zoho.control("people", {**edit, "action": "renumber", "fields": {"invoice_number": "ACC-7"}})
    settle(app, clock)

    assert order(app, receipt).invoice_id == mine["invoice_id"]
    assert len(invoices(zoho)) == 2


def effect_of(app: App, receipt: Any) -> str:
    """The invoice effect of an order."""
    with app.services.db.read() as tx:
        return app.services.ledger.of_order(tx, receipt.order_pk)[-1].id


def test_a_refused_order_is_a_dead_letter_with_zohos_reason_and_can_be_retried(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """A locked period refuses the invoice; after it is unlocked the retry reads first and sends the same bytes."""
    zoho.control(
        "people", {"organization_id": zoho.organization_id, "action": "lock", "fields": {"until": "2030-01-01"}}
    )
    receipt = send(app, an_order())
    settle(app, clock)
    failed = order(app, receipt)
    assert failed.state == "failed"
    assert failed.reason

    zoho.control("people", {"organization_id": zoho.organization_id, "action": "unlock"})
    actions.retry(app.services, receipt.order_pk)
    settle(app, clock)

    assert order(app, receipt).state == "done"
    assert len(invoices(zoho)) == 1


def test_a_discarded_order_sends_nothing_and_an_invoiced_one_cannot_be_discarded(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Giving up is possible only where nothing is in the books."""
    receipt = send(app, an_order())
    actions.discard(app.services, receipt.order_pk, reason="typed twice")
    settle(app, clock)
    assert order(app, receipt).state == "discarded"
    assert invoices(zoho) == []

    other = send(app, an_order("other"))
    settle(app, clock)
    with pytest.raises(ConflictError):
        actions.discard(app.services, other.order_pk, reason="")


def test_the_penny_guard_adjusts_rounding_and_stops_the_rest(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """One minor unit a line goes into the adjustment with a text, more waits for a person and sends nothing."""
    near = send(app, an_order("near", total=Decimal("39.99")))
    far = send(app, an_order("far", total=Decimal("45.00")))
    settle(app, clock)

    assert order(app, near).state == "done"
    assert order(app, far).state == "review"
    (row,) = invoices(zoho)
    assert (row["total"], row["adjustment"]) == (39.99, 0.01)


def test_the_catalog_fills_what_the_order_leaves_out(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """A SKU without a price takes rate and unit of the item; an unknown one waits for a person."""
    item = {"name": "Teapot", "rate": 12.5, "sku": "TEA-1", "unit": "pcs"}
    zoho.books("POST", "/items", json=item)
    known = send(app, an_order("known", items=[{"sku": "TEA-1", "quantity": 3}]))
    unknown = send(app, an_order("unknown", items=[{"sku": "NOPE", "quantity": 3}]))
    settle(app, clock)

    assert order(app, known).invoice_total_minor == 3750
    stuck = order(app, unknown)
    assert stuck.state == "review"
    assert "NOPE" in str(stuck.reason)


def test_a_foreign_currency_is_invoiced_in_that_currency_with_its_decimals(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """Yen have no decimals; the customer is created in the currency of the order."""
    receipt = send(app, an_order("yen", currency="JPY", items=[{"name": "Tea", "price": 1250, "quantity": 3}]))
    settle(app, clock)

    done = order(app, receipt)
    assert (done.state, done.exponent, done.invoice_total_minor) == ("done", 0, 3750)
    assert invoices(zoho)[0]["currency_code"] == "JPY"


def test_a_foreign_invoice_carries_the_organizations_own_rate_of_its_day(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """The latest rate entered until the day of the order; asked for once a day and currency (FACTS 3.3)."""
    rows = zoho.books("GET", "/settings/currencies").json()["currencies"]
    yen = next(row["currency_id"] for row in rows if row["currency_code"] == "JPY")
    for day, rate in (("2026-01-01", "0.0065"), ("2026-03-01", "0.0071"), ("2026-03-09", "0.0099")):
        answer = zoho.books(
            "POST", f"/settings/currencies/{yen}/exchangerates", json={"effective_date": day, "rate": rate}
        )
        assert answer.status_code < 300, answer.text
    before = len(zoho.control("requests"))
    tea = [{"name": "Tea", "price": 1250, "quantity": 3}]
    for name in ("1", "2"):
        receipt = send(app, an_order(name, currency="JPY", items=tea, ordered_at="2026-03-02T10:00:00Z"))
        settle(app, clock)
        assert order(app, receipt).state == "done"

    assert {Decimal(str(row["exchange_rate"])) for row in invoices(zoho)} == {Decimal("0.0071")}
    asked = [row for row in zoho.control("requests")[before:] if row["path"].endswith("/exchangerates")]
    assert len(asked) == 1


def test_one_order_id_in_two_organizations_makes_two_invoices(app: App, clock: FixedClock, zoho: Zoho) -> None:
    """Each organization has its own ledger."""
    access = app.services.zoho
    first = access.default_organization()
    assert first.grant_id is not None
    rows = directory.visible_organizations(access.grant_session(first.grant_id))
    (other,) = [row for row in rows if row["organization_id"] != first.organization_id]
    adopted = access.adopt(
        directory.organization_of(other, region=first.region, grant_id=first.grant_id), at=clock.now()
    )

    receipts = [send(app, an_order(), organization_id=each.organization_id) for each in (first, adopted)]
    settle(app, clock)

    assert [order(app, receipt).state for receipt in receipts] == ["done", "done"]
    assert len({order(app, receipt).invoice_id for receipt in receipts}) == 2


def test_the_breaker_stops_creates_after_five_ambiguous_answers_and_closes_by_a_read(
    app: App, clock: FixedClock, zoho: Zoho
) -> None:
    """An outage does not turn the whole queue into unknowns."""
    send(app, an_order("known"))
    settle(app, clock)
    fault(zoho, "error_before", times=5)
    receipts = [send(app, an_order(f"O{number}")) for number in range(8)]
    for receipt in receipts:
        app.runner.run(effect_of(app, receipt))
    with app.services.db.read() as tx:
        sent = [app.services.ledger.of_order(tx, receipt.order_pk)[-1].attempts for receipt in receipts]
    assert sent == [1, 1, 1, 1, 1, 0, 0, 0]

    settle(app, clock)

    assert [order(app, receipt).state for receipt in receipts] == ["done"] * 8
    assert len(invoices(zoho)) == 9


def test_a_total_beyond_every_books_is_shown_to_a_person(app: App, clock: FixedClock) -> None:
    """An order whose total no database column holds waits for a person; it is not tried for ever."""
    body = an_order("huge", items=[{"name": "Lantern", "price": Decimal("1E+17"), "quantity": Decimal("1E+17")}])
    receipt = send(app, body)
    settle(app, clock)
    row = order(app, receipt)
    assert row.state == "review" and "too large" in (row.reason or "")
