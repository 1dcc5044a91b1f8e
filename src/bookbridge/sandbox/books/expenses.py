"""Expenses: create (JSON, or multipart with a receipt), update, read, list, delete, receipts, comments (FACTS 5.6)."""

from typing import Any

from bookbridge.sandbox.books import comments, customfields, uploads
from bookbridge.sandbox.books.chartofaccounts import BANKING, account_named
from bookbridge.sandbox.books.currencies import base, by_code, rate_on
from bookbridge.sandbox.books.documents import refuse_locked
from bookbridge.sandbox.books.expenses_view import LISTING, detail
from bookbridge.sandbox.books.lines import tax_shares
from bookbridge.sandbox.books.lists import answer
from bookbridge.sandbox.books.records import commit, get, insert, new_id, referenced, remove, save, today
from bookbridge.sandbox.books.totals import LineInput, Terms, compute
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import (
    ONE,
    ZERO,
    Record,
    day,
    flag,
    flag_of,
    invalid,
    number,
    objects,
    rounded,
    text,
    tidy,
)
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

TEXTS = {
    "reference_number": 100, "description": 100, "gst_no": 100, "source_of_supply": 50, "destination_of_supply": 50,
    "place_of_supply": 50, "hsn_or_sac": 100, "vat_treatment": 50, "tax_treatment": 50, "product_type": 50,
    "location_id": 50, "mileage_type": 50, "mileage_unit": 20, "reverse_charge_tax_id": 50, "project_id": 50,
}  # fmt: skip
REFUSED_TYPES = (*BANKING, "accounts_receivable", "accounts_payable", "income", "other_income", "equity")


def _blank(call: Call) -> Record:
    return {
        "expense_id": new_id(call), "date": today(call), "amount": ZERO, "tax_id": "", "is_inclusive_tax": False,
        "is_billable": False, "customer_id": "", "vendor_id": "", "currency_id": "", "exchange_rate": ONE,
        "account_id": "", "paid_through_account_id": "", "_lines": [], "_receipt": None, "_documents": [],
        "_custom": {}, "tags": [], **dict.fromkeys(TEXTS, ""), "mileage_type": "non_mileage",
    }  # fmt: skip


def expense_account(call: Call, account_id: Any) -> str:
    """An account an expense can be booked to; raises 1002 for an unknown one and 11086 for a wrong type."""
    account = call.org.table("chartofaccounts").get(str(account_id))
    if account is None:
        raise ZohoFault(400, 1002, "Please enter valid expense account")
    if account["account_type"] in REFUSED_TYPES or not account["is_active"]:
        raise ZohoFault(400, 11086, "Invalid account chosen. Please select valid account and try again.")
    return str(account["account_id"])


def _paid_through(call: Call, expense: Record) -> None:
    wanted = call.body.get("paid_through_account_id")
    if wanted not in (None, "", " "):
        account = referenced(call, "chartofaccounts", wanted, "paid_through_account_id")
        if account["account_type"] in ("income", "other_income", "expense", "accounts_receivable"):
            raise ZohoFault(400, 11086, "Invalid account chosen. Please select valid account and try again.")
        expense["paid_through_account_id"] = account["account_id"]
    if not expense["paid_through_account_id"]:
        if call.world.switches.paid_through_required:
            raise invalid("paid_through_account_id")
        expense["paid_through_account_id"] = account_named(call.org, "Petty Cash")["account_id"]


def _currency(call: Call, expense: Record) -> None:
    """Currency: as sent, else that of the paid-through account (FACTS 5.6), else the base currency."""
    body = call.body
    table = call.org.table("currencies")
    paid = call.org.table("chartofaccounts")[expense["paid_through_account_id"]]
    if body.get("currency_id"):
        currency = referenced(call, "currencies", body["currency_id"], "currency_id")
    elif body.get("currency_code"):
        found = by_code(call.org, text(body, "currency_code"))
        if found is None:
            raise invalid("currency_code")
        currency = found
    else:
        currency = table.get(expense["currency_id"] or paid["currency_id"]) or base(call.org)
    kept = expense["exchange_rate"] if expense["currency_id"] == currency["currency_id"] else None
    expense["currency_id"] = currency["currency_id"]
    rate = number(body, "exchange_rate", kept or rate_on(currency, expense["date"]))
    if rate <= 0:
        raise invalid("exchange_rate")
    expense["exchange_rate"] = ONE if currency["is_base_currency"] else tidy(rate)


def _people(call: Call, expense: Record) -> None:
    for name, kind in (("customer_id", "customer"), ("vendor_id", "vendor")):
        if name not in call.body:
            continue
        wanted = str(call.body[name] or "").strip()
        contact = referenced(call, "contacts", wanted, name) if wanted else {"contact_id": "", "contact_type": kind}
        if contact["contact_type"] != kind:
            raise invalid(name)
        expense[name] = contact["contact_id"]
    expense["is_billable"] = flag(call.body, "is_billable", expense["is_billable"])
    if expense["is_billable"] and not expense["customer_id"]:
        raise invalid("customer_id")


def _line(call: Call, expense: Record, row: Record, position: int) -> Record:
    wanted = row.get("account_id") or expense["account_id"]
    tax_id = str(row.get("tax_id", expense["tax_id"]) or "").strip()
    return {
        "line_item_id": str(row.get("line_item_id") or "") or new_id(call),
        "account_id": expense_account(call, wanted),
        "description": text(row, "description", 100, expense["description"]),
        "amount": number(row, "amount"),
        "tax_id": referenced(call, "taxes", tax_id, "tax_id")["tax_id"] if tax_id else "",
        "item_order": position,
    }


def _lines(call: Call, expense: Record) -> None:
    """Itemised lines of a body, else one line of the whole amount."""
    body = call.body
    if "tax_id" in body:
        wanted = str(body["tax_id"] or "").strip()
        expense["tax_id"] = referenced(call, "taxes", wanted, "tax_id")["tax_id"] if wanted else ""
    rows = objects(body, "line_items")
    if rows:
        expense["_itemized"] = len(rows) > 1
        expense["_lines"] = [_line(call, expense, row, position) for position, row in enumerate(rows, start=1)]
        expense["account_id"] = expense["_lines"][0]["account_id"]
        return
    if body.get("account_id"):
        expense["account_id"] = expense_account(call, body["account_id"])
    if not expense["account_id"]:
        raise invalid("account_id")
    if expense.get("_itemized") and "amount" not in body:
        return
    old = expense["_lines"][0]["line_item_id"] if expense["_lines"] else ""
    amount = number(body, "amount", expense["amount"])
    row = {"line_item_id": old, "account_id": expense["account_id"], "amount": amount, "tax_id": expense["tax_id"]}
    expense["_itemized"] = False
    expense["_lines"] = [_line(call, expense, row, 1)]


def _calculate(call: Call, expense: Record) -> None:
    """Amounts of an expense: tax on top, or carved out when inclusive (FACTS 5.6)."""
    currency = call.org.table("currencies")[expense["currency_id"]]
    places = int(currency["price_precision"])
    inputs = [LineInput(line["amount"], ONE, taxes=tax_shares(call, line["tax_id"])) for line in expense["_lines"]]
    result = compute(inputs, Terms(places=places, inclusive=expense["is_inclusive_tax"]))
    if result.total <= 0:
        raise invalid("amount")
    for line, figures in zip(expense["_lines"], result.lines, strict=True):
        line["_net"] = figures.item_total
        line["tax_amount"] = tidy(sum((amount for _, amount in figures.taxes), ZERO))
    base_places = int(base(call.org)["price_precision"])
    expense.update(
        amount=tidy(sum((line["amount"] for line in expense["_lines"]), ZERO)),
        sub_total=result.sub_total,
        tax_amount=result.tax_total,
        total=result.total,
        bcy_total=rounded(result.total * expense["exchange_rate"], base_places),
        bcy_sub_total=rounded(result.sub_total * expense["exchange_rate"], base_places),
        _taxes=[{"tax_id": tax_id, "tax_amount": amount} for tax_id, amount in result.taxes.items()],
    )


def _fill(call: Call, expense: Record, *, new: bool) -> Record:
    body = call.body
    expense["date"] = day(body, "date", expense["date"])
    for name, limit in TEXTS.items():
        expense[name] = text(body, name, limit, expense[name]).strip()
    expense["is_inclusive_tax"] = flag(body, "is_inclusive_tax", expense["is_inclusive_tax"])
    if new and body.get("amount") in (None, "") and not body.get("line_items"):
        raise invalid("amount")
    _lines(call, expense)
    _paid_through(call, expense)
    _currency(call, expense)
    _people(call, expense)
    if isinstance(body.get("tags"), list):
        expense["tags"] = body["tags"]
    customfields.write(call, "expenses", expense, body, "" if new else expense["expense_id"])
    _calculate(call, expense)
    return expense


def _receipt_of(call: Call) -> Record | None:
    if not call.files:
        return None
    return uploads.document(call, uploads.taken_from(call, "receipt", uploads.RECEIPTS)[0])


def created(call: Call) -> Reply:
    """``POST /expenses``, also multipart with ``JSONString`` and ``receipt``."""
    expense = _fill(call, _blank(call), new=True)
    refuse_locked(call, expense["date"])
    expense["_receipt"] = _receipt_of(call)
    insert(call, "expenses", expense)
    comments.note(call, expense, f"Expense created for {expense['total']}")
    commit(call, "expenses", expense)
    return Reply({"expense": detail(call, expense)}, 201, "The expense has been recorded.")


def updated(call: Call) -> Reply:
    """``PUT /expenses/{id}``; ``delete_receipt=true`` also removes the receipt."""
    expense = get(call, "expenses", call.ids["expense_id"])
    fresh = _fill(call, dict(expense), new=False)
    refuse_locked(call, expense["date"], fresh["date"])
    if flag_of(call.query.get("delete_receipt", "")):
        fresh["_receipt"] = None
    fresh["_receipt"] = _receipt_of(call) or fresh["_receipt"]
    expense.update(fresh)
    save(call, "expenses", expense)
    comments.note(call, expense, "Expense details modified")
    commit(call, "expenses", expense)
    return Reply({"expense": detail(call, expense)}, message="Expense information has been updated.")


def upserted(call: Call) -> Reply:
    """``PUT /expenses`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "expenses", created, updated)


def listed(call: Call) -> Reply:
    """``GET /expenses``."""
    return answer(LISTING, call)


def _get(call: Call) -> Record:
    return get(call, "expenses", call.ids["expense_id"])


def got(call: Call) -> Reply:
    """``GET /expenses/{id}``."""
    return Reply({"expense": detail(call, _get(call))})


def deleted(call: Call) -> Reply:
    """``DELETE /expenses/{id}``."""
    expense = _get(call)
    refuse_locked(call, expense["date"])
    remove(call, "expenses", expense["expense_id"])
    commit(call, "expenses", expense)
    return Reply({}, message="The expense has been deleted.")


def _changed(call: Call, expense: Record, message: str, **body: Any) -> Reply:
    save(call, "expenses", expense)
    commit(call, "expenses", expense)
    return Reply(body, message=message)


def receipt_attached(call: Call) -> Reply:
    """``POST /expenses/{id}/receipt``."""
    expense = _get(call)
    expense["_receipt"] = uploads.document(call, uploads.taken_from(call, "receipt", uploads.RECEIPTS)[0])
    return _changed(call, expense, "The expense receipt has been attached.")


def receipt_got(call: Call) -> Reply:
    """``GET /expenses/{id}/receipt``: the bytes as they came."""
    return uploads.given(_get(call)["_receipt"])


def receipt_deleted(call: Call) -> Reply:
    """``DELETE /expenses/{id}/receipt``, also met at ``/invoices/expenses/{id}/receipt``."""
    expense = _get(call)
    if expense["_receipt"] is None:
        raise ZohoFault(404, 1002, "Attachment does not exist.")
    expense["_receipt"] = None
    return _changed(call, expense, "The attached expense receipt has been deleted.")


def attached(call: Call) -> Reply:
    """``POST /expenses/{id}/attachment``."""
    expense = _get(call)
    stored = [uploads.document(call, one) for one in uploads.taken_from(call, "attachment", uploads.RECEIPTS)]
    expense["_documents"] = [*expense["_documents"], *stored]
    shown = [uploads.shown(one) for one in stored]
    return _changed(call, expense, "The expense attachment has been attached.", documents=shown)


def comments_listed(call: Call) -> Reply:
    """``GET /expenses/{id}/comments``."""
    return Reply({"comments": comments.all_shown(call, "expenses", _get(call))})


_ONE = "/expenses/{expense_id}"
ROUTES = (
    Route("GET", "/expenses", "expenses.READ", listed),
    Route("POST", "/expenses", "expenses.CREATE", created),
    Route("PUT", "/expenses", "expenses.UPDATE", upserted),
    Route("GET", _ONE, "expenses.READ", got),
    Route("PUT", _ONE, "expenses.UPDATE", updated),
    Route("DELETE", _ONE, "expenses.DELETE", deleted),
    Route("GET", _ONE + "/receipt", "expenses.READ", receipt_got),
    Route("POST", _ONE + "/receipt", "expenses.CREATE", receipt_attached),
    Route("DELETE", _ONE + "/receipt", "expenses.DELETE", receipt_deleted),
    Route("POST", _ONE + "/attachment", "expenses.CREATE", attached),
    Route("GET", _ONE + "/comments", "expenses.READ", comments_listed),
    Route("DELETE", "/invoices/expenses/{expense_id}/receipt", "invoices.DELETE", receipt_deleted),
)
