"""Approvals: where an organization has them on, only what is approved is sent, opened or paid (FACTS 5.4, 5.14)."""

from collections.abc import Iterator

import pytest

from tests.contract.sandbox.books.conftest import Books


@pytest.fixture
def approving(books: Books) -> Iterator[Books]:
    """The fresh sandbox's organization with approvals switched on."""
    row = {"organization_id": books.zoho.organization_id, "settings": {"approvals": True}}
    books.zoho.control("seed", {"organizations": [row]})
    yield books


def _state(books: Books, path: str, key: str) -> str:
    return str(books.call("GET", path)[key]["status"])


def test_an_invoice_is_owed_only_after_it_was_approved_and_sent(approving: Books) -> None:
    """Draft, pending, rejected, pending, approved, sent; before that it can be neither sent nor paid nor mailed."""
    customer = approving.contact()["contact_id"]
    invoice_id = approving.invoice(customer, "50")["invoice_id"]
    path = f"/invoices/{invoice_id}"
    paid = {"customer_id": customer, "amount": 5, "invoices": [{"invoice_id": invoice_id, "amount_applied": 5}]}
    for action, state in (("submit", "pending_approval"), ("reject", "rejected"), ("submit", "pending_approval")):
        assert approving.refused("POST", path + "/status/sent")[0] == 400
        assert approving.refused("POST", "/customerpayments", paid)[0] == 400
        assert approving.refused("POST", path + "/email", {"to_mail_ids": ["a@example.com"]})[0] == 400
        approving.call("POST", f"{path}/{action}", reason="too dear")
        assert _state(approving, path, "invoice") == state
    assert [row["invoice_id"] for row in approving.call("GET", "/invoices", filter_by="Status.All")["invoices"]]
    assert approving.call("GET", f"/contacts/{customer}")["contact"]["outstanding_receivable_amount"] == 0
    assert approving.call("POST", path + "/approve")["message"] == "You have approved the invoice."
    assert _state(approving, path, "invoice") == "approved"
    approving.call("POST", path + "/status/sent")
    assert _state(approving, path, "invoice") == "sent"
    assert approving.call("GET", f"/contacts/{customer}")["contact"]["outstanding_receivable_amount"] == 50
    assert approving.refused("POST", path + "/submit")[0] == 400
    said = [row["description"] for row in approving.call("GET", path + "/comments")["comments"]]
    assert "too dear" in said


def test_several_levels_several_documents_and_the_final_word(approving: Books) -> None:
    """Two levels need two approvals; ``approve/final`` needs none of the others; bulk is all or nothing."""
    row = {"organization_id": approving.zoho.organization_id, "settings": {"approval_levels": 2}}
    approving.zoho.control("seed", {"organizations": [row]})
    customer = approving.contact()["contact_id"]
    ids = [approving.invoice(customer)["invoice_id"] for _ in range(3)]
    approving.call("POST", "/invoices/submit", invoice_ids=",".join(ids))
    approving.call("POST", "/invoices/approve", invoice_ids=",".join(ids[:2]))
    assert _state(approving, f"/invoices/{ids[0]}", "invoice") == "pending_approval"
    approving.call("POST", f"/invoices/{ids[0]}/approve")
    approving.call("POST", f"/invoices/{ids[1]}/approve/final")
    states = [_state(approving, f"/invoices/{one}", "invoice") for one in ids]
    assert states == ["approved", "approved", "pending_approval"]
    assert approving.refused("POST", "/invoices/approve", invoice_ids=",".join(ids))[0] == 400
    assert _state(approving, f"/invoices/{ids[2]}", "invoice") == "pending_approval"


def test_credit_notes_and_bills_wait_for_approval_too(approving: Books) -> None:
    """They begin as drafts; approved, they are opened and count."""
    customer = approving.contact()["contact_id"]
    line = {"line_items": [{"name": "Back", "rate": 30}]}
    note = approving.call("POST", "/creditnotes", {"customer_id": customer, **line}, status=201)["creditnote"]
    path = f"/creditnotes/{note['creditnote_id']}"
    assert note["status"] == "draft"
    assert approving.refused("POST", path + "/status/open")[0] == 400
    approving.call("POST", path + "/submit")
    assert len(approving.call("GET", "/creditnotes", filter_by="Status.Pending")["creditnotes"]) == 1
    approving.call("POST", path + "/approve")
    approving.call("POST", path + "/status/open")
    assert approving.call("GET", f"/contacts/{customer}")["contact"]["unused_credits_receivable_amount"] == 30
    vendor = approving.call("POST", "/vendors", {"contact_name": "V"})["contact"]["contact_id"]
    lines = [{"account_id": approving.account("Rent Expense"), "rate": 9}]
    body = {"vendor_id": vendor, "bill_number": "1", "line_items": lines}
    bill = approving.call("POST", "/bills", body, status=201)["bill"]
    approving.call("POST", f"/bills/{bill['bill_id']}/submit")
    approving.call("POST", f"/bills/{bill['bill_id']}/approve")
    approving.call("POST", f"/bills/{bill['bill_id']}/status/open")
    assert approving.call("GET", f"/contacts/{vendor}")["contact"]["outstanding_payable_amount"] == 9


def test_without_approvals_nothing_can_be_submitted(books: Books) -> None:
    """The default: an invoice is marked as sent at once, and submitting it is refused."""
    invoice_id = books.invoice(books.contact()["contact_id"])["invoice_id"]
    assert books.refused("POST", f"/invoices/{invoice_id}/submit")[0] == 400
    books.call("POST", f"/invoices/{invoice_id}/status/sent")
