"""Customer payments: over several invoices, or unapplied as an advance (FACTS 5.5)."""

from bookbridge.sandbox.books import comments, customfields
from bookbridge.sandbox.books.balances import CREDITS, count
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.currencies import rate_on
from bookbridge.sandbox.books.customerpayments_view import LISTING, detail
from bookbridge.sandbox.books.documents import refuse_locked
from bookbridge.sandbox.books.lists import answer
from bookbridge.sandbox.books.records import commit, get, insert, new_id, referenced, remove, save, today
from bookbridge.sandbox.books.settlements import PAYMENT, attach, detach, given_back, planned
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import (
    ONE,
    ZERO,
    Record,
    day,
    identities,
    invalid,
    number,
    objects,
    rounded,
    text,
    tidy,
)
from bookbridge.sandbox.call import Call, Reply, Route

CREATED = "The payment from the customer has been recorded"
UPDATED = "The details of the payment received from the customer have been updated"
TEXTS = {"reference_number": 100, "description": 2000, "payment_mode": 100, "location_id": 50}


def blank(call: Call) -> Record:
    """A payment that says nothing yet, with an id of its own."""
    return {
        "payment_id": new_id(call), "payment_number": "", "date": today(call), "amount": ZERO, "bank_charges": ZERO,
        "unused_amount": ZERO, "tax_amount_withheld": ZERO, "account_id": "", "customer_id": "", "currency_id": "",
        "exchange_rate": ONE, "_applied": [], "_refunds": [], "_custom": {}, "tags": [],
        **dict.fromkeys(TEXTS, ""), "payment_mode": "cash",
    }  # fmt: skip


def _rows(call: Call, payment: Record) -> list[Record]:
    """What a body applies: ``invoices``, else one invoice named at the top level, else what is applied already."""
    body = call.body
    if "invoices" in body:
        return objects(body, "invoices")
    if body.get("invoice_id"):
        return [{key: body[key] for key in ("invoice_id", "amount_applied", "tax_amount_withheld") if key in body}]
    return [dict(row) for row in payment["_applied"]]


def _currency(call: Call, payment: Record, rows: list[Record]) -> None:
    """The currency of the invoices, else the customer's; raises when the invoices have several."""
    table = call.org.table("invoices")
    found = {table[str(row["invoice_id"])]["currency_id"] for row in rows if str(row.get("invoice_id")) in table}
    if len(found) > 1:
        raise refusal(call.world, "currency_mismatch")
    customer = call.org.table("contacts")[payment["customer_id"]]
    wanted = found.pop() if found else customer["currency_id"]
    if call.body.get("currency_id") and str(call.body["currency_id"]) != wanted:
        raise refusal(call.world, "currency_mismatch")
    currency = call.org.table("currencies")[wanted]
    before = payment["exchange_rate"] if payment["currency_id"] == wanted else rate_on(currency, payment["date"])
    payment["currency_id"] = wanted
    payment["exchange_rate"] = ONE if currency["is_base_currency"] else tidy(number(call.body, "exchange_rate", before))


def _fill(call: Call, payment: Record, *, new: bool) -> list[Record]:
    """Take a body into a payment; returns the checked rows to apply."""
    body = call.body
    customer = referenced(call, "contacts", body.get("customer_id") or payment["customer_id"], "customer_id")
    if not new and customer["contact_id"] != payment["customer_id"] and payment["_refunds"]:
        raise invalid("customer_id")
    payment["customer_id"] = customer["contact_id"]
    payment["date"] = day(body, "date", payment["date"])
    for name, limit in TEXTS.items():
        payment[name] = text(body, name, limit, payment[name]).strip() or ("cash" if name == "payment_mode" else "")
    rows = _rows(call, payment)
    _currency(call, payment, rows)
    places = int(call.org.table("currencies")[payment["currency_id"]]["price_precision"])
    payment["amount"] = rounded(number(body, "amount", payment["amount"]), places)
    if payment["amount"] <= 0:
        raise invalid("amount")
    payment["bank_charges"] = number(body, "bank_charges", payment["bank_charges"])
    if body.get("account_id") not in (None, "", " "):
        payment["account_id"] = referenced(call, "chartofaccounts", body["account_id"], "account_id")["account_id"]
    payment["account_id"] = payment["account_id"] or account_named(call.org, "Undeposited Funds")["account_id"]
    if isinstance(body.get("tags"), list):
        payment["tags"] = body["tags"]
    customfields.write(call, "customerpayments", payment, body, "" if new else payment["payment_id"])
    return _checked(call, payment, rows)


def _checked(call: Call, payment: Record, rows: list[Record]) -> list[Record]:
    refunded = sum((row["amount"] for row in payment["_refunds"]), ZERO)
    limit = payment["amount"] - refunded
    return planned(call, PAYMENT, payment["customer_id"], rows, given_back(PAYMENT, payment), limit)


def next_number(call: Call) -> str:
    """The next number of the series of payments."""
    count_ = call.org.sequences.get("customerpayments", 1)
    call.org.sequences["customerpayments"] = count_ + 1
    return str(count_)


def created(call: Call) -> Reply:
    """``POST /customerpayments``."""
    payment = blank(call)
    if call.body.get("amount") in (None, ""):
        raise invalid("amount")
    rows = _fill(call, payment, new=True)
    refuse_locked(call, payment["date"])
    payment["payment_number"] = next_number(call)
    insert(call, "customerpayments", payment)
    attach(call, PAYMENT, payment, rows)
    comments.note(call, payment, f"Payment of {payment['amount']} received")
    commit(call, "customerpayments", payment)
    return Reply({"payment": detail(call, payment)}, 201, CREATED)


def updated(call: Call) -> Reply:
    """``PUT /customerpayments/{id}``: ``invoices`` replaces what is applied."""
    payment = get(call, "customerpayments", call.ids["payment_id"])
    fresh = dict(payment)
    rows = _fill(call, fresh, new=False)
    refuse_locked(call, payment["date"], fresh["date"])
    detach(call, PAYMENT, payment)
    payment.update({name: value for name, value in fresh.items() if name not in ("_applied", "_counted")})
    attach(call, PAYMENT, payment, rows)
    save(call, "customerpayments", payment)
    commit(call, "customerpayments", payment)
    return Reply({"payment": detail(call, payment)}, message=UPDATED)


def upserted(call: Call) -> Reply:
    """``PUT /customerpayments`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "customerpayments", created, updated)


def listed(call: Call) -> Reply:
    """``GET /customerpayments``."""
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /customerpayments/{id}``."""
    return Reply({"payment": detail(call, get(call, "customerpayments", call.ids["payment_id"]))})


def delete_one(call: Call, payment_id: str) -> None:
    """Delete a payment: the balances of its invoices come back."""
    payment = get(call, "customerpayments", payment_id)
    refuse_locked(call, payment["date"])
    detach(call, PAYMENT, payment)
    count(call, payment, CREDITS, ZERO)
    remove(call, "customerpayments", payment_id)
    commit(call, "customerpayments", payment)


def deleted(call: Call) -> Reply:
    """``DELETE /customerpayments/{id}``."""
    delete_one(call, call.ids["payment_id"])
    return Reply({}, message="The payment has been deleted.")


def bulk_deleted(call: Call) -> Reply:
    """``DELETE /customerpayments?payment_ids=&bulk_delete=true``."""
    wanted = identities(call.query.get("payment_ids"))
    if not wanted:
        raise invalid("payment_ids")
    for payment_id in [get(call, "customerpayments", one)["payment_id"] for one in wanted]:
        delete_one(call, payment_id)
    return Reply({}, message="The payment has been deleted.")


ROUTES = (
    Route("GET", "/customerpayments", "customerpayments.READ", listed),
    Route("POST", "/customerpayments", "customerpayments.CREATE", created),
    Route("PUT", "/customerpayments", "customerpayments.UPDATE", upserted),
    Route("DELETE", "/customerpayments", "customerpayments.DELETE", bulk_deleted),
    Route("GET", "/customerpayments/{payment_id}", "customerpayments.READ", got),
    Route("PUT", "/customerpayments/{payment_id}", "customerpayments.UPDATE", updated),
    Route("DELETE", "/customerpayments/{payment_id}", "customerpayments.DELETE", deleted),
)
