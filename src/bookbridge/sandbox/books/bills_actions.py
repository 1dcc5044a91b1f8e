"""What can be done with a bill besides editing it: status, payments, comments, attachment (FACTS 5.16)."""

from bookbridge.sandbox.books import comments, documents, uploads, vendorpayments
from bookbridge.sandbox.books.bills import done, get_bill
from bookbridge.sandbox.books.bills_view import payment_rows
from bookbridge.sandbox.books.choices import refusal
from bookbridge.sandbox.books.invoices_status import APPROVED, DRAFT, OPEN, VOID
from bookbridge.sandbox.books.records import commit, referenced, save
from bookbridge.sandbox.books.settlements import VENDOR_PAYMENT, attach, planned
from bookbridge.sandbox.books.values import ZERO, Record, invalid, objects
from bookbridge.sandbox.call import Call, Reply, Route, ZohoFault


def voided(call: Call) -> Reply:
    """``POST /bills/{id}/status/void``: only while nothing is paid."""
    bill = get_bill(call)
    documents.refuse_locked(call, bill["date"])
    if bill["_paid"]:
        raise refusal(call.world, "has_dependents")
    bill["_state"] = VOID
    return done(call, bill, "The bill has been marked as void.")


def opened(call: Call) -> Reply:
    """``POST /bills/{id}/status/open``: from void, or from a draft."""
    bill = get_bill(call)
    if bill["_state"] not in ((VOID, APPROVED) if call.org.settings.get("approvals") else (VOID, DRAFT)):
        raise invalid("status")
    bill["_state"] = OPEN
    return done(call, bill, "The status of the bill has been changed to open.")


def payments(call: Call) -> Reply:
    """``GET /bills/{id}/payments``."""
    return Reply({"payments": payment_rows(call, get_bill(call))})


def payment_deleted(call: Call) -> Reply:
    """``DELETE /bills/{id}/payments/{id}``: the whole payment is deleted."""
    payment_id = get_bill(call).get("_payment_rows", {}).get(call.ids["bill_payment_id"])
    if payment_id is None:
        raise ZohoFault(404, 1002, "Payment does not exist.")
    vendorpayments.delete_one(call, payment_id)
    return Reply({}, message=vendorpayments.DELETED)


def credited(call: Call) -> Reply:
    """``POST /bills/{id}/credits`` with ``bill_payments``: what is left of payments to the vendor."""
    bill = get_bill(call)
    rows = objects(call.body, "bill_payments")
    if not rows or len({str(row.get("payment_id")) for row in rows}) != len(rows):
        raise invalid("bill_payments")
    taken = ZERO
    plans: list[tuple[Record, list[Record]]] = []
    for row in rows:
        payment = referenced(call, "vendorpayments", row.get("payment_id", ""), "payment_id")
        if (payment["vendor_id"], payment["currency_id"]) != (bill["vendor_id"], bill["currency_id"]):
            raise refusal(call.world, "overpayment")
        wanted = {"bill_id": bill["bill_id"], "amount_applied": row.get("amount_applied")}
        before = {bill["bill_id"]: -taken}
        plan = planned(call, VENDOR_PAYMENT, bill["vendor_id"], [wanted], before, payment["balance"])
        taken += plan[0]["amount_applied"]
        plans.append((payment, plan))
    for payment, plan in plans:
        attach(call, VENDOR_PAYMENT, payment, plan)
        save(call, "vendorpayments", payment)
    commit(call, "bills", bill)
    return Reply({}, 201, "Credits have been applied to the bill(s).")


def commented(call: Call) -> Reply:
    """``POST /bills/{id}/comments``."""
    return Reply({"comment": comments.write(call, "bills", get_bill(call))}, 201, "Comments added.")


def comments_listed(call: Call) -> Reply:
    """``GET /bills/{id}/comments``."""
    return Reply({"comments": comments.all_shown(call, "bills", get_bill(call))})


def comment_deleted(call: Call) -> Reply:
    """``DELETE /bills/{id}/comments/{id}``."""
    comments.erase(call, "bills", get_bill(call))
    return Reply({}, message="The comment has been deleted.")


def attached(call: Call) -> Reply:
    """``POST /bills/{id}/attachment``: one file, a new one replaces it."""
    bill = get_bill(call)
    bill["_documents"] = [
        uploads.document(call, one) for one in uploads.taken_from(call, "attachment", uploads.RECEIPTS)
    ]
    return done(call, bill, "The document has been attached.")


def attachment_got(call: Call) -> Reply:
    """``GET /bills/{id}/attachment``: the bytes as they came."""
    return uploads.given(next(iter(get_bill(call)["_documents"]), None))


def attachment_deleted(call: Call) -> Reply:
    """``DELETE /bills/{id}/attachment``."""
    bill = get_bill(call)
    if not bill["_documents"]:
        raise ZohoFault(404, 1002, "Attachment does not exist.")
    bill["_documents"] = []
    return done(call, bill, "The attachment has been deleted.")


_ONE = "/bills/{bill_id}"
ROUTES = (
    Route("POST", _ONE + "/status/void", "bills.CREATE", voided),
    Route("POST", _ONE + "/status/open", "bills.CREATE", opened),
    Route("GET", _ONE + "/payments", "bills.READ", payments),
    Route("DELETE", _ONE + "/payments/{bill_payment_id}", "bills.DELETE", payment_deleted),
    Route("POST", _ONE + "/credits", "bills.CREATE", credited),
    Route("GET", _ONE + "/comments", "bills.READ", comments_listed),
    Route("POST", _ONE + "/comments", "bills.CREATE", commented),
    Route("DELETE", _ONE + "/comments/{comment_id}", "bills.DELETE", comment_deleted),
    Route("GET", _ONE + "/attachment", "bills.READ", attachment_got),
    Route("POST", _ONE + "/attachment", "bills.CREATE", attached),
    Route("DELETE", _ONE + "/attachment", "bills.DELETE", attachment_deleted),
)
