"""Bills of vendors: create, update, upsert, list, read, delete, and their lines (FACTS 5.16)."""

from bookbridge.sandbox.books import addresses, comments, customfields, documents, lines
from bookbridge.sandbox.books.balances import PAYABLE, count
from bookbridge.sandbox.books.bills_view import LISTING, TEXTS, detail
from bookbridge.sandbox.books.chartofaccounts import account_named
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.contacts import payment_terms, terms_label
from bookbridge.sandbox.books.expenses import expense_account
from bookbridge.sandbox.books.invoices_status import DRAFT, OPEN, balance, receivable
from bookbridge.sandbox.books.lists import answer
from bookbridge.sandbox.books.records import commit, find, get, insert, new_id, referenced, remove, save, today
from bookbridge.sandbox.books.upsert import upsert
from bookbridge.sandbox.books.values import ZERO, Record, day, flag, flag_of, invalid, text
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault

TAKEN = "A bill with this number has already been created for this vendor. Please check and try again."
NO_ACCOUNT = "The account field cannot be empty"


def _blank(call: Call) -> Record:
    return {
        "bill_id": new_id(call), "_state": OPEN, "vendor_id": "", "bill_number": "", "date": today(call),
        "due_date": "", "payment_terms": 0, "last_payment_date": "", "write_off_amount": ZERO, "_paid": ZERO,
        "_credited": ZERO, "_withheld": ZERO, "_lines": [], "_documents": [], "_billing": {}, "_custom": {},
        "tags": [], **dict.fromkeys(TEXTS, ""),
    }  # fmt: skip


def _vendor(call: Call, bill: Record) -> Record:
    wanted = call.body.get("vendor_id") or bill["vendor_id"]
    if not wanted:
        raise invalid("vendor_id")
    vendor = referenced(call, "contacts", wanted, "vendor_id")
    if vendor["contact_type"] != "vendor":
        raise invalid("vendor_id")
    return vendor


def _number(call: Call, bill: Record) -> None:
    """The vendor's number of the bill: mandatory, and once for each vendor (FACTS 5.16)."""
    number = text(call.body, "bill_number", 100, bill["bill_number"]).strip()
    if not number:
        raise invalid("bill_number")
    others = find(call.org, "bills", "bill_number", number)
    if any(one["vendor_id"] == bill["vendor_id"] and one["bill_id"] != bill["bill_id"] for one in others):
        raise ZohoFault(400, 13011, TAKEN)
    bill["bill_number"] = number


def _dates(call: Call, bill: Record, vendor: Record, new: bool) -> None:
    before = bill["date"]
    bill["date"] = day(call.body, "date", before)
    terms = payment_terms(call.body, vendor["payment_terms"] if new else bill["payment_terms"])
    changed = new or terms != bill["payment_terms"] or bill["date"] != before
    bill["payment_terms"] = terms
    if new or "payment_terms" in call.body:
        bill["payment_terms_label"] = terms_label(terms)
    kept = "" if changed else bill["due_date"]
    bill["due_date"] = day(call.body, "due_date", kept or documents.due_after(bill["date"], terms))
    if bill["due_date"] < bill["date"]:
        raise ZohoFault(400, 4, "The due date should be on or after the bill date.")


def _purchase_row(call: Call, row: Record, kept: dict[str, Record]) -> Record:
    """A line of a body with what its item says about buying; raises 13009 for a line that has no account."""
    known = kept.get(str(row.get("line_item_id", "")))
    filled = dict(row)
    if row.get("item_id") not in (None, ""):
        item = referenced(call, "items", row["item_id"], "item_id")
        filled.setdefault("rate", item["purchase_rate"])
        filled.setdefault("description", item["purchase_description"])
        cost = account_named(call.org, "Cost of Goods Sold")["account_id"]
        filled["account_id"] = row.get("account_id") or item["purchase_account_id"] or cost
    elif known is None and row.get("account_id") in (None, "", " "):
        raise ZohoFault(400, 13009, NO_ACCOUNT)
    if filled.get("account_id") not in (None, "", " "):
        expense_account(call, filled["account_id"])
    return filled


def _lines(call: Call, bill: Record, new: bool) -> None:
    if not new and "line_items" not in call.body:
        bill["_lines"] = [dict(line) for line in bill["_lines"]]
        return
    kept = {line["line_item_id"]: line for line in bill["_lines"]}
    rows = [_purchase_row(call, row, kept) for row in lines.rows_of(call.body)]
    bill["_lines"] = lines.parse(call, rows, kept)
    for row, line in zip(rows, bill["_lines"], strict=True):
        customer = str(row.get("customer_id") or "").strip()
        line["customer_id"] = referenced(call, "contacts", customer, "customer_id")["contact_id"] if customer else ""
        line["is_billable"] = flag(row, "is_billable", line.get("is_billable", False))


def _fill(call: Call, bill: Record, *, new: bool) -> Record:
    """Take a body into a bill and compute it; raises what Zoho refuses."""
    documents.refuse_inline_addresses(call.body)
    vendor = _vendor(call, bill)
    if vendor["contact_id"] != bill["vendor_id"]:
        if not new and bill["_paid"]:
            raise invalid("vendor_id")
        bill["_billing"] = dict(vendor["_billing"])
    bill["vendor_id"] = vendor["contact_id"]
    _number(call, bill)
    _dates(call, bill, vendor, new)
    documents.take_currency(call, bill, vendor)
    documents.take_terms(call, bill)
    for name, limit in TEXTS.items():
        bill[name] = text(call.body, name, limit, bill[name]).strip()
    if isinstance(call.body.get("tags"), list):
        bill["tags"] = call.body["tags"]
    _lines(call, bill, new)
    customfields.write(call, "bills", bill, call.body, "" if new else bill["bill_id"])
    documents.calculate(call, bill)
    return bill


def done(call: Call, bill: Record, message: str, **body: Record) -> Reply:
    """Keep a changed bill and answer."""
    count(call, bill, PAYABLE, receivable(bill), party="vendor_id")
    save(call, "bills", bill)
    comments.note(call, bill, message)
    commit(call, "bills", bill)
    return Reply(dict(body), message=message)


def created(call: Call) -> Reply:
    """``POST /bills``: starts open; ``is_draft`` starts it as a draft, for an approval."""
    bill = _fill(call, _blank(call), new=True)
    documents.refuse_locked(call, bill["date"])
    bill["_state"] = DRAFT if flag(call.body, "is_draft") or call.org.settings.get("approvals") else OPEN
    insert(call, "bills", bill)
    count(call, bill, PAYABLE, receivable(bill), party="vendor_id")
    comments.note(call, bill, f"Bill created for {bill['total']}")
    commit(call, "bills", bill)
    return Reply({"bill": detail(call, bill)}, 201, "The bill has been created.")


def updated(call: Call) -> Reply:
    """``PUT /bills/{id}``: sent scalar fields change, ``line_items`` is replaced."""
    bill = get_bill(call)
    changed = _fill(call, dict(bill), new=False)
    documents.refuse_locked(call, bill["date"], changed["date"])
    if changed["_state"] == OPEN and balance(changed) < 0:
        raise refusal(call.world, "overpayment")
    bill.update(changed)
    reply = done(call, bill, "Bill information has been updated.")
    reply.body = {"bill": detail(call, bill)}
    return reply


def upserted(call: Call) -> Reply:
    """``PUT /bills`` with ``X-Unique-Identifier-*``."""
    return upsert(call, "bills", created, updated)


def get_bill(call: Call) -> Record:
    """The bill of the path."""
    return get(call, "bills", call.ids["bill_id"])


def listed(call: Call) -> Reply:
    """``GET /bills``."""
    return answer(LISTING, call)


def got(call: Call) -> Reply:
    """``GET /bills/{id}``."""
    return Reply({"bill": detail(call, get_bill(call))})


def deleted(call: Call) -> Reply:
    """``DELETE /bills/{id}``: refused while payments are applied."""
    bill = get_bill(call)
    documents.refuse_locked(call, bill["date"])
    if bill["_paid"]:
        raise refusal(call.world, "has_dependents")
    count(call, bill, PAYABLE, ZERO, party="vendor_id")
    remove(call, "bills", bill["bill_id"])
    commit(call, "bills", bill)
    return Reply({}, message="The bill has been deleted.")


def billing_changed(call: Call) -> Reply:
    """``PUT /bills/{id}/address/billing``; ``is_update_customer`` also changes the vendor's."""
    bill = get_bill(call)
    bill["_billing"] = addresses.fill(call, {**bill["_billing"], "address_id": ""}, call.body, "address")
    if flag_of(call.body.get("is_update_customer", "")):
        vendor = call.org.table("contacts")[bill["vendor_id"]]
        vendor["_billing"] = {**bill["_billing"], "address_id": vendor["_billing"]["address_id"]}
        save(call, "contacts", vendor)
    return done(call, bill, "Billing address updated", billing_address=addresses.on_document(bill["_billing"]))


_ONE = "/bills/{bill_id}"
ROUTES = (
    Route("GET", "/bills", "bills.READ", listed),
    Route("POST", "/bills", "bills.CREATE", created),
    Route("PUT", "/bills", "bills.UPDATE", upserted),
    Route("GET", _ONE, "bills.READ", got),
    Route("PUT", _ONE, "bills.UPDATE", updated),
    Route("DELETE", _ONE, "bills.DELETE", deleted),
    Route("PUT", _ONE + "/address/billing", "bills.UPDATE", billing_changed),
)
