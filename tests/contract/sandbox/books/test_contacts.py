"""Contacts of the sandbox against FACTS 5.2."""

import pytest

from tests.contract.sandbox.books.conftest import Books
from tests.contract.sandbox.books.wire_keys import ADDRESS, CONTACT, CONTACT_ROW


def test_create_defaults_and_keys(books: Books) -> None:
    """Text, status and defaults of FACTS 5.2; addresses have ids even when empty."""
    answer = books.call("POST", "/contacts", {"contact_name": "Bowman", "company_name": "B"}, status=201)
    contact = answer["contact"]
    assert answer["message"] == "The contact has been added."
    assert set(contact) >= CONTACT
    assert (contact["status"], contact["customer_sub_type"], contact["contact_type"]) == (
        "active", "business", "customer",
    )  # fmt: skip
    assert (contact["payment_terms"], contact["payment_terms_label"]) == (0, "Due on Receipt")
    assert (contact["payment_reminder_enabled"], contact["portal_status"]) == (True, "disabled")
    assert set(contact["billing_address"]) == ADDRESS
    assert contact["billing_address"]["address_id"] != contact["shipping_address"]["address_id"] != ""
    assert contact["exchange_rate"] == ""
    row = books.call("GET", "/contacts")["contacts"][0]
    assert set(row) - {"contact_number", "language_code_formatted"} == CONTACT_ROW
    assert (row["customer_name"], row["vendor_name"]) == ("Bowman", "Bowman")


def test_names_are_unique_over_customers_and_vendors(books: Books) -> None:
    """3062 on create and update, whatever the case; a switch or an organization may allow doubles."""
    books.contact("Bowman")
    other = books.contact("Other")
    text = 'The customer "bowman" already exists. Please specify a different name.'
    body = {"contact_name": "bowman", "contact_type": "vendor"}
    assert books.refused("POST", "/contacts", body) == (400, 3062, text)
    path = f"/contacts/{other['contact_id']}"
    assert books.refused("PUT", path, {"contact_name": "Bowman"})[:2] == (400, 3062)
    answer = books.call("PUT", path, {"contact_name": "Other", "notes": "n"})
    assert answer["message"] == "Contact information has been saved."
    books.switch(allow_duplicate_contact_names=True)
    books.call("POST", "/contacts", body, status=201)


def test_top_level_email_is_dropped_and_the_primary_person_mirrored(books: Books) -> None:
    """E-mail comes from contact_persons alone, and the filter looks at the primary person."""
    dropped = books.call("POST", "/contacts", {"contact_name": "A", "email": "a@example.com"}, status=201)["contact"]
    assert (dropped["email"], dropped["contact_persons"]) == ("", [])
    persons = [
        {"first_name": "Second", "email": "second@example.com"},
        {"first_name": "First", "email": "First@Example.com", "is_primary_contact": True},
    ]
    contact = books.call("POST", "/contacts", {"contact_name": "B", "contact_persons": persons}, status=201)["contact"]
    assert (contact["email"], contact["first_name"]) == ("First@Example.com", "First")

    def found(**query: str) -> list[str]:
        return [row["contact_name"] for row in books.call("GET", "/contacts", **query)["contacts"]]

    assert found(email="first@example.com") == ["B"]
    assert found(email="second@example.com") == []
    assert found(email_contains="@example") == ["B"]


def test_persons_are_replaced_or_kept_by_id(books: Books) -> None:
    """PUT with contact_persons replaces the list; a row with contact_person_id keeps its person; [] clears."""
    contact = books.contact()
    path = f"/contacts/{contact['contact_id']}"
    person_id = contact["contact_persons"][0]["contact_person_id"]
    persons = [{"contact_person_id": person_id, "phone": "1"}, {"first_name": "New"}]
    changed = books.call("PUT", path, {"contact_persons": persons})["contact"]["contact_persons"]
    assert [person["first_name"] for person in changed] == ["Will", "New"]
    assert changed[0]["contact_person_id"] == person_id
    assert books.call("PUT", path, {"contact_persons": []})["contact"]["contact_persons"] == []


def test_endpoints_of_contact_persons(books: Books) -> None:
    """Create, make primary, list, update and delete a person with the documented texts."""
    contact_id = books.contact()["contact_id"]
    body = {"contact_id": contact_id, "first_name": "Ann", "email": "ann@example.com"}
    answer = books.call("POST", "/contacts/contactpersons", body, status=201)
    assert answer["message"] == "The contactperson has been Created"
    person_id = answer["contact_person"]["contact_person_id"]
    path = f"/contacts/contactpersons/{person_id}"
    text = "This contact person has been marked as your primary contact person."
    assert books.call("POST", f"{path}/primary")["message"] == text
    assert books.call("GET", f"/contacts/{contact_id}")["contact"]["email"] == "ann@example.com"
    assert len(books.call("GET", f"/contacts/{contact_id}/contactpersons")["contact_persons"]) == 2
    text = "The contactperson details has been updated."
    assert books.call("PUT", path, {"last_name": "Bee"})["message"] == text
    assert books.call("DELETE", path)["message"] == "The contact person has been deleted."
    assert books.call("GET", f"/contacts/{contact_id}")["contact"]["email"] == "will@example.com"


def test_delete_is_refused_with_transactions(books: Books) -> None:
    """A customer with an invoice stays; without one it goes, and a vendor is named so."""
    customer = books.contact()
    books.invoice(customer["contact_id"])
    assert books.refused("DELETE", f"/contacts/{customer['contact_id']}")[:2] == (400, 1004)
    free = books.contact("Free")
    assert books.call("DELETE", f"/contacts/{free['contact_id']}")["message"] == "The customer has been deleted."
    assert books.refused("GET", f"/contacts/{free['contact_id']}") == (404, 1002, "Contact does not exist.")
    vendor = books.contact("Shop", contact_type="vendor")
    assert books.call("DELETE", f"/contacts/{vendor['contact_id']}")["message"] == "The vendor has been deleted."


def test_drafts_do_not_count_as_receivable(books: Books) -> None:
    """Only sent invoices count; unapplied payments are unused credits (FACTS 5.2)."""
    customer_id = books.contact()["contact_id"]
    invoice = books.invoice(customer_id)
    path = f"/contacts/{customer_id}"
    assert books.call("GET", path)["contact"]["outstanding_receivable_amount"] == 0
    books.call("POST", f"/invoices/{invoice['invoice_id']}/status/sent")
    assert books.call("GET", path)["contact"]["outstanding_receivable_amount"] == 100
    books.call("POST", "/customerpayments", {"customer_id": customer_id, "amount": 30}, status=201)
    contact = books.call("GET", path)["contact"]
    assert contact["unused_credits_receivable_amount"] == 30
    assert contact["customer_currency_summaries"][0]["outstanding_receivable_amount"] == 100


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("inactive", "The contact has been marked as inactive."),
        ("active", "The contact has been marked as active."),
        ("paymentreminder/enable", "All reminders associated with this contact have been enabled."),
        ("paymentreminder/disable", "All reminders associated with this contact have been stopped."),
        ("statements/email", "Statement has been sent to the Customer."),
        ("email", "Email has been sent."),
    ],
)
def test_actions_answer_their_texts(books: Books, action: str, text: str) -> None:
    """Actions accept an empty body and answer the documented text."""
    contact_id = books.contact()["contact_id"]
    assert books.call("POST", f"/contacts/{contact_id}/{action}", status=200)["message"] == text


def test_filters_aliases_and_paging(books: Books) -> None:
    """Sorted by name; /customers and /vendors list theirs under contacts; a page past the end is empty."""
    books.contact("beta", notes="likes oak")
    books.contact("Alpha", billing_address={"city": "Rome"})
    books.contact("Gamma", contact_type="vendor")

    def names(path: str = "/contacts", **query: str) -> list[str]:
        return [row["contact_name"] for row in books.call("GET", path, **query)["contacts"]]

    assert names() == ["Alpha", "beta", "Gamma"]
    assert names("/customers") == ["Alpha", "beta"]
    assert names("/vendors") == ["Gamma"]
    assert names(contact_type="vendor") == ["Gamma"]
    assert names(contact_name_startswith="al") == ["Alpha"]
    assert names(search_text="oak") == ["beta"]
    assert names(address_contains="rome") == ["Alpha"]
    assert names(filter_by="Status.Vendors") == ["Gamma"]
    assert names(per_page="2", page="2") == ["Gamma"]
    assert names(page="9") == []
    assert names(sort_column="contact_name", sort_order="D") == ["Gamma", "beta", "Alpha"]
    assert books.refused("GET", "/contacts", contact_type="friend") == (
        400, 2, "Invalid value passed for contact_type",
    )  # fmt: skip


def test_addresses_and_comments(books: Books) -> None:
    """Additional addresses can be added, changed and deleted; a comment joins the history."""
    path = f"/contacts/{books.contact()['contact_id']}"
    added = books.call("POST", f"{path}/address", {"address": "4900 Hopyard Rd", "city": "Pleasanton"})
    assert added["message"] == "The address has been created."
    address_id = added["address_info"]["address_id"]
    assert len(books.call("GET", f"{path}/address")["addresses"]) == 1
    text = "The address has been updated."
    assert books.call("PUT", f"{path}/address/{address_id}", {"zip": "94588"})["message"] == text
    assert books.call("DELETE", f"{path}/address/{address_id}")["message"] == "The address has been deleted."
    books.call("POST", f"{path}/comments", {"description": "Called"})
    rows = books.call("GET", f"{path}/comments")["contact_comments"]
    assert (rows[0]["description"], rows[0]["comment_type"], rows[-1]["comment_type"]) == (
        "Called", "internal", "system",
    )  # fmt: skip


def test_length_limits(books: Books) -> None:
    """An over-long field is refused with 15."""
    person = {"contact_name": "A", "contact_persons": [{"first_name": "x" * 101}]}
    assert books.refused("POST", "/contacts", person)[:2] == (400, 15)
    assert books.refused("POST", "/contacts", {"contact_name": "A", "company_name": "x" * 201})[:2] == (400, 15)
    assert books.refused("POST", "/contacts", {"company_name": "A"})[:2] == (400, 4)
