"""How a contact looks on the wire: list row and detail (FACTS 5.2), and the list's filters (FACTS 4.5)."""

from bookbridge.sandbox.books import addresses, balances, contactpersons, unused
from bookbridge.sandbox.books.currencies import base
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.display import long_date, row_dates
from bookbridge.sandbox.books.invoices_status import is_open, is_overdue
from bookbridge.sandbox.books.lists import Listing
from bookbridge.sandbox.books.records import find, taken
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record
from bookbridge.sandbox.call import Call

TYPE_WORDS = {"customer": "Customer", "vendor": "Vendors"}
TEMPLATES = (
    "invoice_template_id", "estimate_template_id", "creditnote_template_id", "purchaseorder_template_id",
    "salesorder_template_id", "retainerinvoice_template_id", "paymentthankyou_template_id",
    "retainerinvoice_paymentthankyou_template_id", "invoice_email_template_id", "estimate_email_template_id",
    "creditnote_email_template_id", "purchaseorder_email_template_id", "salesorder_email_template_id",
    "retainerinvoice_email_template_id", "paymentthankyou_email_template_id",
    "retainerinvoice_paymentthankyou_email_template_id", "statement_template_id",
    "payment_remittance_email_template_id", "bill_template_id",
)  # fmt: skip
TAX_FIELDS = (
    "tax_id", "tax_authority_id", "tax_exemption_id", "tax_authority_name", "tax_exemption_code", "place_of_contact",
    "gst_no", "gst_treatment", "vat_treatment", "vat_reg_no", "tax_treatment", "tax_reg_no", "tax_regime",
    "legal_name", "tds_tax_id", "country_code", "tax_exemption_certificate_number",
)  # fmt: skip


def _currency(call: Call, contact: Record) -> Record:
    return call.org.table("currencies").get(contact["currency_id"]) or base(call.org)


def _head(call: Call, contact: Record) -> Record:
    return {
        "company_name": contact["company_name"],
        "website": contact["website"],
        "language_code": contact["language_code"],
        "language_code_formatted": "English" if contact["language_code"] == "en" else contact["language_code"],
        "contact_type": contact["contact_type"],
        "contact_type_formatted": TYPE_WORDS[contact["contact_type"]],
        "status": contact["status"],
        "customer_sub_type": contact["customer_sub_type"],
        "source": "api",
        "is_linked_with_zohocrm": False,
        "payment_terms": contact["payment_terms"],
        "payment_terms_id": "",
        "payment_terms_label": contact["payment_terms_label"],
        "currency_id": contact["currency_id"],
        "currency_code": _currency(call, contact)["currency_code"],
        "twitter": contact["twitter"],
        "facebook": contact["facebook"],
        **balances.shown(contact),
        **{name: contact[name] for name in ("first_name", "last_name", "email", "phone", "mobile")},
        "portal_status": contact["portal_status"],
        "portal_status_formatted": contact["portal_status"].capitalize(),
        "track_1099": contact["track_1099"],
    }


def row(call: Call, contact: Record) -> Record:
    """The wire row of the list: no addresses, persons or notes."""
    fields, hashed = custom_shown(call.org, "contacts", contact)
    name = contact["contact_name"]
    return {
        "contact_id": contact["contact_id"],
        "contact_name": name,
        "customer_name": name,
        "vendor_name": name,
        "contact_number": contact["contact_number"],
        **_head(call, contact),
        **row_dates(call.org, contact),
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "contactperson_custom_fields": [],
        "tags": [],
        "ach_supported": False,
        "has_attachment": False,
    }


def _fixed() -> Record:
    """Fields of the detail that the sandbox has no state for, as a plain contact shows them."""
    return {
        "is_bcy_only_contact": True, "is_credit_limit_migration_completed": True, "invited_by": "",
        "contact_relation_type": "", "owner_name": "", "documents": [], "is_crm_customer": False,
        "zcrm_account_id": "", "zcrm_contact_id": "", "crm_owner_id": "", "credit_limit_exceeded_amount": ZERO,
        "lock_details": {"can_lock": False}, "locked_actions": [], "exchange_rate": "",
        "outstanding_ob_receivable_amount": ZERO, "outstanding_ob_payable_amount": ZERO,
        "unused_retainer_payments": ZERO, "is_sms_enabled": True, "is_consent_agreed": False,
        "is_client_review_asked": False, "is_client_review_settings_enabled": False, "account_id": "",
        "contact_category": "", "sales_channel": "direct_sales", "entity_address_id": "", "cards": [], "checks": [],
        "bank_accounts": [], "vpa_list": [], "approvers_list": [], "integration_references": [],
        "allow_parent_for_payment_and_view": False, "label_for_company_id": "",
    }  # fmt: skip


def _tax(call: Call, contact: Record) -> Record:
    tax = call.org.table("taxes").get(contact["_extra"].get("tax_id", ""))
    return {
        **{name: contact["_extra"].get(name, "") for name in TAX_FIELDS},
        "tax_name": tax["tax_name"] if tax else "",
        **({"tax_percentage": tax["tax_percentage"]} if tax else {}),
        "is_taxable": contact["is_taxable"],
        "is_tds_registered": False,
        "tax_id_type": contact["_extra"].get("tax_id_type", ""),
        "tax_id_value": contact["_extra"].get("tax_id_value", ""),
        "contact_tax_information": "",
    }


def _summaries(call: Call, contact: Record) -> list[Record]:
    currency = _currency(call, contact)
    return [{
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "price_precision": currency["price_precision"],
        "is_base_currency": currency["is_base_currency"],
        "currency_name_formatted": f"{currency['currency_code']}- {currency['currency_name']}",
        "outstanding_receivable_amount": contact["_receivable"],
        "unused_credits_receivable_amount": contact["_credits"],
    }]  # fmt: skip


def has_transactions(call: Call, contact_id: str) -> bool:
    """Whether any document names the contact."""
    tables = (("invoices", "customer_id"), ("customerpayments", "customer_id"), ("creditnotes", "customer_id"),
              ("expenses", "customer_id"), ("expenses", "vendor_id"), ("bills", "vendor_id"),
              ("vendorpayments", "vendor_id"))  # fmt: skip
    return any(taken(call.org, table, field, contact_id) for table, field in tables)


# Fields of a stored contact that go to its detail as they are.
STORED = (
    "designation", "department", "contact_salutation", "primary_contact_id", "credit_limit", "opening_balance_amount",
    "opening_balances", "payment_reminder_enabled", "notes", "created_time", "last_modified_time", "tags",
)  # fmt: skip


def detail(call: Call, contact: Record) -> Record:
    """The wire record of one contact."""
    fields, hashed = custom_shown(call.org, "contacts", contact)
    currency = _currency(call, contact)
    user = current(call)
    return {
        "contact_id": contact["contact_id"],
        "contact_name": contact["contact_name"],
        "contact_number": contact["contact_number"],
        **_head(call, contact),
        **unused.CONTACT,
        **_tax(call, contact),
        **_fixed(),
        **{name: contact[name] for name in STORED},
        "has_transaction": has_transactions(call, contact["contact_id"]),
        "is_portal_enabled": contact["portal_status"] == "enabled",
        "owner_id": contact["_extra"].get("owner_id", ""),
        "currency_symbol": currency["currency_symbol"],
        "price_precision": currency["price_precision"],
        "ignore_auto_number_generation": False,
        "custom_fields": fields,
        "custom_field_hash": hashed,
        "billing_address": addresses.shown(contact["_billing"]),
        "shipping_address": addresses.shown(contact["_shipping"]),
        "contact_persons": [contactpersons.shown(person) for person in contact["_persons"]],
        "addresses": [addresses.shown(address) for address in contact["_addresses"]],
        "pricebook_id": contact["_extra"].get("pricebook_id", ""),
        "pricebook_name": "",
        "default_templates": {
            **unused.CONTACT_TEMPLATES,
            **{name: contact["_templates"].get(name, "") for name in TEMPLATES},
        },
        "created_date": long_date(contact["created_time"]),
        "created_by_id": user["user_id"],
        "created_by_name": user["name"],
        "last_modified_by_id": user["user_id"],
        "customer_currency_summaries": _summaries(call, contact),
    }


def _address_text(call: Call, contact: Record) -> list[str]:
    return [
        str(contact[place][name])
        for place in ("_billing", "_shipping")
        for name in ("attention", "address", "street2", "city", "state", "zip", "country")
        if contact[place][name]
    ]


def _duplicate(call: Call, contact: Record) -> bool:
    return len(find(call.org, "contacts", "contact_name", contact["contact_name"])) > 1


def _invoice_any(call: Call, contact: Record, overdue: bool) -> bool:
    invoices = find(call.org, "invoices", "customer_id", contact["contact_id"])
    return any(is_overdue(call, row) if overdue else is_open(row) for row in invoices)


def _over_limit(call: Call, contact: Record) -> bool:
    return bool(contact["credit_limit"]) and contact["_receivable"] > contact["credit_limit"]


LISTING = Listing(
    resource="contacts",
    key="contacts",
    report_name="Contacts",
    row=row,
    sorts_modified=True,
    sort_column="contact_name",
    sort_order="A",
    texts=(
        "contact_name", "company_name", "first_name", "last_name", "address", "email", "phone", "contact_type",
        "contact_number", "zcrm_contact_id", "zcrm_account_id", "zcrm_vendor_id", "currency_id",
    ),
    search=("contact_name", "notes"),
    sorts=("first_name", "last_name", "email", "outstanding_receivable_amount", "company_name"),
    derive={
        "address": _address_text,
        "outstanding_receivable_amount": lambda call, contact: contact["_receivable"],
    },
    filter_by={
        "Status.All": lambda call, contact: True,
        "Status.Active": lambda call, contact: contact["status"] == "active",
        "Status.Inactive": lambda call, contact: contact["status"] == "inactive",
        "Status.Duplicate": _duplicate,
        "Status.PortalEnabled": lambda call, contact: contact["portal_status"] == "enabled",
        "Status.PortalDisabled": lambda call, contact: contact["portal_status"] == "disabled",
        "Status.CreditLimitExceed": _over_limit,
        "Status.Crm": lambda call, contact: False,
        "Status.Customers": lambda call, contact: contact["contact_type"] == "customer",
        "Status.Vendors": lambda call, contact: contact["contact_type"] == "vendor",
        "Invoice.OverDue": lambda call, contact: _invoice_any(call, contact, True),
        "Invoice.Unpaid": lambda call, contact: _invoice_any(call, contact, False),
    },
    quirk_fields=("contact_name",),
)  # fmt: skip
