"""PDF, HTML and attachments of the sandbox (FACTS 4.1, 4.10, 5.4)."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.contract.sandbox.books.conftest import Books


def _text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


@pytest.mark.parametrize(("params", "headers"), [({"accept": "pdf"}, {}), ({}, {"Accept": "application/pdf"})])
def test_the_pdf_opens_and_shows_number_and_total(
    books: Books, params: dict[str, str], headers: dict[str, str]
) -> None:
    """By parameter or header: PDF bytes, an attachment named by the number, with number and total inside."""
    customer_id = books.contact("Ωmega Ζήτα")["contact_id"]
    invoice = books.invoice(customer_id, "1234.5")
    answer = books.zoho.books("GET", f"/invoices/{invoice['invoice_id']}", params=params, headers=headers)
    assert answer.headers["content-type"] == "application/pdf;charset=UTF-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="INV-000001.pdf"'
    text = _text(answer.content)
    assert "INV-000001" in text
    assert "1,234.50" in text


def test_html_print_and_bulk(books: Books) -> None:
    """accept=html gives a page, print=true an inline PDF, several invoices one PDF."""
    customer_id = books.contact("A <b>")["contact_id"]
    ids = [books.invoice(customer_id)["invoice_id"] for _ in range(2)]
    page = books.zoho.books("GET", f"/invoices/{ids[0]}", params={"accept": "html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "INV-000001" in page.text and "A &lt;b&gt;" in page.text
    shown = books.zoho.books("GET", f"/invoices/{ids[0]}", params={"print": "true"})
    assert shown.headers["content-disposition"].startswith("inline")
    both = books.zoho.books("GET", "/invoices/pdf", params={"invoice_ids": ",".join(ids)})
    assert "INV-000001" in _text(both.content) and "INV-000002" in _text(both.content)
    missing = books.zoho.books("GET", "/invoices/424242", params={"accept": "pdf"})
    assert (missing.status_code, missing.json()["code"]) == (404, 1002)


def test_an_attachment_comes_back_as_it_went(books: Books) -> None:
    """Attach, read the very bytes, switch the mail flag, delete; wrong types are refused."""
    path = f"/invoices/{books.invoice(books.contact()['contact_id'])['invoice_id']}/attachment"
    data = bytes(range(256)) * 40
    sent = books.zoho.books("POST", path, files={"attachment": ("plan.jpg", data, "image/jpeg")})
    assert sent.json()["message"] == "Your file has been successfully attached to the invoice."
    given = books.zoho.books("GET", path)
    assert (given.content, given.headers["content-type"]) == (data, "image/jpeg")
    row = books.call("GET", "/invoices")["invoices"][0]
    assert row["has_attachment"] is True
    books.call("PUT", path, can_send_in_mail="true")
    invoice = books.call("GET", path.removesuffix("/attachment"))["invoice"]
    assert (invoice["attachment_name"], invoice["can_send_in_mail"]) == ("plan.jpg", True)
    assert books.call("DELETE", path)["message"] == "Your file is no longer attached to the invoice."
    assert books.refused("GET", path)[:2] == (404, 1002)
    wrong = books.zoho.books("POST", path, files={"attachment": ("a.docx", b"PK", "application/zip")})
    assert wrong.status_code == 400
    assert books.zoho.books("POST", path).status_code == 400
