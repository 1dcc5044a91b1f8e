"""Invoices of the sandbox against FACTS 5.4: texts, keys, numbers, life cycle, filters."""

from decimal import Decimal

import pytest

from tests.contract.sandbox.books.conftest import Books
from tests.contract.sandbox.books.wire_keys import INVOICE, INVOICE_LINE, INVOICE_ROW


def test_a_minimal_body_takes_everything_from_the_item(books: Books) -> None:
    """The minimal body of FACTS 5.4 is accepted; name, rate, description and unit come from the item."""
    customer = books.contact()
    item = books.call(
        "POST", "/items", {"name": "Chair", "rate": 149.97, "description": "Oak", "unit": "pcs"}, status=201
    )["item"]
    body = {"customer_id": customer["contact_id"], "line_items": [{"item_id": item["item_id"], "quantity": 1}]}
    answer = books.call("POST", "/invoices", body, status=201)
    invoice = answer["invoice"]
    line = invoice["line_items"][0]
    assert list(answer)[:2] == ["code", "message"]
    assert answer["message"] == "The invoice has been created."
    assert (line["name"], line["rate"], line["unit"], line["description"]) == (
        "Chair", Decimal("149.97"), "pcs", "Oak",
    )  # fmt: skip
    assert (invoice["status"], invoice["invoice_number"]) == ("draft", "INV-000001")
    assert (invoice["payment_terms"], invoice["payment_terms_label"]) == (0, "Due on Receipt")
    assert (invoice["discount_type"], invoice["is_discount_before_tax"]) == ("item_level", True)
    assert (invoice["notes"], invoice["invoice_source"]) == ("Thanks for your business.", "Api")
    assert (invoice["tax_rounding"], invoice["rounding_mode"]) == ("entity_level", "round_half_up")
    assert invoice["invoice_url"].endswith(" ")
    assert invoice["total"] == Decimal("149.97") and isinstance(invoice["exchange_rate"], int)
    assert set(invoice) >= INVOICE
    assert set(line) >= INVOICE_LINE


def test_list_rows_have_exactly_the_keys_of_the_wire(books: Books) -> None:
    """A list row has the recorded keys, besides the two of locations, and no line items or sums."""
    books.invoice(books.contact()["contact_id"])
    answer = books.call("GET", "/invoices")
    assert set(answer["invoices"][0]) - {"location_id", "location_name"} == INVOICE_ROW
    assert "zipcode" in answer["invoices"][0]["billing_address"]
    context = answer["page_context"]
    assert [field["api_name"] for field in context.pop("custom_fields")] == ["cf_bookbridge_key"]
    assert context == {
        "page": 1, "per_page": 200, "has_more_page": False, "report_name": "Invoices", "applied_filter": "Status.All",
        "sort_column": "created_time", "sort_order": "D", "seller_app_sales_channels": "",
    }  # fmt: skip


def test_own_numbers_need_the_parameter(books: Books) -> None:
    """4097 without it, unless it is the next automatic number; a taken number is refused, without regard to case."""
    customer_id = books.contact()["contact_id"]
    body = {"customer_id": customer_id, "line_items": [{"name": "x", "rate": 1}], "invoice_number": "SO-7"}
    text = "Number entered does not match the auto-generated number"
    assert books.refused("POST", "/invoices", body) == (400, 4097, text)
    own = {"ignore_auto_number_generation": "true"}
    assert books.call("POST", "/invoices", body, status=201, **own)["invoice"]["invoice_number"] == "SO-7"
    assert books.refused("POST", "/invoices", body, **own)[:2] == (400, 1001)
    assert books.refused("POST", "/invoices", {**body, "invoice_number": " so-7 "}, **own)[:2] == (400, 1001)
    assert books.invoice(customer_id, invoice_number="INV-000001")["invoice_number"] == "INV-000001"
    without = {key: value for key, value in body.items() if key != "invoice_number"}
    assert books.refused("POST", "/invoices", without, **own)[:2] == (400, 6)
    long = {**body, "invoice_number": "x" * 101}
    assert books.refused("POST", "/invoices", long, **own)[:2] == (400, 15)


def test_the_series_moves_on_after_a_delete_and_void_keeps_its_number(books: Books) -> None:
    """A deleted number is not handed out again by the series; one that is void stays taken."""
    customer_id = books.contact()["contact_id"]
    first = books.invoice(customer_id)
    assert books.call("DELETE", f"/invoices/{first['invoice_id']}")["message"] == "The invoice has been deleted."
    assert books.refused("GET", f"/invoices/{first['invoice_id']}") == (404, 1002, "Invoice does not exist.")
    second = books.invoice(customer_id)
    assert second["invoice_number"] == "INV-000002"
    books.call("POST", f"/invoices/{second['invoice_id']}/status/sent")
    books.call("POST", f"/invoices/{second['invoice_id']}/status/void")
    body = {"customer_id": customer_id, "line_items": [{"name": "x", "rate": 1}], "invoice_number": "INV-000002"}
    assert books.refused("POST", "/invoices", body, ignore_auto_number_generation="true")[:2] == (400, 1001)


def test_life_cycle_from_draft_to_paid(books: Books) -> None:
    """draft, sent, overdue by the organization's date, partially paid, paid, and back when the payment is deleted."""
    books.zoho.control("clock", {"set": "2026-03-01T12:00:00+00:00"})
    customer_id = books.contact(payment_terms=30)["contact_id"]
    invoice = books.invoice(customer_id)
    assert (invoice["payment_terms_label"], invoice["due_date"]) == ("Net 30", "2026-03-31")
    path = f"/invoices/{invoice['invoice_id']}"
    assert books.call("POST", f"{path}/status/sent")["message"] == "Invoice status has been changed to Sent."
    row = books.call("GET", "/invoices")["invoices"][0]
    assert (row["status"], row["due_days"], row["is_emailed"]) == ("sent", "Due in 30 days", False)
    books.zoho.control("clock", {"set": "2026-04-01T03:59:00+00:00"})  # still 31 March in New York
    assert books.call("GET", path)["invoice"]["status"] == "sent"
    books.zoho.control("clock", {"set": "2026-04-01T04:01:00+00:00"})
    assert books.call("GET", path)["invoice"]["status"] == "overdue"
    books.zoho.control("clock", {"set": "2026-03-15T12:00:00+00:00"})
    part = [{"invoice_id": invoice["invoice_id"], "amount_applied": 40}]
    pay = {"customer_id": customer_id, "payment_mode": "cash", "amount": 40, "invoices": part}
    first = books.call("POST", "/customerpayments", pay, status=201)["payment"]
    paid_in_part = books.call("GET", path)["invoice"]
    assert (paid_in_part["status"], paid_in_part["balance"]) == ("partially_paid", 60)
    assert paid_in_part["last_modified_time"].startswith("2026-03-15T08:00")
    rest = [{"invoice_id": invoice["invoice_id"], "amount_applied": 60}]
    books.call("POST", "/customerpayments", {**pay, "amount": 60, "invoices": rest}, status=201)
    row = _paid_row(books)
    assert (row["status"], row["due_days"], row["last_payment_date"]) == ("paid", "", "2026-03-15")
    books.call("DELETE", f"/customerpayments/{first['payment_id']}")
    assert books.call("GET", path)["invoice"]["balance"] == 40


def _paid_row(books: Books) -> dict[str, object]:
    answer = books.zoho.books("GET", "/invoices", params={"status": "paid"})
    rows: list[dict[str, object]] = answer.json()["invoices"]
    assert len(rows) == 1
    return rows[0]


def test_void_keeps_the_balance_and_frees_the_payment(books: Books) -> None:
    """A draft cannot be voided; a void invoice shows its whole total as balance and its payment becomes credit."""
    customer_id = books.contact()["contact_id"]
    invoice = books.invoice(customer_id)
    path = f"/invoices/{invoice['invoice_id']}"
    assert books.refused("POST", f"{path}/status/void")[0] == 400
    part = [{"invoice_id": invoice["invoice_id"], "amount_applied": 100}]
    books.call("POST", "/customerpayments", {"customer_id": customer_id, "amount": 100, "invoices": part}, status=201)
    assert books.call("GET", path)["invoice"]["status"] == "paid"
    assert books.refused("DELETE", path)[0] == 400
    assert books.call("POST", f"{path}/status/void")["message"] == "Invoice status has been changed to Void."
    void = books.call("GET", path)["invoice"]
    contact = books.call("GET", f"/contacts/{customer_id}")["contact"]
    assert (void["status"], void["balance"]) == ("void", 100)
    assert (contact["outstanding_receivable_amount"], contact["unused_credits_receivable_amount"]) == (0, 100)
    message = books.call("POST", f"{path}/status/draft")["message"]
    assert message == "Status of invoice changed from void to draft"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"line_items": []}, 4016),
        ({"line_items": {"name": "x"}}, 15),
        ({"line_items": [{"name": "x", "rate": "abc"}]}, 4),
        ({"line_items": [{"name": "x" * 101, "rate": 1}]}, 15),
        ({"shipping_address": {"address": "Street 1"}}, 15),
        ({"due_date": "2020-01-01"}, 4),
        ({"date": "01/02/2026"}, 4),
        ({"customer_id": "999"}, 1002),
        ({"discount_type": "per_line"}, 2),
    ],
)
def test_what_an_invoice_refuses(books: Books, body: dict[str, object], code: int) -> None:
    """Refusals carry the codes of FACTS 3.2 and leave no trace: no number used, nothing committed."""
    good = {"customer_id": books.contact()["contact_id"], "line_items": [{"name": "x", "rate": "10.5"}]}
    before = len(books.zoho.control("commits"))
    assert books.refused("POST", "/invoices", {**good, **body})[:2] == (400, code)
    assert len(books.zoho.control("commits")) == before
    assert books.call("POST", "/invoices", good, status=201)["invoice"]["invoice_number"] == "INV-000001"


def test_texts_of_refusals_are_exact(books: Books) -> None:
    """The literals of FACTS 3.2 for over-long and missing parts."""
    customer_id = books.contact()["contact_id"]
    address = {"customer_id": customer_id, "line_items": [{"name": "x"}], "shipping_address": {"city": "Rome"}}
    text = 'Please ensure that the "shipping_address" has less than 100 characters.'
    assert books.refused("POST", "/invoices", address) == (400, 15, text)
    lines = {"customer_id": customer_id, "line_items": "x"}
    text = "Please ensure that the line_items has less than 100 characters."
    assert books.refused("POST", "/invoices", lines) == (400, 15, text)


def test_update_replaces_lines_and_keeps_the_rest(books: Books) -> None:
    """Only sent fields change; line_items is replaced and a line_item_id keeps its line."""
    invoice = books.invoice(books.contact()["contact_id"], reference_number="PO-1")
    path = f"/invoices/{invoice['invoice_id']}"
    kept = {"line_item_id": invoice["line_items"][0]["line_item_id"], "quantity": 2}
    answer = books.call("PUT", path, {"line_items": [kept, {"name": "Nail", "rate": "0.5"}]})
    assert answer["message"] == "Invoice information has been updated."
    changed = answer["invoice"]
    assert (changed["reference_number"], changed["total"]) == ("PO-1", Decimal("200.5"))
    assert changed["line_items"][0]["line_item_id"] == kept["line_item_id"]
    assert [line["name"] for line in changed["line_items"]] == ["Hammer", "Nail"]


def test_filters_by_number_reference_customer_date_and_total(books: Books) -> None:
    """Filters of FACTS 4.5 with their variants; unknown parameters are ignored, a bad filter_by is 400/2."""
    books.zoho.control("clock", {"set": "2026-03-01T12:00:00+00:00"})
    ada, bob = books.contact("Ada")["contact_id"], books.contact("Bob")["contact_id"]
    books.invoice(ada, "10", reference_number="PO-A", date="2026-01-10")
    books.invoice(bob, "20", reference_number="PO-B", date="2026-02-10")

    def numbers(**query: str) -> list[str]:
        return [row["invoice_number"] for row in books.zoho.books("GET", "/invoices", params=query).json()["invoices"]]

    assert numbers(invoice_number="INV-000001") == ["INV-000001"]
    assert numbers(invoice_number_startswith="INV") == ["INV-000002", "INV-000001"]
    assert numbers(reference_number="PO-B") == ["INV-000002"]
    assert numbers(customer_id=ada) == ["INV-000001"]
    assert numbers(customer_name_contains="ob") == ["INV-000002"]
    assert numbers(date_start="2026-02-01", date_end="2026-02-28") == ["INV-000002"]
    assert numbers(date_before="2026-02-10") == ["INV-000001"]
    assert numbers(total="20") == ["INV-000002"]
    assert numbers(item_name_contains="amm") == ["INV-000002", "INV-000001"]
    assert numbers(search_text="po-a") == ["INV-000001"]
    assert numbers(status="draft", sort_column="total", sort_order="A") == ["INV-000001", "INV-000002"]
    assert numbers(refrence_number="PO-B") == ["INV-000002", "INV-000001"]
    assert numbers(filter_by="Status.Void") == []
    assert numbers(page="2") == []
    assert numbers(per_page="1") == ["INV-000002"]
    assert books.refused("GET", "/invoices", filter_by="Status.Nope") == (
        400, 2, "Invalid value passed for filter_by",
    )  # fmt: skip


def test_last_modified_time_understands_a_numeric_offset_only(books: Books) -> None:
    """Inclusive with an offset; with a Z the filter is ignored (FACTS 4.2, 4.6)."""
    books.zoho.control("clock", {"set": "2026-03-01T12:00:00+00:00", "scale": 0})
    customer_id = books.contact()["contact_id"]
    books.invoice(customer_id)
    books.zoho.control("clock", {"advance_s": 3600})
    late = books.invoice(customer_id)

    def count(value: str) -> int:
        query = {"last_modified_time": value}
        return len(books.zoho.books("GET", "/invoices", params=query).json()["invoices"])

    assert late["last_modified_time"] == "2026-03-01T08:00:00-0500"
    assert count("2026-03-01T08:00:00-0500") == 1
    assert count("2026-03-01T14:00:00+0100") == 1
    assert count("2026-03-01T13:00:01+0000") == 0
    assert count("2026-03-01T13:00:00Z") == 2


def test_response_option_counts_and_sums(books: Books) -> None:
    """0 rows; 1 rows, count and sums; 2 count only; 3 count and sums; 4 rows and sums."""
    customer_id = books.contact()["contact_id"]
    books.invoice(customer_id, "10.10")
    books.invoice(customer_id, "20.20")
    answers = {option: books.call("GET", "/invoices", response_option=option) for option in "01234"}
    assert ["invoices" in answers[option] for option in "01234"] == [True, True, False, False, True]
    assert ["total" in answers[option]["page_context"] for option in "01234"] == [False, True, True, True, False]
    assert answers["1"]["page_context"]["total"] == 2
    assert answers["3"]["page_context"]["sum_columns"]["total"] == Decimal("30.3")


def test_mail_marks_as_sent(books: Books) -> None:
    """A draft becomes sent and is_emailed; the answer's is_first_email is false for one already sent."""
    customer_id = books.contact()["contact_id"]
    draft = books.invoice(customer_id)
    answer = books.call("POST", f"/invoices/{draft['invoice_id']}/email")
    assert (answer["message"], answer["is_first_email"]) == ("Your invoice has been sent.", True)
    mailed = books.call("GET", f"/invoices/{draft['invoice_id']}")["invoice"]
    assert (mailed["status"], mailed["is_emailed"]) == ("sent", True)
    assert books.call("POST", f"/invoices/{draft['invoice_id']}/email")["is_first_email"] is False
    form = books.call("GET", f"/invoices/{draft['invoice_id']}/email")["data"]
    assert {"subject", "body", "to_contacts", "from_emails", "cc_mails_list", "file_name", "attach_pdf"} <= set(form)
    sent = books.call("POST", "/invoices", {
        "customer_id": customer_id, "line_items": [{"name": "x", "rate": 1}],
    }, status=201, send="true")["invoice"]  # fmt: skip
    assert (sent["is_emailed"], sent["status"]) == (True, "sent")


def test_write_off_and_its_cancellation(books: Books) -> None:
    """A written-off invoice is paid with write_off_amount; the cancellation brings the balance back."""
    invoice = books.invoice(books.contact()["contact_id"])
    path = f"/invoices/{invoice['invoice_id']}"
    books.call("POST", f"{path}/status/sent")
    assert books.call("POST", f"{path}/writeoff")["message"] == "Invoice has been written off"
    off = books.call("GET", path)["invoice"]
    assert (off["status"], off["balance"], off["write_off_amount"]) == ("paid", 0, 100)
    text = "The write off done for this invoice has been cancelled."
    assert books.call("POST", f"{path}/writeoff/cancel")["message"] == text
    assert books.call("GET", path)["invoice"]["balance"] == 100


def test_a_locked_period_refuses_writes(books: Books) -> None:
    """Nothing dated up to the lock can be created, changed or deleted; unlocking ends it."""
    customer_id = books.contact()["contact_id"]
    invoice = books.invoice(customer_id, date="2026-01-15")
    books.zoho.control("people", {"action": "lock", "until": "2026-01-31"})
    body = {"customer_id": customer_id, "line_items": [{"name": "x", "rate": 1}], "date": "2026-01-31"}
    assert books.refused("POST", "/invoices", body)[0] == 400
    assert books.refused("PUT", f"/invoices/{invoice['invoice_id']}", {"reference_number": "x"})[0] == 400
    assert books.refused("DELETE", f"/invoices/{invoice['invoice_id']}")[0] == 400
    books.zoho.control("people", {"action": "unlock"})
    books.call("POST", "/invoices", body, status=201)
