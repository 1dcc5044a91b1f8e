"""Payments to vendors: over several bills, or ahead of any (FACTS 5.17)."""

from bookbridge.sandbox.books import comments, customfields
from bookbridge.sandbox.books.balances import VENDOR_CREDITS, count
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.currencies import rate_on
from bookbridge.sandbox.books.documents import refuse_locked
from bookbridge.sandbox.books.lists import answer
from bookbridge.sandbox.books.records import commit, get, insert, new_id, referenced, remove, save, today
from bookbridge.sandbox.books.settlements import VENDOR_PAYMENT, attach, detach, given_back, planned
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
from bookbridge.sandbox.books.vendorpayments_view import LISTING, detail
from bookbridge.sandbox.call import Call, Reply, Route

CREATED = "The payment made to the vendor has been recorded"
UPDATED = "The details of the payment made to the vendor have been updated"
DELETED = "The payment has been deleted."
TEXTS = {"reference_number": 100, "description": 2000, "payment_mode": 100, "location_id": 50}
RECEIVING = ("income", "other_income", "expense", "accounts_receivable", "accounts_payable")


def _blank(call: Call) -> Record:
    return {
        "payment_id": new_id(call), "payment_number": "", "date": today(call), "amount": ZERO, "balance": ZERO,
        "tax_amount_withheld": ZERO, "paid_through_account_id": "", "vendor_id": "", "currency_id": "",
        "exchange_rate": ONE, "_applied": [], "_refunds": [], "_custom": {}, "tags": [],
        **dict.fromkeys(TEXTS, ""), "payment_mode": "Cash",
    }  # fmt: skip


def _rows(call: Call, payment: Record) -> list[Record]:
    return objects(call.body, "bills") if "bills" in call.body else [dict(row) for row in payment["_applied"]]


def _vendor(call: Call, payment: Record, rows: list[Record]) -> Record:
    """The vendor of a body, of the payment, or of the first bill: only ``amount`` is required (FACTS 5.17)."""
    wanted = call.body.get("vendor_id") or payment["vendor_id"]
    if not wanted and rows:
        wanted = referenced(call, "bills", rows[0].get("bill_id", ""), "bill_id")["vendor_id"]
    vendor = referenced(call, "contacts", wanted, "vendor_id")
    if vendor["contact_type"] != "vendor":
        raise invalid("vendor_id")
    return vendor


def _money(call: Call, payment: Record, rows: list[Record]) -> None:
    """Currency of the bills, else the vendor's; rate, amount and account."""
    table = call.org.table("bills")
    found = {table[str(row["bill_id"])]["currency_id"] for row in rows if str(row.get("bill_id")) in table}
    if len(found) > 1:
        raise refusal(call.world, "currency_mismatch")
    vendor = call.org.table("contacts")[payment["vendor_id"]]
    currency = call.org.table("currencies")[found.pop() if found else vendor["currency_id"]]
    kept = payment["exchange_rate"] if payment["currency_id"] == currency["currency_id"] else None
    payment["currency_id"] = currency["currency_id"]
    rate = number(call.body, "exchange_rate", kept or rate_on(currency, payment["date"]))
    if rate <= 0:
        raise invalid("exchange_rate")
    payment["exchange_rate"] = ONE if currency["is_base_currency"] else tidy(rate)
    payment["amount"] = rounded(number(call.body, "amount", payment["amount"]), int(currency["price_precision"]))
    if payment["amount"] <= 0:
        raise invalid("amount")
    wanted = call.body.get("paid_through_account_id")
    if wanted not in (None, "", " "):
        account = referenced(call, "chartofaccounts", wanted, "paid_through_account_id")
        if account["account_type"] in RECEIVING:
            raise invalid("paid_through_account_id")
        payment["paid_through_account_id"] = account["account_id"]
    if not payment["paid_through_account_id"]:
        payment["paid_through_account_id"] = account_named(call.org, "Petty Cash")["account_id"]


def _fill(call: Call, payment: Record, *, new: bool) -> list[Record]:
    """Take a body into a payment; returns the checked rows to apply."""
    rows = _rows(call, payment)
    vendor = _vendor(call, payment, rows)
    if not new and vendor["contact_id"] != payment["vendor_id"] and payment["_refunds"]:
        raise invalid("vendor_id")
    payment["vendor_id"] = vendor["contact_id"]
    payment["date"] = day(call.body, "date", payment["date"])
    for name, limit in TEXTS.items():
        payment[name] = text(call.body, name, limit, payment[name]).strip()
    payment["payment_mode"] = payment["payment_mode"] or "Cash"
    if isinstance(call.body.get("tags"), list):
        payment["tags"] = call.body["tags"]
    _money(call, payment, rows)
    customfields.write(call, "vendorpayments", payment, call.body, "" if new else payment["payment_id"])
    refunded = sum((row["amount"] for row in payment["_refunds"]), ZERO)
    before = given_back(VENDOR_PAYMENT, payment)
    return planned(call, VENDOR_PAYMENT, payment["vendor_id"], rows, before, payment["amount"] - refunded)


def _number(call: Call) -> str:
    count_ = call.org.sequences.get("vendorpayments", 1)
    call.org.sequences["vendorpayments"] = count_ + 1
    return str(count_)


def created(call: Call) -> Reply:
    """``POST /vendorpayments``."""
    payment = _blank(call)
    if call.body.get("amount") in (None, ""):
        raise invalid("amount")
    rows = _fill(call, payment, new=True)
    refuse_locked(call, payment["date"])
    payment["payment_number"] = _number(call)
    insert(call, "vendorpayments", payment)
    attach(call, VENDOR_PAYMENT, payment, rows)
    comments.note(call, payment, f"Payment of {payment['amount']} made")
    commit(call, "vendorpayments", payment)
    return Reply({"vendorpayment": detail(call, payment)}, 201, CREATED)


def updated(call: Call) -> Reply:
    """``PUT /vendorpayments/{id}``: ``bills`` replaces what is applied."""
    payment = get(call, "vendorpayments", call.ids["payment_id"])
    fresh = dict(payment)
    rows = _fill(call, fresh, new=False)
    refuse_locked(call, payment["date"], fresh["date"])
    detach(call, VENDOR_PAYMENT, payment)
    payment.update({name: value for name, value in fresh.items() if name not in ("_applied", "_counted")})
    attach(call, VENDOR_PAYMENT, payment, rows)
    save(call, "vendorpayments", payment)
    commit(call, "vendorpayments", payment)
    return Reply({"vendorpayment": detail(call, payment)}, message=UPDATED)


def upserted(call: Call) -> Reply:
    """``PUT /vendorpayments`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "vendorpayments", created, updated)


def listed(call: Call) -> Reply:
    """``GET /vendorpayments``."""
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /vendorpayments/{id}``."""
    return Reply({"vendorpayment": detail(call, get(call, "vendorpayments", call.ids["payment_id"]))})


def delete_one(call: Call, payment_id: str) -> None:
    """Delete a payment: the balances of its bills come back."""
    payment = get(call, "vendorpayments", payment_id)
    refuse_locked(call, payment["date"])
    detach(call, VENDOR_PAYMENT, payment)
    count(call, payment, VENDOR_CREDITS, ZERO, party="vendor_id")
    remove(call, "vendorpayments", payment_id)
    commit(call, "vendorpayments", payment)


def deleted(call: Call) -> Reply:
    """``DELETE /vendorpayments/{id}``."""
    delete_one(call, call.ids["payment_id"])
    return Reply({}, message=DELETED)


def bulk_deleted(call: Call) -> Reply:
    """``DELETE /vendorpayments?vendorpayment_id=&bulk_delete=true``."""
    wanted = identities(call.query.get("vendorpayment_id") or call.query.get("payment_ids"))
    if not wanted:
        raise invalid("vendorpayment_id")
    for payment_id in [get(call, "vendorpayments", one)["payment_id"] for one in wanted]:
        delete_one(call, payment_id)
    return Reply({}, message="The selected vendor payments have been deleted.")


def mailed(call: Call) -> Reply:
    """``POST /vendorpayments/{id}/email``."""
    payment = get(call, "vendorpayments", call.ids["payment_id"])
    comments.note(call, payment, "Payment receipt mailed")
    commit(call, "vendorpayments", payment)
    return Reply({}, message="Your vendor payment receipt has been sent.")


_ONE = "/vendorpayments/{payment_id}"
ROUTES = (
    Route("GET", "/vendorpayments", "vendorpayments.READ", listed),
    Route("POST", "/vendorpayments", "vendorpayments.CREATE", created),
    Route("PUT", "/vendorpayments", "vendorpayments.UPDATE", upserted),
    Route("DELETE", "/vendorpayments", "vendorpayments.DELETE", bulk_deleted),
    Route("GET", _ONE, "vendorpayments.READ", got),
    Route("PUT", _ONE, "vendorpayments.UPDATE", updated),
    Route("DELETE", _ONE, "vendorpayments.DELETE", deleted),
    Route("POST", _ONE + "/email", "vendorpayments.CREATE", mailed),
)
