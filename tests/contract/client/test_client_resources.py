"""Every typed resource of the client against the sandbox over a real port."""

import datetime as dt
from decimal import Decimal

import pytest

from bookbridge.kernel.errors import InvalidInputError
from bookbridge.zoho import (
    AccountDraft,
    AppliedDraft,
    BankAccountDraft,
    BillDraft,
    BillLineDraft,
    Books,
    Contact,
    ContactDraft,
    ContactPersonDraft,
    CreditDraft,
    CreditNoteDraft,
    CurrencyDraft,
    ExpenseDraft,
    InvoiceDraft,
    ItemDraft,
    LineDraft,
    PaymentDraft,
    Receipt,
    RecordNotFoundError,
    RefusedError,
    TaxDraft,
)
from bookbridge.zoho.errors import DuplicateNameError, NumberRefusedError, OrganizationRefusedError
from bookbridge.zoho.protocol import FilePart
from tests.support.client import connect
from tests.support.sandbox import Zoho

PDF = b"%PDF-1.4\n%%EOF\n"


def customer(books: Books, name: str = "Ada Ltd") -> Contact:
    """A customer with one person."""
    return books.contacts.create(ContactDraft(contact_name=name).with_email(f"{name[:3].lower()}@example.com"))


def draft(contact: Contact, **more: object) -> InvoiceDraft:
    """An invoice of 2 x 10.50."""
    line = LineDraft(name="Widget", rate=Decimal("10.50"), quantity=2)
    return InvoiceDraft(customer_id=contact.contact_id, line_items=[line], **more)  # type: ignore[arg-type]


def test_organizations_are_found_without_naming_one(zoho: Zoho) -> None:
    """The list needs no organization; details carry zone, currency and precision."""
    with connect(zoho) as books:
        found = {row.organization_id: row for row in books.organizations.list()}
        assert set(found) == {"10000001", "10000002"}
        assert (found["10000002"].currency_code, found["10000002"].time_zone) == ("GBP", "Europe/London")
        assert books.organizations.get("10000001").price_precision == 2


def test_a_contact_lives_through_all_calls(books: Books) -> None:
    """Create, find by e-mail in any case, read with persons, change, deactivate, delete."""
    made = customer(books)
    assert made.contact_id and made.raw["contact_name"] == "Ada Ltd"
    assert [row.contact_id for row in books.contacts.find_by_email(" ADA@example.com ")] == [made.contact_id]
    assert books.contacts.find_by_email("nobody@example.com") == []
    read = books.contacts.get(made.contact_id)
    assert [person.email for person in read.contact_persons] == ["ada@example.com"]
    assert read.created_time is not None and read.created_time.tzinfo is not None
    assert books.contacts.update(made.contact_id, {"notes": "good payer"}).notes == "good payer"
    books.contacts.mark_inactive(made.contact_id)
    assert books.contacts.get(made.contact_id).status == "inactive"
    books.contacts.mark_active(made.contact_id)
    books.contacts.delete(made.contact_id)
    with pytest.raises(RecordNotFoundError) as caught:
        books.contacts.get(made.contact_id)
    assert (caught.value.status, caught.value.code) == (404, 1002)


def test_a_taken_contact_name_is_an_error_of_its_own(books: Books) -> None:
    """3062 is DuplicateNameError, a RefusedError with Zoho's text."""
    customer(books)
    with pytest.raises(DuplicateNameError) as caught:
        customer(books)
    assert caught.value.code == 3062 and "Ada Ltd" in caught.value.zoho_message


def test_contact_persons_have_calls_of_their_own(books: Books) -> None:
    """Create, list, read, change, make primary, delete."""
    made = customer(books)
    person = books.contact_persons.create(
        ContactPersonDraft(contact_id=made.contact_id, first_name="Grace", email="grace@example.com")
    )
    assert person.contact_person_id
    assert {row.email for row in books.contact_persons.list(made.contact_id)} == {
        "ada@example.com",
        "grace@example.com",
    }
    patch = {"contact_id": made.contact_id, "first_name": "Gracie"}
    books.contact_persons.update(person.contact_person_id, patch)
    assert books.contact_persons.get(made.contact_id, person.contact_person_id).first_name == "Gracie"
    books.contact_persons.make_primary(person.contact_person_id)
    assert books.contacts.get(made.contact_id).email == "grace@example.com"
    books.contact_persons.delete(
        next(
            row for row in books.contact_persons.list(made.contact_id) if row.email.startswith("ada")
        ).contact_person_id
    )
    assert len(books.contact_persons.list(made.contact_id)) == 1


def test_an_invoice_lives_through_all_calls(books: Books) -> None:
    """Create, read exact totals, change, mark sent, print, mail, pay, list, void, back to draft."""
    made = books.invoices.create(draft(customer(books), date=dt.date(2026, 1, 5), due_date=dt.date(2026, 2, 4)))
    assert (made.status, made.total, made.balance) == ("draft", Decimal("21.00"), Decimal("21.00"))
    assert (made.date, made.due_date) == (dt.date(2026, 1, 5), dt.date(2026, 2, 4))
    [line] = made.line_items
    assert (line.rate, line.quantity, line.item_total) == (Decimal("10.50"), Decimal(2), Decimal("21.00"))
    changed = books.invoices.update(made.invoice_id, {"notes": "thank you"})
    assert (changed.notes, changed.total) == ("thank you", Decimal("21.00"))
    books.invoices.mark_sent(made.invoice_id)
    assert books.invoices.get(made.invoice_id).status in ("sent", "overdue")
    assert books.invoices.pdf(made.invoice_id).startswith(b"%PDF")
    books.invoices.email(made.invoice_id, to=["ada@example.com"])
    assert books.invoices.get(made.invoice_id).is_emailed
    assert books.invoices.payments(made.invoice_id) == []
    books.invoices.void(made.invoice_id)
    assert books.invoices.get(made.invoice_id).status == "void"
    books.invoices.to_draft(made.invoice_id)
    assert books.invoices.get(made.invoice_id).status == "draft"
    books.invoices.delete(made.invoice_id)
    assert list(books.invoices.list()) == []


def test_an_own_number_is_taken_once(books: Books) -> None:
    """With ignore_auto_number the draft's number is used; a second one is refused; without the flag 4097."""
    contact = customer(books)
    made = books.invoices.create(draft(contact, invoice_number="ORDER-1"), ignore_auto_number=True)
    assert made.invoice_number == "ORDER-1"
    with pytest.raises(RefusedError):
        books.invoices.create(draft(contact, invoice_number="ORDER-1"), ignore_auto_number=True)
    with pytest.raises(NumberRefusedError):
        books.invoices.create(draft(contact, invoice_number="ORDER-2"))
    assert [row.invoice_id for row in books.invoices.list(invoice_number="ORDER-1")] == [made.invoice_id]


def test_a_unique_custom_field_finds_and_upserts(books: Books) -> None:
    """A record carries its key; an upsert with the same key changes it instead of making a second one."""
    contact = customer(books)
    field = [{"api_name": "cf_bookbridge_key", "value": "K1"}]
    made = books.invoices.create(draft(contact, custom_fields=field))
    assert made.custom_value("cf_bookbridge_key") == "K1"
    again = books.invoices.upsert(draft(contact, notes="changed"), key_field="cf_bookbridge_key", key_value="K1")
    assert (again.invoice_id, again.notes) == (made.invoice_id, "changed")
    new = books.invoices.upsert(draft(contact), key_field="cf_bookbridge_key", key_value="K2")
    assert new.invoice_id != made.invoice_id and new.custom_value("cf_bookbridge_key") == "K2"
    with pytest.raises(RefusedError):
        books.invoices.create(draft(contact, custom_fields=field))


def test_one_loop_reads_all_pages(zoho: Zoho, books: Books) -> None:
    """More rows than three pages hold: the iterator gives each once; it asks for no page the caller does not reach."""
    zoho.control("seed", {"items": [{"name": f"Item {number:04d}", "rate": number} for number in range(450)]})
    found = [row.name for row in books.items.list()]
    assert sorted(found) == [f"Item {number:04d}" for number in range(450)]
    pages = [row for row in zoho.control("requests") if row["path"].endswith("/items")]
    assert len(pages) == 3
    assert next(iter(books.items.list())).rate is not None
    assert len([row for row in zoho.control("requests") if row["path"].endswith("/items")]) == 4
    page = books.items.page(page=3, per_page=200)
    assert (len(page.rows), page.context.has_more_page, page.context.page) == (50, False, 3)


def test_credit_notes_settle_invoices(books: Books) -> None:
    """Applied to an invoice it is used up to what is owed; taken back, the invoice is owed again; then it is void."""
    contact = customer(books)
    invoice = books.invoices.create(draft(contact))
    books.invoices.mark_sent(invoice.invoice_id)
    line = LineDraft(name="Returned", rate=Decimal("30.00"), quantity=1)
    note = books.credit_notes.create(
        CreditNoteDraft(customer_id=contact.contact_id, line_items=[line], reference_number="R-1")
    )
    assert (note.status, note.total, note.balance) == ("open", Decimal("30.00"), Decimal("30.00"))
    books.credit_notes.apply(
        note.creditnote_id, [CreditDraft(invoice_id=invoice.invoice_id, amount_applied=Decimal("21.00"))]
    )
    used = books.credit_notes.get(note.creditnote_id)
    assert (used.balance, [row.invoice_id for row in used.invoices_credited]) == (Decimal("9"), [invoice.invoice_id])
    assert books.invoices.get(invoice.invoice_id).balance == 0
    (row,) = books.credit_notes.applied(note.creditnote_id)
    books.credit_notes.take_back(note.creditnote_id, row.creditnote_invoice_id)
    assert books.invoices.get(invoice.invoice_id).balance == Decimal("21.00")
    assert [each.creditnote_id for each in books.credit_notes.list(reference_number="R-1")] == [note.creditnote_id]
    assert books.credit_notes.update(note.creditnote_id, {"notes": "sorry"}).notes == "sorry"
    books.credit_notes.void(note.creditnote_id)
    assert books.credit_notes.get(note.creditnote_id).status == "void"


def test_bills_are_kept(books: Books) -> None:
    """The vendor's number is taken once; lines, changes, void and delete as documented."""
    vendor = books.contacts.create(ContactDraft(contact_name="Paper Mill", contact_type="vendor"))
    account = next(each for each in books.accounts.list() if each.account_type == "expense")
    line = BillLineDraft(account_id=account.account_id, rate=Decimal("12.34"), quantity=2)
    bill = books.bills.create(BillDraft(vendor_id=vendor.contact_id, bill_number="PM-7", line_items=[line]))
    assert (bill.status, bill.total, bill.balance) == ("open", Decimal("24.68"), Decimal("24.68"))
    with pytest.raises(RefusedError):
        books.bills.create(BillDraft(vendor_id=vendor.contact_id, bill_number="PM-7", line_items=[line]))
    assert [each.bill_id for each in books.bills.list(vendor_id=vendor.contact_id)] == [bill.bill_id]
    assert books.bills.update(bill.bill_id, {"reference_number": "March"}).reference_number == "March"
    assert books.bills.payments(bill.bill_id) == []
    books.bills.void(bill.bill_id)
    assert books.bills.get(bill.bill_id).status == "void"
    books.bills.delete(bill.bill_id)
    with pytest.raises(RecordNotFoundError):
        books.bills.get(bill.bill_id)


def test_payments_settle_invoices(books: Books) -> None:
    """A payment applied to an invoice lowers its balance; deleting it restores it."""
    contact = customer(books)
    invoice = books.invoices.create(draft(contact))
    books.invoices.mark_sent(invoice.invoice_id)
    paid = books.payments.create(
        PaymentDraft(
            customer_id=contact.contact_id,
            amount=Decimal("25.00"),
            date=dt.date(2026, 6, 1),
            payment_mode="cash",
            reference_number="P-1",
            invoices=[AppliedDraft(invoice_id=invoice.invoice_id, amount_applied=Decimal("21.00"))],
        )
    )
    assert (paid.amount, paid.unused_amount) == (Decimal("25.00"), Decimal("4.00"))
    assert [row.amount_applied for row in books.payments.get(paid.payment_id).invoices] == [Decimal("21.00")]
    settled = books.invoices.get(invoice.invoice_id)
    assert (settled.status, settled.balance) == ("paid", Decimal("0"))
    assert [row.payment_id for row in books.invoices.payments(invoice.invoice_id)] == [paid.payment_id]
    assert [row.payment_id for row in books.payments.list(reference_number="P-1")] == [paid.payment_id]
    assert books.payments.update(paid.payment_id, {"description": "till"}).description == "till"
    books.payments.delete(paid.payment_id)
    assert books.invoices.get(invoice.invoice_id).balance == Decimal("21.00")


def test_expenses_carry_their_receipt(books: Books) -> None:
    """Created with a receipt in one call, or attached later; bytes come back as they went."""
    account = next(row for row in books.accounts.list() if row.account_name == "Office Supplies")
    through = next(row for row in books.bank_accounts.list() if row.account_name == "Petty Cash")
    given = ExpenseDraft(
        account_id=account.account_id,
        date=dt.date(2026, 6, 2),
        amount=Decimal("12.34"),
        paid_through_account_id=through.account_id,
        reference_number="E-1",
    )
    receipt = Receipt(filename="a.pdf", content=PDF, content_type="application/pdf")
    made = books.expenses.create(given, receipt=receipt)
    assert (made.total, made.reference_number) == (Decimal("12.34"), "E-1")
    assert books.expenses.receipt(made.expense_id) == PDF
    plain = books.expenses.create(given)
    books.expenses.attach_receipt(plain.expense_id, receipt)
    assert books.expenses.receipt(plain.expense_id) == PDF
    books.expenses.delete_receipt(plain.expense_id)
    assert books.expenses.update(plain.expense_id, {"description": "paper"}).description == "paper"
    assert len(list(books.expenses.list(reference_number="E-1"))) == 2
    books.expenses.delete(plain.expense_id)
    assert [row.expense_id for row in books.expenses.list()] == [made.expense_id]


def test_items_have_all_calls(books: Books) -> None:
    """Create, read, list by name, change, deactivate, delete."""
    made = books.items.create(ItemDraft(name="Widget", rate=Decimal("9.99"), sku="W-1", unit="qty"))
    assert (made.rate, made.sku) == (Decimal("9.99"), "W-1")
    assert [row.item_id for row in books.items.list(name="Widget")] == [made.item_id]
    assert books.items.update(made.item_id, {"rate": Decimal("10.01")}).rate == Decimal("10.01")
    books.items.mark_inactive(made.item_id)
    assert books.items.get(made.item_id).status == "inactive"
    books.items.mark_active(made.item_id)
    books.items.delete(made.item_id)
    assert list(books.items.list()) == []


def test_taxes_have_all_calls(pounds: Books) -> None:
    """The seeded taxes are listed; a new one is created, changed and deleted."""
    assert {(row.tax_name, row.tax_percentage) for row in pounds.taxes.list()} >= {("VAT", Decimal(20))}
    made = pounds.taxes.create(TaxDraft(tax_name="Levy", tax_percentage=Decimal("2.5")))
    assert pounds.taxes.get(made.tax_id).tax_percentage == Decimal("2.5")
    assert pounds.taxes.update(made.tax_id, {"tax_name": "Duty"}).tax_name == "Duty"
    pounds.taxes.delete(made.tax_id)
    assert "Duty" not in {row.tax_name for row in pounds.taxes.list()}


def test_currencies_have_rates(books: Books) -> None:
    """Currencies with their precision; a rate is added, found by day and deleted."""
    found = {row.currency_code: row for row in books.currencies.list()}
    assert found["USD"].is_base_currency and found["JPY"].price_precision == 0
    euro = found["EUR"].currency_id
    rate = books.currencies.add_rate(euro, effective_on=dt.date(2026, 1, 1), rate=Decimal("1.0987"))
    assert rate.rate == Decimal("1.0987")
    assert Decimal("1.0987") in {row.rate for row in books.currencies.rates(euro, on=dt.date(2026, 1, 15))}
    books.currencies.delete_rate(euro, rate.exchange_rate_id)
    made = books.currencies.create(
        CurrencyDraft(currency_code="KWD", currency_format="1,234,567.890", price_precision=3)
    )
    assert books.currencies.get(made.currency_id).price_precision == 3
    books.currencies.delete(made.currency_id)


def test_accounts_and_bank_accounts_have_all_calls(books: Books) -> None:
    """Create, read, change, deactivate, delete, in both lists."""
    made = books.accounts.create(AccountDraft(account_name="Packaging", account_type="expense"))
    assert books.accounts.get(made.account_id).account_type == "expense"
    assert books.accounts.update(made.account_id, {"account_name": "Boxes"}).account_name == "Boxes"
    expenses = {row.account_name for row in books.accounts.list(filter_by="AccountType.Expense")}
    assert "Boxes" in expenses and "Sales" not in expenses
    books.accounts.mark_inactive(made.account_id)
    books.accounts.delete(made.account_id)
    bank = books.bank_accounts.create(
        BankAccountDraft(account_name="Savings", account_type="bank", account_number="123456789")
    )
    assert books.bank_accounts.get(bank.account_id).account_number.endswith("6789")
    assert books.bank_accounts.update(bank.account_id, {"account_name": "Nest", "account_type": "bank"}).account_name
    books.bank_accounts.delete(bank.account_id)
    assert "Nest" not in {row.account_name for row in books.bank_accounts.list()}


def test_users_are_listed_and_the_grants_own_is_known(books: Books) -> None:
    """``me`` is the user this grant belongs to."""
    me = books.users.me()
    assert me.user_id in {row.user_id for row in books.users.list()}


def test_what_is_not_typed_is_called_raw(books: Books) -> None:
    """The same path by hand: exact numbers in ``body``, parameters, files."""
    made = books.invoices.create(draft(customer(books)))
    payload = books.call("get", f"/invoices/{made.invoice_id}")
    assert payload.body["invoice"]["total"] == Decimal("21.00") or payload.body["invoice"]["total"] == 21
    assert not isinstance(payload.body["invoice"]["line_items"][0]["rate"], float)
    assert payload.rate is not None and payload.rate.limit > 0
    part = FilePart(name="attachment", filename="a.pdf", content=PDF, content_type="application/pdf")
    assert books.call("POST", f"/invoices/{made.invoice_id}/attachment", files=(part,)).status in (200, 201)


@pytest.mark.parametrize("path", ["/invoices/", "/invoices//email", "invoices", "/invoices/1?x=2", "/a/../b", "/ä"])
def test_a_path_with_a_hole_is_refused_before_sending(zoho: Zoho, books: Books, path: str) -> None:
    """An empty id would reach the whole collection."""
    with pytest.raises(InvalidInputError):
        books.call("DELETE", path)
    with pytest.raises(InvalidInputError):
        books.invoices.delete("")
    assert [row for row in zoho.control("requests") if row["method"] == "DELETE"] == []


def test_a_misspelt_filter_is_refused_before_sending(books: Books) -> None:
    """Zoho would ignore it and return everything."""
    with pytest.raises(InvalidInputError, match="staus"):
        next(iter(books.invoices.list(staus="overdue")))


def test_a_wrong_organization_is_an_error_of_its_own(zoho: Zoho) -> None:
    """6041 names the organization."""
    with connect(zoho, organization_id="99999999") as books, pytest.raises(OrganizationRefusedError) as caught:
        next(iter(books.contacts.list()))
    assert caught.value.code == 6041
