"""Requests to bytes and answers to values, without a network."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.net import HttpAnswer
from bookbridge.zoho.answers import decode, rate_hint
from bookbridge.zoho.books.contacts import Contacts
from bookbridge.zoho.books.invoices import Invoice, InvoiceDraft, Invoices, LineDraft
from bookbridge.zoho.datacenters import region
from bookbridge.zoho.errors import (
    DuplicateNameError,
    MalformedRequestError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    ServerFailureError,
    TokenRejectedError,
    UnreadableAnswerError,
    ZohoError,
)
from bookbridge.zoho.protocol import FilePart, Prepared, Request, encode_body, param_text, path_id, prepare, to_http
from bookbridge.zoho.records import read_record

DAY = {"x-rate-limit-limit": "1000", "x-rate-limit-remaining": "914", "x-rate-limit-reset": "38689"}


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpAnswer:
    """An answer of Zoho's."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpAnswer(status=status, headers={"content-type": "application/json", **(headers or {})}, content=content)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**15), max_value=10**15))
def test_an_amount_survives_the_way_out_and_back(amount: Decimal) -> None:
    """Every amount arrives equal to the last digit, through the encoder and the decoder."""
    body = encode_body({"rate": amount})
    got = decode(answer(b'{"code":0,"message":"success","invoice":' + body + b"}")).body["invoice"]["rate"]
    assert Decimal(got) == amount and not isinstance(got, float)


def test_amounts_beyond_a_float_stay_exact() -> None:
    """12345678901234567.89 is not rounded, with or without an exponent."""
    row = b'{"code":0,"message":"","invoice":{"invoice_id":"1","total":12345678901234567.89,"balance":1E+2}}'
    invoice = decode(answer(row)).record("invoice", Invoice)
    assert (invoice.total, invoice.balance) == (Decimal("12345678901234567.89"), Decimal(100))
    assert encode_body({"a": Decimal("1E+3"), "b": Decimal("1.10")}) == b'{"a":1000,"b":1.10}'


@pytest.mark.parametrize("bad", [1.5, float("nan"), Decimal("NaN"), Decimal("Infinity"), object()])
def test_inexact_numbers_are_refused_with_their_place(bad: object) -> None:
    """A float never leaves this program."""
    with pytest.raises(InvalidInputError):
        encode_body({"line_items": [{"rate": bad}]})


def test_a_float_names_its_field() -> None:
    """The error says where it stands."""
    with pytest.raises(InvalidInputError) as caught:
        encode_body({"line_items": [{"rate": 1.5}]})
    assert caught.value.field == "body.line_items[0].rate"


def test_a_request_becomes_the_bytes_zoho_documents() -> None:
    """Organization in the query, plus signs escaped, JSON body, token only in its header."""
    at = dt.datetime(2026, 6, 9, 13, 16, 45, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30)))
    request = Request(method="GET", path="/invoices", params={"last_modified_time": at, "date": dt.date(2026, 1, 2)})
    prepared = prepare(request, organization_id="10")
    assert prepared.target == (
        "/books/v3/invoices?organization_id=10&last_modified_time=2026-06-09T13%3A16%3A45%2B0530&date=2026-01-02"
    )
    http = to_http(prepared, region=region("ca"), access_token="1000.secret")
    assert http.url.startswith("https://www.zohoapis.ca/books/v3/invoices?")
    assert http.headers["Authorization"] == "Zoho-oauthtoken 1000.secret"
    assert "secret" not in repr(http) and "secret" not in repr(prepared) and b"secret" not in prepared.freeze()


def test_frozen_bytes_are_canonical_and_thaw_to_the_same_request() -> None:
    """The same request gives the same bytes in any process; files included."""
    part = FilePart(name="receipt", filename='a"\r\n.pdf', content=b"%PDF\x00", content_type="application/pdf")
    request = Request(method="POST", path="/expenses", json={"amount": Decimal("1.10")}, files=(part,))
    one, two = prepare(request, organization_id="10"), prepare(request, organization_id="10")
    assert one.freeze() == two.freeze()
    assert Prepared.thaw(one.freeze()) == one
    assert one.content.count(b"\r\n\r\n") == 2 and b'filename="a%22  .pdf"' in one.content
    assert b'name="JSONString"' in one.content and not one.repeatable


@pytest.mark.parametrize("value", ["", " ", "1/2", "..", "1?x", "1#", "ü", "x" * 101, "1\r\n"])
def test_an_id_is_one_plain_segment(value: str) -> None:
    """An empty or wandering id is refused before anything is sent."""
    with pytest.raises(InvalidInputError):
        path_id(value)
    with pytest.raises(InvalidInputError):
        Invoices(lambda request: pytest.fail("sent")).delete(value)


def test_parameters_are_written_as_zoho_reads_them() -> None:
    """Booleans in words, amounts without exponent, times with an offset; naive times and floats are refused."""
    assert [param_text(value) for value in (True, 5, Decimal("1E+2"), "x")] == ["true", "5", "100", "x"]
    with pytest.raises(InvalidInputError):
        param_text(dt.datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(InvalidInputError):
        param_text(1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"code": 45, "message": "limit of 1000."}, RateLimitedError),
        (200, {"code": 1000, "message": "Internal error"}, UnreadableAnswerError),
        (200, {"message": "no code"}, UnreadableAnswerError),
        (201, b"<!doctype html><html></html>", UnreadableAnswerError),
        (200, b'{"code":0,"mess', UnreadableAnswerError),
        (200, b"", UnreadableAnswerError),
        (200, b"[" * 100_000, UnreadableAnswerError),
        (200, b'{"a":' * 100_000, UnreadableAnswerError),
        (302, b"", UnreadableAnswerError),
        (400, {"code": 3062, "message": 'The customer "X" already exists.'}, DuplicateNameError),
        (400, {"code": 1002, "message": "Please enter valid expense account"}, RefusedError),
        (400, {"code": 1038, "message": "JSON is not well formed"}, MalformedRequestError),
        (400, b"<html>", RefusedError),
        (401, {"code": 57, "message": "You are not authorized"}, TokenRejectedError),
        (401, {"code": 14, "message": "invalid"}, TokenRejectedError),
        (404, {"code": 1002, "message": "Invoice does not exist."}, RecordNotFoundError),
        (404, {"code": 5, "message": "Invalid URL Passed"}, MalformedRequestError),
        (405, {"code": 37, "message": "not allowed"}, MalformedRequestError),
        (429, {"code": 44, "message": "blocked"}, RateLimitedError),
        (429, b"<html>", RateLimitedError),
        (500, {"code": 1000, "message": "Internal error"}, ServerFailureError),
        (503, b"<html>", ServerFailureError),
    ],
)
def test_every_answer_has_its_class(status: int, body: Any, error: type[ZohoError]) -> None:
    """Status and code decide together; what is no answer of this call is unreadable."""
    with pytest.raises(error) as caught:
        decode(answer(body, status=status), method="POST", path="/books/v3/invoices")
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.path) == (status, "/books/v3/invoices")


@pytest.mark.parametrize(("code", "kind"), [(44, "minute"), (45, "day"), (1070, "concurrency"), (43, "abuse")])
def test_limits_say_which_and_how_long(code: int, kind: str) -> None:
    """The kind, Retry-After where Zoho gives one, the day's counters."""
    with pytest.raises(RateLimitedError) as caught:
        decode(answer({"code": code, "message": "m"}, status=429, headers={**DAY, "retry-after": "3600"}))
    error = caught.value
    assert (error.kind, error.retry_after_s, error.remaining, error.reset_s) == (kind, 3600.0, 914, 38689)


def test_the_days_counters_are_read_from_every_answer() -> None:
    """All three or none."""
    payload = decode(answer({"code": 0, "message": "success"}, headers=DAY))
    assert payload.rate is not None
    assert (payload.rate.limit, payload.rate.remaining, payload.rate.reset_s) == (1000, 914, 38689)
    assert rate_hint({"x-rate-limit-limit": "1000"}) is None
    assert rate_hint({**DAY, "x-rate-limit-reset": "soon"}) is None


def test_a_pdf_is_told_by_its_first_bytes() -> None:
    """JSON errors come instead of PDFs (FACTS 10): the magic decides, not the header."""
    pdf = HttpAnswer(status=200, headers={"content-type": "application/pdf"}, content=b"%PDF-1.7 ...")
    assert decode(pdf, accept="pdf").content.startswith(b"%PDF")
    for content in (b"", b"<html>", b'{"code":0,"message":"success"}'):
        with pytest.raises(UnreadableAnswerError):
            decode(HttpAnswer(status=200, headers={"content-type": "application/pdf"}, content=content), accept="pdf")
    with pytest.raises(RecordNotFoundError):
        decode(answer({"code": 1002, "message": "Invoice does not exist."}, status=404), accept="pdf")


def test_empty_texts_stand_for_nothing() -> None:
    """Zoho's "" is None for numbers, dates and ids, "" for texts; unknown fields stay in raw."""
    row = {
        "invoice_id": "1", "total": "", "due_date": "", "exchange_rate": None, "customer_name": "", "is_emailed": "",
        "line_items": [{"rate": "", "name": "x"}], "payment_terms": "30", "balance": "10.50", "brand_new": {"a": ""},
        "created_time": "2026-06-09T13:16:45+0530",
    }  # fmt: skip
    invoice = read_record(row, Invoice)
    assert (invoice.total, invoice.due_date, invoice.exchange_rate) == (None, None, None)
    assert (invoice.customer_name, invoice.is_emailed, invoice.payment_terms) == ("", False, 30)
    assert invoice.balance == Decimal("10.50") and invoice.line_items[0].rate is None
    assert invoice.created_time is not None
    assert invoice.created_time.astimezone(dt.UTC) == dt.datetime(2026, 6, 9, 7, 46, 45, tzinfo=dt.UTC)
    assert invoice.raw is row and row["total"] == ""


def test_one_odd_field_does_not_spoil_a_record() -> None:
    """A field of another type takes its default, inside lines too; the rest is read; raw has it all."""
    row = {
        "invoice_id": 460000000012345, "date": "31/12/2026", "total": 5, "status": ["sent"],
        "line_items": [{"name": "x", "rate": "many", "quantity": 2}], "billing_address": "here",
    }  # fmt: skip
    invoice = read_record(row, Invoice)
    assert (invoice.invoice_id, invoice.date, invoice.total, invoice.status) == (
        "460000000012345",
        None,
        Decimal(5),
        "",
    )
    assert (invoice.line_items[0].name, invoice.line_items[0].quantity) == ("x", Decimal(2))
    assert invoice.raw["date"] == "31/12/2026"


def test_a_record_without_id_is_not_an_answer() -> None:
    """Another request's answer, or none, is unreadable rather than half a record."""
    payload = decode(answer({"code": 0, "message": "success", "contact": {"contact_id": "1"}}))
    for key in ("invoice", "contact"):
        with pytest.raises(UnreadableAnswerError):
            payload.record(key, Invoice)
    with pytest.raises(UnreadableAnswerError):
        decode(answer({"code": 0, "message": "", "invoices": [1]})).records("invoices", Invoice)


def test_a_draft_sends_only_what_was_given() -> None:
    """Empty fields stay out, nested drafts are opened, extra fields are merged, a doubled one is refused."""
    line = LineDraft(name="x", rate=Decimal("0.00"), quantity=1)
    draft = InvoiceDraft(customer_id="1", line_items=[line], is_inclusive_tax=False, extra={"place_of_supply": "DL"})
    body = Invoices(lambda request: pytest.fail("sent")).create_request(draft).json
    assert body == {
        "customer_id": "1",
        "line_items": [{"name": "x", "rate": Decimal("0.00"), "quantity": 1}],
        "is_inclusive_tax": False,
        "place_of_supply": "DL",
    }
    doubled = InvoiceDraft(customer_id="1", line_items=[line], extra={"customer_id": "2"})
    with pytest.raises(InvalidInputError, match="twice"):
        Invoices(lambda request: pytest.fail("sent")).create_request(doubled)


def test_a_list_gives_each_row_once_although_rows_shift() -> None:
    """Offset paging repeats rows when others are added; a list that never ends is an error, not a loop."""
    pages = {1: ["1", "2"], 2: ["2", "3"], 3: ["4"]}

    def send(request: Request) -> Any:
        page = int(str(request.params["page"]))
        rows = [{"contact_id": number} for number in pages[page]]
        context = {"page": page, "per_page": 2, "has_more_page": page < 3}
        return decode(answer({"code": 0, "message": "success", "contacts": rows, "page_context": context}))

    assert [row.contact_id for row in Contacts(send).list()] == ["1", "2", "3", "4"]
    pages.update({2: ["1", "2"]})
    with pytest.raises(UnreadableAnswerError, match="does not end"):
        list(Contacts(send).list())


def test_an_upsert_names_its_key_in_headers_and_body() -> None:
    """The record must carry the value; a key that a header cannot carry is refused."""
    invoices = Invoices(lambda request: pytest.fail("sent"))
    request = invoices.upsert_request({"customer_id": "1"}, key_field="cf_key", key_value="K1")
    assert (request.method, request.path, request.repeatable) == ("PUT", "/invoices", True)
    assert request.headers == {
        "X-Unique-Identifier-Key": "cf_key",
        "X-Unique-Identifier-Value": "K1",
        "X-Upsert": "true",
    }
    assert request.json["custom_fields"] == [{"api_name": "cf_key", "value": "K1"}]
    for bad in ("", "a\r\nX-Evil: 1", "schlüssel"):
        with pytest.raises(InvalidInputError):
            invoices.upsert_request({}, key_field="cf_key", key_value=bad)
