"""Seeding through the API's code, people's edits, and the commit log (SANDBOX: one line a change)."""

from tests.contract.sandbox.books.conftest import JSON, Books


def _commits(books: Books) -> list[JSON]:
    rows: list[JSON] = books.zoho.control("commits")
    return rows


def test_seed_creates_records_through_the_same_code(books: Books) -> None:
    """Contacts, items, taxes and numbered invoices; refused rows would fail; commits say seed."""
    made = books.zoho.control("seed", {
        "contacts": [{"contact_name": f"Customer {number}"} for number in range(20)],
        "items": [{"name": "Chair", "rate": 10, "sku": "C"}],
        "taxes": [{"tax_name": "Sales", "tax_percentage": 7}],
    })  # fmt: skip
    assert (len(made["contacts"]), len(made["items"]), len(made["taxes"])) == (20, 1, 1)
    invoice = {
        "customer_id": made["contacts"][0], "invoice_number": "OLD-1", "line_items": [{"item_id": made["items"][0]}],
    }  # fmt: skip
    books.zoho.control("seed", {"invoices": [invoice]})
    assert books.call("GET", "/invoices")["invoices"][0]["invoice_number"] == "OLD-1"
    assert {row["by"] for row in _commits(books)} == {"seed"}


def test_seed_can_make_an_organization_and_a_unique_field(books: Books) -> None:
    """A third organization has its own chart, currency and fields."""
    books.zoho.control("seed", {"organizations": [{
        "organization_id": "10000003", "name": "Tokyo KK", "currency_code": "JPY", "time_zone": "Asia/Tokyo",
        "custom_fields": [{"module": "invoices", "label": "Order", "api_name": "cf_order", "is_unique": True}],
    }]})  # fmt: skip
    books.zoho.organization_id = "10000003"
    invoice = books.invoice(books.contact()["contact_id"], "10.5", custom_fields=[{"api_name": "cf_order", "value": 7}])
    assert (invoice["total"], invoice["price_precision"], invoice["currency_code"]) == (11, 0, "JPY")
    assert invoice["created_time"].endswith("+0900")


def test_people_edit_behind_the_programs_back(books: Books) -> None:
    """Renumber, edit, void, delete, merge, foreign documents; each is one commit by people."""
    ada, bob = books.contact("Ada")["contact_id"], books.contact("Bob")["contact_id"]
    invoice = books.invoice(ada)
    invoice_id = invoice["invoice_id"]
    edits: list[JSON] = [
        {"action": "renumber", "invoice_id": invoice_id, "to": "HAND-1"},
        {"action": "edit", "resource": "invoices", "id": invoice_id, "fields": {"reference_number": "by hand"}},
        {"action": "mark_sent", "invoice_id": invoice_id},
        {"action": "merge", "from": ada, "into": bob},
        {"action": "inactive", "contact_id": bob},
        {"action": "void", "invoice_id": invoice_id},
        {"action": "create_invoice", "body": {"customer_id": bob, "line_items": [{"name": "x", "rate": 1}]}},
        {"action": "delete", "resource": "invoices", "id": invoice_id},
        {"action": "timezone", "time_zone": "Asia/Kolkata"},
    ]
    before = len(_commits(books))
    for edit in edits:
        books.zoho.control("people", edit)
    rows = _commits(books)[before:]
    assert [row["by"] for row in rows] == ["people"] * len(edits)
    assert rows[0]["key"] == "HAND-1"
    assert books.refused("GET", f"/contacts/{ada}")[:2] == (404, 1002)
    left = books.call("GET", "/invoices")["invoices"]
    assert [(row["customer_name"], row["invoice_number"]) for row in left] == [("Bob", "INV-000002")]
    assert books.call("GET", f"/contacts/{bob}")["contact"]["status"] == "inactive"
    books.contact("Carl")
    carl = books.call("GET", "/contacts", contact_name="Carl")["contacts"][0]
    assert carl["created_time"].endswith("+0530")


def test_one_commit_a_change_with_key_number_and_total(books: Books) -> None:
    """The log's key is the custom field's value, else the number; total is the document's."""
    customer_id = books.contact()["contact_id"]
    start = len(_commits(books))
    field = [{"api_name": "cf_bookbridge_key", "value": "order-9"}]
    invoice = books.invoice(customer_id, "12.30", custom_fields=field)
    part = [{"invoice_id": invoice["invoice_id"], "amount_applied": 2}]
    body = {"customer_id": customer_id, "amount": 2, "invoices": part, "reference_number": "P-1"}
    books.call("POST", "/customerpayments", body, status=201)
    books.call("POST", f"/invoices/{invoice['invoice_id']}/status/sent")
    rows = _commits(books)[start:]
    assert [(row["resource"], row["key"]) for row in rows] == [
        ("invoices", "order-9"), ("customerpayments", "P-1"), ("invoices", "order-9"),
    ]  # fmt: skip
    assert (rows[0]["total"], rows[0]["id"], rows[0]["by"]) == (12.3, invoice["invoice_id"], "api")
    assert len(rows[0]["body_hash"]) == 64


def test_people_settle_and_undo_what_a_program_must_find_out(books: Books) -> None:
    """Payments, credits, refunds, write-offs, voids, creations and deletions of every kind; each is one commit."""
    customer = books.contact("Ada")["contact_id"]
    line = {"line_items": [{"name": "x", "rate": 30}]}

    def people(action: str, **members: object) -> JSON:
        answer: JSON = books.zoho.control("people", {"action": action, **members})[0]
        return answer

    def status(invoice_id: str) -> str:
        return str(books.call("GET", f"/invoices/{invoice_id}")["invoice"]["status"])

    first, second = (
        people("create", resource="invoices", body={"customer_id": customer, **line})["invoice"]["invoice_id"]
        for _ in range(2)
    )
    rows = [{"invoice_id": first, "amount_applied": 30}]
    paid = people("record_payment", body={"customer_id": customer, "amount": 50, "invoices": rows})["payment"]
    assert status(first) == "paid"
    people("apply_credit", payment_id=paid["payment_id"], invoice_id=second, amount=5)
    note = people("create", resource="creditnotes", body={"customer_id": customer, **line})["creditnote"]
    people("apply_credit", creditnote_id=note["creditnote_id"], invoice_id=second, amount=10)
    people("refund", payment_id=paid["payment_id"], amount=15)
    people("refund", creditnote_id=note["creditnote_id"], amount=20)
    people("write_off", invoice_id=second)
    assert status(second) == "paid"
    people("write_off", invoice_id=second, cancel=True)
    assert status(second) == "partially_paid"
    other = people("create", resource="creditnotes", body={"customer_id": customer, **line})["creditnote"]
    people("void", resource="creditnotes", id=other["creditnote_id"])
    people("call", method="post", path="/settings/taxes", body={"tax_name": "T", "tax_percentage": 3})
    people("delete", resource="creditnotes", id=other["creditnote_id"])
    refused = books.zoho.http.post("/_sandbox/people", json={"action": "delete", "resource": "stamps", "id": "1"})
    assert refused.status_code == 400
    rows = [row for row in _commits(books) if row["by"] == "people"]
    assert len(rows) == 14
    contact = books.call("GET", f"/contacts/{customer}")["contact"]
    assert (contact["outstanding_receivable_amount"], contact["unused_credits_receivable_amount"]) == (15, 0)
