"""Customer payments, refunds and credits of the sandbox against FACTS 5.5 and 5.14."""

from tests.contract.sandbox.books.conftest import JSON, Books
from tests.contract.sandbox.books.wire_keys import PAYMENT, PAYMENT_INVOICE, PAYMENT_ROW

RECORDED = "The payment from the customer has been recorded"
CHANGED = "The details of the payment received from the customer have been updated"


def _pay(books: Books, customer_id: str, amount: int, *applied: tuple[str, int], **fields: object) -> JSON:
    rows = [{"invoice_id": invoice_id, "amount_applied": part} for invoice_id, part in applied]
    body = {"customer_id": customer_id, "payment_mode": "cash", "date": "2026-06-05", "amount": amount}
    answer = books.call("POST", "/customerpayments", {**body, "invoices": rows, **fields}, status=201)
    assert answer["message"] == RECORDED
    payment: JSON = answer["payment"]
    return payment


def test_one_payment_over_two_invoices(books: Books) -> None:
    """unused_amount is what is not applied; balances fall by what is; keys are the recorded ones."""
    customer_id = books.contact()["contact_id"]
    one, two = books.invoice(customer_id), books.invoice(customer_id)
    payment = _pay(books, customer_id, 180, (one["invoice_id"], 100), (two["invoice_id"], 50))
    assert set(payment) >= PAYMENT
    assert set(payment["invoices"][0]) >= PAYMENT_INVOICE
    assert (payment["payment_number"], payment["unused_amount"], payment["payment_mode"]) == ("1", 30, "cash")
    assert (payment["account_name"], payment["account_type"]) == ("Undeposited Funds", "cash")
    answer = books.call("GET", "/customerpayments")
    row = answer["customerpayments"][0]
    assert set(row) >= PAYMENT_ROW
    assert row["invoice_numbers"] == "INV-000001,INV-000002"
    assert row["payment_mode_formatted"] == "Cash"
    context = answer["page_context"]
    assert (context["report_name"], context["applied_filter"]) == ("Payments Received", "PaymentMode.All")
    rows = books.call("GET", f"/invoices/{two['invoice_id']}/payments")["payments"]
    assert [(row["amount"], row["payment_number"]) for row in rows] == [(50, 1)]
    assert books.call("GET", f"/invoices/{two['invoice_id']}")["invoice"]["balance"] == 50


def test_more_than_the_balance_is_refused(books: Books) -> None:
    """Over-applying to an invoice, or applying more than the amount, is 400 and changes nothing."""
    customer_id = books.contact()["contact_id"]
    invoice_id = books.invoice(customer_id)["invoice_id"]
    for amount, part in ((200, 101), (50, 60)):
        rows = [{"invoice_id": invoice_id, "amount_applied": part}]
        body = {"customer_id": customer_id, "amount": amount, "invoices": rows}
        assert books.refused("POST", "/customerpayments", body)[0] == 400
    assert books.call("GET", f"/invoices/{invoice_id}")["invoice"]["balance"] == 100
    assert books.refused("POST", "/customerpayments", {"customer_id": customer_id})[:2] == (400, 4)


def test_update_replaces_what_is_applied(books: Books) -> None:
    """invoices in an update replaces the rows; deleting the payment brings the balances back."""
    customer_id = books.contact()["contact_id"]
    one, two = books.invoice(customer_id)["invoice_id"], books.invoice(customer_id)["invoice_id"]
    payment = _pay(books, customer_id, 100, (one, 100))
    path = f"/customerpayments/{payment['payment_id']}"
    answer = books.call("PUT", path, {"invoices": [{"invoice_id": two, "amount_applied": 60}]})
    assert (answer["message"], answer["payment"]["unused_amount"]) == (CHANGED, 40)
    balances = [books.call("GET", f"/invoices/{one_id}")["invoice"]["balance"] for one_id in (one, two)]
    assert balances == [100, 40]
    kept = books.call("PUT", path, {"reference_number": "R-1"})["payment"]
    assert (kept["reference_number"], kept["invoices"][0]["amount_applied"]) == ("R-1", 60)
    assert books.call("DELETE", path)["message"] == "The payment has been deleted."
    assert books.call("GET", f"/invoices/{two}")["invoice"]["balance"] == 100
    assert books.refused("GET", path)[:2] == (404, 1002)


def test_tax_withheld_lowers_the_balance_too(books: Books) -> None:
    """The balance falls by amount_applied plus tax_amount_withheld."""
    customer_id = books.contact()["contact_id"]
    invoice_id = books.invoice(customer_id)["invoice_id"]
    rows = [{"invoice_id": invoice_id, "amount_applied": 90, "tax_amount_withheld": 10}]
    books.call("POST", "/customerpayments", {"customer_id": customer_id, "amount": 90, "invoices": rows}, status=201)
    invoice = books.call("GET", f"/invoices/{invoice_id}")["invoice"]
    assert (invoice["status"], invoice["balance"], invoice["tax_amount_withheld"]) == ("paid", 0, 10)


def test_unused_amounts_can_be_refunded(books: Books) -> None:
    """A refund takes from the unused amount, at most all of it; deleting it gives it back."""
    customer_id = books.contact()["contact_id"]
    payment = _pay(books, customer_id, 80)
    path = f"/customerpayments/{payment['payment_id']}/refunds"
    body = {"date": "2026-06-06", "amount": 50, "from_account_id": books.account("Petty Cash"), "refund_mode": "cash"}
    refund = books.call("POST", path, body)["payment_refund"]
    assert books.refused("POST", path, {**body, "amount": 31})[0] == 400
    assert len(books.call("GET", path)["payment_refunds"]) == 1
    assert books.call("GET", f"/customerpayments/{payment['payment_id']}")["payment"]["unused_amount"] == 30
    answer = books.call("DELETE", f"{path}/{refund['payment_refund_id']}")
    assert answer["message"] == "The refund has been deleted."


def test_filters_of_payments(books: Books) -> None:
    """customer, reference, date, amount and mode filters."""
    ada, bob = books.contact("Ada")["contact_id"], books.contact("Bob")["contact_id"]
    _pay(books, ada, 10, reference_number="A-1")
    _pay(books, bob, 20, reference_number="B-1", payment_mode="banktransfer", date="2026-06-06")

    def numbers(**query: str) -> list[str]:
        rows = books.call("GET", "/customerpayments", **query)["customerpayments"]
        return [row["payment_number"] for row in rows]

    assert numbers() == ["2", "1"]
    assert numbers(customer_id=ada) == ["1"]
    assert numbers(customer_name="bob") == ["2"]
    assert numbers(reference_number_startswith="B") == ["2"]
    assert numbers(date="2026-06-05") == ["1"]
    assert numbers(amount_greater_than="10") == ["2"]
    assert numbers(filter_by="PaymentMode.BankTransfer") == ["2"]


def test_bulk_delete(books: Books) -> None:
    """Several payments are deleted by ids."""
    customer_id = books.contact()["contact_id"]
    ids = ",".join(_pay(books, customer_id, 5)["payment_id"] for _ in range(2))
    books.call("DELETE", "/customerpayments", payment_ids=ids, bulk_delete="true")
    assert books.call("GET", "/customerpayments")["customerpayments"] == []


def _credit(books: Books, customer_id: str, rate: int, **query: str) -> JSON:
    body = {"customer_id": customer_id, "line_items": [{"account_id": books.account("Sales"), "rate": rate}]}
    answer = books.call("POST", "/creditnotes", body, status=201, **query)
    assert answer["message"] == "The credit note has been created."
    note: JSON = answer["creditnote"]
    return note


def test_credit_notes_start_open_and_settle_invoices(books: Books) -> None:
    """Automatic number CN-00001, open at once, applied to an invoice, closed when used up."""
    customer_id = books.contact()["contact_id"]
    invoice_id = books.invoice(customer_id)["invoice_id"]
    note = _credit(books, customer_id, 60)
    assert (note["creditnote_number"], note["status"], note["balance"]) == ("CN-00001", "open", 60)
    path = f"/creditnotes/{note['creditnote_id']}"
    rows = {"invoices": [{"invoice_id": invoice_id, "amount_applied": 60}]}
    text = "Credits have been applied to the invoice(s)."
    assert books.call("POST", f"{path}/invoices", rows)["message"] == text
    used = books.call("GET", path)["creditnote"]
    assert (used["status"], used["balance"], used["total_credits_used"]) == ("closed", 0, 60)
    invoice = books.call("GET", f"/invoices/{invoice_id}")["invoice"]
    assert (invoice["balance"], invoice["credits_applied"]) == (40, 60)
    credit = books.call("GET", f"/invoices/{invoice_id}/creditsapplied")["credits"][0]
    assert (credit["creditnotes_number"], credit["amount_applied"]) == ("CN-00001", 60)
    assert books.refused("DELETE", path)[0] == 400
    books.call("DELETE", f"/invoices/{invoice_id}/creditsapplied/{credit['creditnotes_invoice_id']}")
    assert books.call("GET", path)["creditnote"]["status"] == "open"
    assert books.call("DELETE", path)["message"] == "The credit note has been deleted."


def test_credit_note_rows_and_status(books: Books) -> None:
    """A list row says salesperson -1 and Others; void and open answer their texts."""
    note = _credit(books, books.contact()["contact_id"], 10)
    row = books.call("GET", "/creditnotes")["creditnotes"][0]
    assert (row["salesperson_id"], row["salesperson_name"]) == ("-1", "Others")
    path = f"/creditnotes/{note['creditnote_id']}/status"
    assert books.call("POST", f"{path}/void")["message"] == "The credit note has been marked as void."
    text = "Status of the credit note has been changed to open."
    assert books.call("POST", f"{path}/open")["message"] == text


def test_an_invoice_takes_excess_payments_and_credit_notes(books: Books) -> None:
    """POST /invoices/{id}/credits applies both kinds in one call."""
    customer_id = books.contact()["contact_id"]
    invoice_id = books.invoice(customer_id)["invoice_id"]
    payment, note = _pay(books, customer_id, 30), _credit(books, customer_id, 50)
    body = {
        "invoice_payments": [{"payment_id": payment["payment_id"], "amount_applied": 30}],
        "apply_creditnotes": [{"creditnote_id": note["creditnote_id"], "amount_applied": 50}],
    }
    books.call("POST", f"/invoices/{invoice_id}/credits", body)
    assert books.call("GET", f"/invoices/{invoice_id}")["invoice"]["balance"] == 20


def test_credit_note_refund(books: Books) -> None:
    """A refund lowers the balance of an open credit note."""
    note = _credit(books, books.contact()["contact_id"], 50)
    path = f"/creditnotes/{note['creditnote_id']}"
    body = {"date": "2026-06-06", "amount": 20, "from_account_id": books.account("Petty Cash")}
    answer = books.call("POST", f"{path}/refunds", body)
    assert answer["message"] == "The credit note amount is refunded successfully."
    assert books.call("GET", path)["creditnote"]["balance"] == 30
    assert len(books.call("GET", "/creditnotes/refunds")["creditnote_refunds"]) == 1
