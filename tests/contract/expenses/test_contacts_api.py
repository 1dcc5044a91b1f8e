"""What a client of the contact routes can rely on, over HTTP with a running engine."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.running import another_client
from tests.support.sandbox import Zoho
from tests.support.web import Site

PATH = "/api/contacts/find-or-create"


@pytest.fixture(scope="module")
def headers(site: Site) -> dict[str, str]:
    """A key that may do everything with contacts."""
    return site.key("contacts:read", "contacts:write")


def find(site: Site, headers: dict[str, str], **body: Any) -> Any:
    """Find or create a contact."""
    return site.client.post(PATH, json=body, headers=headers)


def with_email(zoho: Zoho, email: str) -> list[dict[str, Any]]:
    """The contacts Zoho has under an address."""
    rows: list[dict[str, Any]] = zoho.books("GET", "/contacts", params={"email": email}).json()["contacts"]
    return rows


def test_a_new_contact_is_created_once_then_found(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """``created`` says which it was; upper and lower case are the same address."""
    body = {"email": "Ada@example.com", "name": "Ada Lovelace", "phone": "+44 1", "companyName": "Engines Ltd"}
    first = find(site, headers, **body)
    assert first.status_code == 200, first.text
    contact = first.json()["contact"]
    assert first.json()["created"] is True
    assert (contact["contact_name"], contact["email"], contact["phone"]) == ("Ada Lovelace", "ada@example.com", "+44 1")
    assert (contact["company_name"], contact["contact_type"]) == ("Engines Ltd", "customer")

    again = find(site, headers, email="ada@EXAMPLE.com").json()
    assert (again["created"], again["contact"]["contact_id"]) == (False, contact["contact_id"])
    assert len(with_email(zoho, "ada@example.com")) == 1


def test_twenty_calls_at_once_make_one_contact(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """All get the same contact, and one of them made it."""

    def call(_: int) -> Any:
        return another_client(site).post(PATH, json={"email": "many@example.com"}, headers=headers).json()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(call, range(20)))
    assert len({each["contact"]["contact_id"] for each in answers}) == 1
    assert sum(each["created"] for each in answers) == 1
    assert len(with_email(zoho, "many@example.com")) == 1


def test_a_contact_that_people_entered_is_found(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """By the address of its primary person."""
    person = {"email": "grace@example.com", "is_primary_contact": True}
    zoho.control("seed", {"contacts": [{"contact_name": "Hopper Inc", "contact_persons": [person]}]})
    answer = find(site, headers, email="grace@example.com", name="Somebody Else").json()
    assert (answer["created"], answer["contact"]["contact_name"]) == (False, "Hopper Inc")


def test_a_lost_answer_makes_no_second_contact(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """The call waits, or says 202, until reading has settled it."""
    rule = {"kind": "answer_lost", "match": {"method": "POST", "path": "^/contacts$"}, "rate": 1.0, "times": 1}
    zoho.control("faults", {"rules": [rule]})
    early = site.client.post(PATH, json={"email": "lost@example.com"}, params={"wait": "0"}, headers=headers)
    assert (early.status_code, early.json()["contact"]) == (202, None)
    answer = site.client.post(PATH, json={"email": "lost@example.com"}, params={"wait": "30"}, headers=headers).json()
    assert answer["contact"]["email"] == "lost@example.com"
    assert len(with_email(zoho, "lost@example.com")) == 1


def test_a_contact_deleted_in_zoho_is_replaced(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """Once, and again if that one is deleted too."""
    ids = []
    for _ in range(3):
        contact = find(site, headers, email="gone@example.com").json()["contact"]
        ids.append(contact["contact_id"])
        assert zoho.books("DELETE", f"/contacts/{contact['contact_id']}").status_code == 200
    assert len(set(ids)) == 3


@pytest.mark.parametrize("body", [{}, {"email": ""}, {"name": "Ada"}])
def test_email_is_required(body: dict[str, str], site: Site, headers: dict[str, str]) -> None:
    """The sentence of the guide."""
    refused = find(site, headers, **body)
    assert (refused.status_code, refused.json()["error"]) == (400, "email is required")


@pytest.mark.parametrize("email", ["ada", "@example.com", "a b@example.com", "a@b@c", "<a@b.com>"])
def test_what_is_no_address_is_refused(email: str, site: Site, headers: dict[str, str]) -> None:
    """Naming the field."""
    refused = find(site, headers, email=email)
    assert (refused.status_code, refused.json()["field"]) == (400, "email")


def test_two_contacts_with_one_address_are_for_a_person(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """409 until they are merged; then the one that is left is found."""
    person = {"email": "twice@example.com", "is_primary_contact": True}
    made = zoho.control(
        "seed", {"contacts": [{"contact_name": f"Twice {n}", "contact_persons": [person]} for n in (1, 2)]}
    )
    refused = find(site, headers, email="twice@example.com")
    assert refused.status_code == 409
    assert "2 contacts in Zoho have the address" in refused.json()["error"]
    zoho.books("DELETE", f"/contacts/{made['contacts'][1]}")
    answer = find(site, headers, email="twice@example.com").json()
    assert (answer["created"], answer["contact"]["contact_id"]) == (False, made["contacts"][0])


def test_customers_are_listed_unless_vendors_are_asked_for(site: Site, headers: dict[str, str], zoho: Zoho) -> None:
    """Paging and search are Zoho's; unknown filters are refused."""
    customers = [{"contact_name": "Listed One"}, {"contact_name": "Listed Two"}]
    zoho.control("seed", {"contacts": [{"contact_name": "Paper Mill", "contact_type": "vendor"}, *customers]})

    def names(**query: str) -> set[str]:
        rows = site.client.get("/api/contacts", params=query, headers=headers).json()["contacts"]
        return {row["contact_name"] for row in rows}

    assert "Paper Mill" not in names()
    assert names(contact_type="vendor", search_text="paper") == {"Paper Mill"}
    assert {"Paper Mill", "Listed One"} <= names(contact_type="all")
    page = site.client.get("/api/contacts", params={"per_page": "1"}, headers=headers).json()
    assert (len(page["contacts"]), page["page_context"]["has_more_page"]) == (1, True)
    assert site.client.get("/api/contacts", params={"mail": "x"}, headers=headers).status_code == 400
    assert site.client.get("/api/contacts", params={"contact_type": "lead"}, headers=headers).status_code == 400


def test_one_contact_is_read_whole(site: Site, headers: dict[str, str]) -> None:
    """With its persons; an unknown one is 404."""
    contact_id = find(site, headers, email="whole@example.com", country="Peru").json()["contact"]["contact_id"]
    shown = site.client.get(f"/api/contacts/{contact_id}", headers=headers).json()["contact"]
    assert shown["billing_address"]["country"] == "Peru"
    assert site.client.get("/api/contacts/1", headers=headers).status_code == 404
    assert site.client.get("/api/contacts/x", headers=headers).status_code == 404


def test_the_routes_need_their_scopes(site: Site) -> None:
    """Reading is not writing."""
    reader, other = site.key("contacts:read"), site.key("expenses:read")
    assert site.client.post(PATH, json={"email": "a@b.com"}, headers=reader).status_code == 403
    assert site.client.get("/api/contacts", headers=other).status_code == 403
