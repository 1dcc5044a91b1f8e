"""What a client of the expense routes can rely on, over HTTP with a running engine."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.running import another_client
from tests.support.sandbox import Zoho
from tests.support.web import Site

TAXI = '{"amount": 18.40, "currency": "USD", "category": "Travel Expense", "date": "2026-03-02", "description": "Taxi"'


@pytest.fixture(scope="module")
def headers(site: Site) -> dict[str, str]:
    """A key that may do everything with expenses."""
    return site.key("expenses:read", "expenses:write")


def post(site: Site, headers: dict[str, str], body: str, **options: Any) -> Any:
    """Send an expense."""
    return site.client.post("/api/expenses", content=body, headers=headers | options.pop("more", {}), **options)


def test_an_expense_is_recorded_and_answered(site: Site, headers: dict[str, str]) -> None:
    """201 with id, reference and the expense; 200 when it is sent again."""
    body = TAXI + ', "vendor": "City Cabs", "reference": "T-1", "external_id": "first"}'
    made = post(site, headers, body)
    assert made.status_code == 201, made.text
    answer = made.json()
    assert answer["success"] is True
    assert (answer["reference_number"], answer["expense"]["vendor_name"]) == ("T-1", "City Cabs")
    assert answer["expense_id"] == answer["expense"]["expense_id"]
    assert made.headers["location"] == f"/api/expenses/{answer['expense_id']}"

    again = post(site, headers, body)
    assert (again.status_code, again.json()["expense_id"]) == (200, answer["expense_id"])


def test_an_amount_keeps_every_digit(site: Site, headers: dict[str, str]) -> None:
    """No binary fraction between the request and Zoho, or back."""
    made = post(site, headers, TAXI.replace("18.40", "12345678901234.57") + "}")
    assert '"amount":12345678901234.57' in made.text
    shown = site.client.get(made.headers["location"], headers=headers)
    assert '"amount":12345678901234.57' in shown.text


def test_guides_camel_case_is_accepted(site: Site, headers: dict[str, str]) -> None:
    """Both spellings of a field mean the same."""
    made = post(site, headers, TAXI + ', "paidThrough": "Business Checking"}')
    assert made.json()["expense"]["paid_through_account_name"] == "Business Checking"


def test_other_content_under_an_identity_is_409(site: Site, headers: dict[str, str]) -> None:
    """By header or by field."""
    key = {"Idempotency-Key": "k-409"}
    assert post(site, headers, TAXI + "}", more=key).status_code == 201
    refused = post(site, headers, TAXI.replace("18.40", "18.41") + "}", more=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ('{"amount": 5}', "category", "amount, category and date are required"),
        (TAXI.replace("18.40", '"18.40"') + "}", "amount", "amount must be a number, not text."),
        (TAXI.replace("Travel Expense", "Travel") + "}", "category", "There is no expense account"),
        (TAXI.replace("18.40", "18.405") + "}", "amount", "more than 2 decimals"),
    ],
)
def test_a_wrong_field_is_400_and_named(
    body: str, field: str, sentence: str, site: Site, headers: dict[str, str]
) -> None:
    """With the sentence and, where there is one, what to send instead."""
    refused = post(site, headers, body)
    problem = refused.json()
    assert (refused.status_code, problem["field"]) == (400, field)
    assert sentence in problem["error"]
    if field == "category" and "Travel" in body:
        assert problem["remedy"] == "Close: Travel Expense."


def test_a_lost_answer_is_202_and_then_the_expense(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """The id of the 202 answer tells where it stands, and sending it again gives the one expense."""
    rule = {"kind": "answer_lost", "match": {"method": "POST", "path": "^/expenses$"}, "rate": 1.0, "times": 1}
    zoho.control("faults", {"rules": [rule]})
    body = TAXI + ', "external_id": "lost"}'
    on_its_way = post(site, headers, body, params={"wait": "0"})
    assert (on_its_way.status_code, on_its_way.json()["success"]) == (202, False)
    where = on_its_way.headers["location"]
    assert site.client.get(where, headers=headers).status_code == 200

    settled = post(site, headers, body, params={"wait": "30"})
    assert settled.status_code == 200
    found = site.client.get(where, headers=headers).json()
    assert found["expense_id"] == settled.json()["expense_id"]
    listed = site.client.get("/api/expenses", params={"reference_number": found["reference_number"]}, headers=headers)
    assert [row["expense_id"] for row in listed.json()["expenses"]] == [found["expense_id"]]


def test_the_same_key_from_many_clients_at_once_is_one_expense(site: Site, headers: dict[str, str]) -> None:
    """Eight clients, one of them is told that it is new."""
    body = TAXI + ', "external_id": "race", "reference": "RACE"}'
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: another_client(site).post("/api/expenses", content=body, headers=headers),
                range(8),
            )
        )
    assert sorted(each.status_code for each in answers) == [200] * 7 + [201]
    assert len({each.json()["expense_id"] for each in answers}) == 1
    listed = site.client.get("/api/expenses", params={"reference_number": "RACE"}, headers=headers).json()
    assert len(listed["expenses"]) == 1


def test_an_expense_is_changed_by_its_fields(site: Site, headers: dict[str, str]) -> None:
    """What is left out stays; an unknown expense is 404."""
    made = post(site, headers, TAXI + ', "vendor": "City Cabs"}').json()
    path = f"/api/expenses/{made['expense_id']}"
    changed = site.client.put(path, content='{"amount": 20.5, "vendor": ""}', headers=headers)
    assert changed.status_code == 200, changed.text
    expense = changed.json()["expense"]
    assert (expense["amount"], expense["vendor_id"], expense["description"]) == (20.5, "", "Taxi")
    assert site.client.put("/api/expenses/123", content='{"amount": 1}', headers=headers).status_code == 404
    assert site.client.put("/api/expenses/abc", content='{"amount": 1}', headers=headers).status_code == 404


def test_unknown_filters_are_refused(site: Site, headers: dict[str, str]) -> None:
    """Zoho would ignore them and return everything."""
    assert site.client.get("/api/expenses", params={"vendor": "x"}, headers=headers).status_code == 400
    assert site.client.get("/api/expenses", params={"page": "0"}, headers=headers).status_code == 400
    page = site.client.get("/api/expenses", params={"per_page": "1", "date_start": "2026-01-01"}, headers=headers)
    assert page.json()["page_context"]["per_page"] == 1
    assert len(page.json()["expenses"]) == 1


def test_accounts_are_listed_by_type(site: Site, headers: dict[str, str]) -> None:
    """Those a category may name, those that pay."""
    expense = site.client.get("/api/accounts", params={"type": "expense"}, headers=headers).json()["accounts"]
    paying = site.client.get("/api/accounts", params={"type": "paid_through"}, headers=headers).json()["accounts"]
    assert "Travel Expense" in {row["account_name"] for row in expense}
    assert {"Petty Cash", "Business Checking"} <= {row["account_name"] for row in paying}


def test_the_routes_need_their_scopes(site: Site) -> None:
    """Reading is not writing."""
    reader = site.key("expenses:read")
    other = site.key("contacts:read")
    assert post(site, reader, TAXI + "}").status_code == 403
    assert site.client.put("/api/expenses/1", content="{}", headers=reader).status_code == 403
    assert site.client.get("/api/expenses", headers=other).status_code == 403
    assert site.client.get("/api/accounts", headers=other).status_code == 403


def test_another_organizations_expense_on_its_way_is_not_seen(site: Site, headers: dict[str, str]) -> None:
    """The id of an effect is no key to it."""
    made = post(site, headers, TAXI + "}").json()
    stranger = site.key("expenses:read", organization_ids=["10000002"])
    assert site.client.get(f"/api/expenses/{made['effect']['id']}", headers=stranger).status_code == 404
    assert site.client.get("/api/expenses/eff_unknown", headers=headers).status_code == 404
