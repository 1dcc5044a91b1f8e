"""Receipts: passed on to Zoho byte by byte, once, and never in the place of another one unasked."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookbridge.cli.main import execute
from tests.support.sandbox import Zoho
from tests.support.web import Site

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
TAXI = {"amount": 18.40, "currency": "USD", "category": "Travel Expense", "date": "2026-03-02"}


@pytest.fixture(scope="module")
def headers(site: Site) -> dict[str, str]:
    """A key that may do everything with expenses."""
    return site.key("expenses:read", "expenses:write")


@pytest.fixture
def expense_id(site: Site, headers: dict[str, str]) -> str:
    """An expense of its own, without a receipt."""
    made = site.client.post("/api/expenses", content=json.dumps(TAXI), headers=headers)
    assert made.status_code == 201, made.text
    return str(made.json()["expense_id"])


def put(site: Site, headers: dict[str, str], expense_id: str, content: bytes, **params: Any) -> Any:
    """Send a receipt."""
    path, kind = f"/api/expenses/{expense_id}/receipt", {"Content-Type": "application/pdf"}
    return site.client.put(path, content=content, headers=headers | kind, params=params)


def sent(zoho: Zoho, expense_id: str) -> int:
    """How often a receipt of the expense was sent to Zoho."""
    asked = [entry for entry in zoho.server.sandbox.log.after(0) if entry["method"] == "POST"]
    return sum(entry["path"].endswith(f"/expenses/{expense_id}/receipt") for entry in asked)


def test_a_receipt_comes_back_byte_by_byte(site: Site, headers: dict[str, str], expense_id: str) -> None:
    """Under its name, as a file that no browser shows or runs."""
    made = put(site, headers, expense_id, PDF, filename="taxi ride.pdf")
    assert made.status_code == 201, made.text
    assert made.json()["filename"] == "taxi ride.pdf"
    found = site.client.get(f"/api/expenses/{expense_id}/receipt", headers=headers)
    assert found.content == PDF
    assert found.headers["content-type"] == "application/pdf"
    assert found.headers["content-disposition"] == 'attachment; filename="taxi ride.pdf"'
    assert found.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in found.headers["content-security-policy"]


def test_the_same_receipt_is_sent_once(site: Site, zoho: Zoho, headers: dict[str, str], expense_id: str) -> None:
    """Again, as after a lost answer: 200, and nothing goes out."""
    assert put(site, headers, expense_id, JPEG).status_code == 201
    again = put(site, headers, expense_id, JPEG)
    assert (again.status_code, again.json()["is_new"]) == (200, False)
    assert sent(zoho, expense_id) == 1


def test_a_lost_answer_of_zohos_ends_in_one_receipt(
    site: Site, zoho: Zoho, headers: dict[str, str], expense_id: str
) -> None:
    """The upload may be repeated, because it replaces itself."""
    rule = {"kind": "answer_lost", "rate": 1.0, "times": 1, "match": {"method": "POST", "path": "/receipt$"}}
    zoho.control("faults", {"rules": [rule]})
    answer = put(site, headers, expense_id, PNG)
    zoho.control("faults", {"rules": []})
    assert answer.status_code == 201, answer.text
    assert site.client.get(f"/api/expenses/{expense_id}/receipt", headers=headers).content == PNG
    assert sent(zoho, expense_id) == 2


def test_another_receipt_is_replaced_only_when_asked_to(site: Site, headers: dict[str, str], expense_id: str) -> None:
    """What a person attached in Zoho is not lost by accident."""
    assert put(site, headers, expense_id, PDF, filename="by-hand.pdf").status_code == 201
    refused = put(site, headers, expense_id, JPEG)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "by-hand.pdf" in refused.json()["error"]
    assert put(site, headers, expense_id, JPEG, replace="true").status_code == 201
    assert site.client.get(f"/api/expenses/{expense_id}/receipt", headers=headers).content == JPEG


@pytest.mark.parametrize(
    ("content", "filename", "field", "sentence"),
    [
        (b"", "", "body", "empty"),
        (b"<html><script>alert(1)</script>", "", "body", "neither a PDF nor"),
        (b"PK\x03\x04 a workbook", "list.xlsx", "body", "neither a PDF nor"),
        (PDF, "taxi.exe", "filename", "application/pdf"),
        (JPEG, "taxi.pdf", "filename", "image/jpeg"),
    ],
)
def test_what_is_no_receipt_is_400_and_named(
    site: Site, headers: dict[str, str], content: bytes, filename: str, field: str, sentence: str
) -> None:
    """By its bytes and by its name (SEC-080); Zoho is not asked."""
    refused = put(site, headers, "1", content, filename=filename)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert sentence in refused.json()["error"]


def test_a_name_loses_what_a_header_or_a_folder_could_misread(
    site: Site, headers: dict[str, str], expense_id: str
) -> None:
    """Quotes, line ends and steps upwards (SEC-084)."""
    name = '../../etc/"taxi"\r\nSet-Cookie: a=b.pdf'
    assert put(site, headers, expense_id, PDF, filename=name).status_code == 201
    found = site.client.get(f"/api/expenses/{expense_id}/receipt", headers=headers)
    assert found.headers["content-disposition"] == 'attachment; filename="_taxi_Set-Cookie_ a_b.pdf"'
    assert "set-cookie" not in found.headers


def test_a_file_over_ten_mebibytes_is_413(site: Site, headers: dict[str, str], expense_id: str) -> None:
    """And one over two that does not say that it is a file (SEC-070)."""
    assert put(site, headers, expense_id, PDF + b"x" * 10 * 1024 * 1024).status_code == 413
    plain = headers | {"Content-Type": "application/octet-stream"}
    path = f"/api/expenses/{expense_id}/receipt"
    assert site.client.put(path, content=PDF + b"x" * 2 * 1024 * 1024, headers=plain).status_code == 413
    assert put(site, headers, expense_id, PDF + b"x" * 3 * 1024 * 1024).status_code == 201


def test_where_nothing_is_it_is_said(site: Site, headers: dict[str, str], expense_id: str) -> None:
    """No receipt, no expense, and one that is not in Zoho yet."""
    missing = site.client.get(f"/api/expenses/{expense_id}/receipt", headers=headers)
    assert (missing.status_code, "no receipt" in missing.json()["error"]) == (404, True)
    assert put(site, headers, "987654321", PDF).status_code == 404
    assert put(site, headers, "../contacts/1", PDF).status_code == 404
    assert put(site, headers, "eff_01", PDF).status_code == 409


def test_a_reader_attaches_nothing(site: Site, expense_id: str) -> None:
    """The scope expenses:write is needed."""
    assert put(site, site.key("expenses:read"), expense_id, PDF).status_code == 403


def test_a_receipt_is_attached_and_saved_on_the_command_line(
    zoho: Zoho, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what went on said in a sentence; unclear use is explained."""
    given = {**zoho.server.env, "BOOKBRIDGE_HOME": str(tmp_path), "BOOKBRIDGE_ZOHO_CALLS_PER_MINUTE": "0"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    file, saved = tmp_path / "taxi.jpg", tmp_path / "back.jpg"
    file.write_bytes(JPEG)
    assert execute(["expenses", "add", "5", "travel expense", "--json"]) == 0
    expense_id = json.loads(capsys.readouterr().out)["expense_id"]
    assert execute(["expenses", "receipt", expense_id]) == 2
    assert execute(["expenses", "receipt", expense_id, str(file)]) == 0
    assert capsys.readouterr().out == "Attached taxi.jpg.\n"
    assert execute(["expenses", "receipt", expense_id, str(file)]) == 0
    assert capsys.readouterr().out == "Already attached: taxi.jpg.\n"
    assert execute(["expenses", "receipt", expense_id, "--save", str(saved)]) == 0
    assert saved.read_bytes() == JPEG
