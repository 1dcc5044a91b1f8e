"""How an invoice looks in full (FACTS 5.4 "Detail keys")."""

from functools import cache
from typing import Any

from bookbridge.sandbox.books import addresses, lines, unused
from bookbridge.sandbox.books.contactpersons import MIRRORED
from bookbridge.sandbox.books.contactpersons import shown as person_shown
from bookbridge.sandbox.books.customfields import shown as custom_shown
from bookbridge.sandbox.books.display import date_formatted, long_date, money_formatted, words
from bookbridge.sandbox.books.invoices_status import balance, status
from bookbridge.sandbox.books.users import current
from bookbridge.sandbox.books.values import ZERO, Record
from bookbridge.sandbox.call import Call

FIGURES = (
    "sub_total", "tax_total", "total_taxable_amount", "discount_total", "discount_applied_on_amount", "discount_type",
    "is_discount_before_tax", "adjustment", "adjustment_description", "shipping_charge",
    "shipping_charge_exclusive_of_tax", "shipping_charge_inclusive_of_tax", "shipping_charge_tax_id",
    "shipping_charge_tax_name", "bcy_shipping_charge", "bcy_adjustment", "bcy_sub_total", "bcy_discount_total",
    "bcy_tax_total", "bcy_total", "total", "write_off_amount", "roundoff_value", "is_inclusive_tax",
    "sub_total_inclusive_of_tax",
)  # fmt: skip
REGIONAL = (
    "place_of_supply", "gst_no", "gst_treatment", "cfdi_usage", "cfdi_reference_type", "reference_invoice_id",
    "vat_treatment", "tax_treatment", "vat_reg_no",
)  # fmt: skip
TEXTS = {
    "reference_number": 100, "notes": 5000, "terms": 10000, "payment_terms_label": 100, "salesperson_name": 200,
    "custom_body": 5000, "custom_subject": 1000, "recurring_invoice_id": 50, "invoiced_estimate_id": 50,
    "location_id": 50, "reason": 500, "template_id": 50, "zcrm_potential_id": 50, "tax_authority_id": 50,
    "tax_exemption_id": 50, **dict.fromkeys(REGIONAL, 100),
}  # fmt: skip


def template_id(org: Any) -> str:
    """The id of the organization's one invoice template."""
    return _template_id(org.organization_id)


@cache
def _template_id(organization_id: str) -> str:
    return f"{100_000 + int(organization_id) % 900_000:06d}000000017001"


def persons(call: Call, document: Record) -> list[Record]:
    """``contact_persons_associated`` of a document."""
    contact = call.org.table("contacts").get(document["customer_id"], {"_persons": []})
    rows = []
    for person in contact["_persons"]:
        if person["contact_person_id"] not in document["_person_ids"]:
            continue
        rows.append({
            "contact_person_id": person["contact_person_id"],
            "contact_person_name": f"{person['first_name']} {person['last_name']}".strip(),
            "contact_person_email": person["email"],
            **{name: person[name] for name in MIRRORED if name in ("first_name", "last_name", "phone", "mobile")},
            "communication_preference": person["communication_preference"],
        })  # fmt: skip
    return rows


def _persons_in_full(contact: Record, document: Record) -> list[Record]:
    """``contact_persons_details`` of a document."""
    wanted = document["_person_ids"]
    return [person_shown(person) for person in contact.get("_persons", []) if person["contact_person_id"] in wanted]


def _default_billing(contact: Record) -> Record:
    if not contact:
        return {}
    address = contact["_billing"]
    return {**addresses.on_document(address), "city_code": "", "state_code": address.get("state_code", "")}


def _fixed() -> Record:
    """Fields the sandbox has no state for, as a plain invoice shows them."""
    return {
        "ach_payment_initiated": False, "is_pre_gst": False, "is_reverse_charge_applied": False,
        "unprocessed_payment_amount": ZERO, "customer_custom_fields": [], "customer_custom_field_hash": {},
        "payment_terms_id": "", "lock_details": {"can_lock": False}, "locked_actions": [],
        "is_autobill_enabled": False, "inprocess_transaction_present": False, "tax_override_preference": "no_override",
        "transaction_rounding_type": "no_rounding", "rounding_mode": "round_half_up",
        "bcy_rounding_mode": "round_half_up", "payment_discount": ZERO,
        "stop_reminder_until_payment_expected_date": False, "ach_supported": False,
        "shipping_charge_taxes": [], "shipping_charge_tax": "", "shipping_charge_tax_type": "",
        "shipping_charge_tax_percentage": "", "shipping_charge_tax_exemption_id": "",
        "shipping_charge_sac_code": "", "salesorder_id": "", "salesorder_number": "", "salesorders": [],
        "submitter_id": "", "approver_id": "", "submitted_date": "", "submitted_by": "", "page_width": "8.27in",
        "page_height": "11.69in", "orientation": "portrait", "current_sub_status_id": "", "sub_statuses": [],
        "estimate_id": "", "unused_retainer_payments": ZERO, "schedule_time": "", "approvers_list": [],
        "deliverychallans": [], "qr_code": unused.INVOICE_QR_CODE, "is_backorder": "",
        "ecomm_operator_id": "", "computation_type": "basic", "location_name": "", "no_of_copies": 1,
        "show_no_of_copies": True, "debit_notes": [], "ewaybills": [], "can_edit_items": False,
        "can_skip_payment_info": False, "warn_create_creditnotes": True, "email_templates": [],
        "includes_package_tracking_info": False, "subject_content": "", "tds_override_preference": "no_override",
    }  # fmt: skip


def _head(call: Call, invoice: Record, contact: Record, currency: Record) -> Record:
    fields, hashed = custom_shown(call.org, "invoices", invoice)
    return {
        "invoice_id": invoice["invoice_id"],
        "invoice_number": invoice["invoice_number"],
        **unused.INVOICE,
        **_fixed(),
        "date": invoice["date"],
        "date_formatted": date_formatted(call.org, invoice["date"]),
        "due_date": invoice["due_date"],
        "due_date_formatted": date_formatted(call.org, invoice["due_date"]),
        "issued_date": invoice["issued_date"],
        "customer_id": invoice["customer_id"],
        "customer_name": contact.get("contact_name", ""),
        "email": contact.get("email", ""),
        "currency_id": currency["currency_id"],
        "currency_code": currency["currency_code"],
        "currency_symbol": currency["currency_symbol"],
        "currency_name_formatted": f"{currency['currency_code']}- {currency['currency_name']}",
        "invoice_source": invoice["invoice_source"],
        "status": status(call, invoice),
        "custom_fields": fields,
        "custom_field_hash": hashed,
        **{name: invoice[name] for name in TEXTS},
        "payment_terms": invoice["payment_terms"],
        "payment_reminder_enabled": invoice["payment_reminder_enabled"],
        "exchange_rate": invoice["exchange_rate"],
        "allow_partial_payments": invoice["allow_partial_payments"],
        "price_precision": currency["price_precision"],
    }


def _money(call: Call, invoice: Record, currency: Record) -> Record:
    account = next(
        row for row in call.org.table("chartofaccounts").values() if row["account_type"] == "accounts_receivable"
    )
    discount, is_percent = lines.discount_parts(invoice["_discount"])
    figures = {name: invoice[name] for name in FIGURES}
    shown = {
        f"{name}_formatted": money_formatted(currency["currency_symbol"], invoice[name], currency["price_precision"])
        for name in (
            "total", "sub_total", "tax_total", "shipping_charge", "adjustment", "discount_total",
            "shipping_charge_exclusive_of_tax", "shipping_charge_inclusive_of_tax", "roundoff_value",
        )
    }  # fmt: skip
    left = balance(invoice)
    return {
        **figures,
        **shown,
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "discount": invoice["_discount"] if is_percent else discount,
        "discount_percent": discount if is_percent else ZERO,
        "tax_rounding": call.org.settings.get("tax_rounding", "entity_level"),
        "transaction_rounding_type": call.org.settings.get("transaction_rounding_type", "no_rounding"),
        "taxes": [
            {**row, "tax_amount_formatted": money_formatted(
                currency["currency_symbol"], row["tax_amount"], currency["price_precision"])}
            for row in invoice["_taxes"]
        ],
        "payment_made": invoice["_paid"],
        "credits_applied": invoice["_credited"],
        "tax_amount_withheld": invoice["_withheld"],
        "balance": left,
        "balance_formatted": money_formatted(currency["currency_symbol"], left, currency["price_precision"]),
    }  # fmt: skip


def _state(call: Call, invoice: Record, contact: Record) -> Record:
    documents = invoice["_documents"]
    return {
        "payment_expected_date": invoice["payment_expected_date"],
        "last_payment_date": invoice["last_payment_date"],
        "payment_options": invoice["payment_options"],
        "contact_persons": invoice["_person_ids"],
        "contact_persons_associated": persons(call, invoice),
        "contact_persons_details": _persons_in_full(contact, invoice),
        "attachment_name": documents[0]["file_name"] if documents else "",
        "has_attachment": bool(documents),
        "can_send_in_mail": invoice["can_send_in_mail"],
        "documents": [{key: value for key, value in row.items() if not key.startswith("_")} for row in documents],
        "contact": {
            "customer_balance": contact.get("_receivable", ZERO),
            "credit_limit": contact.get("credit_limit", ZERO),
            "unused_customer_credits": contact.get("_credits", ZERO),
            "is_credit_limit_migration_completed": True,
        },
        "salesperson_id": invoice["salesperson_id"],
        "is_emailed": invoice["is_emailed"],
        "reminders_sent": invoice["reminders_sent"],
        "last_reminder_sent_date": invoice["last_reminder_sent_date"],
        "is_viewed_by_client": invoice["is_viewed_by_client"],
        "client_viewed_time": invoice["client_viewed_time"],
        "sales_channel": "direct_sales",
        "current_sub_status": status(call, invoice),
        "status_formatted": words(status(call, invoice)),
        "tags": invoice["tags"],
    }


def detail(call: Call, invoice: Record) -> Record:
    """The wire record of one invoice."""
    contact = call.org.table("contacts").get(invoice["customer_id"], {})
    currency = call.org.table("currencies")[invoice["currency_id"]]
    user = current(call)
    return {
        **_head(call, invoice, contact, currency),
        "line_items": [{**unused.INVOICE_LINE, **lines.shown(call, line)} for line in invoice["_lines"]],
        **_money(call, invoice, currency),
        **_state(call, invoice, contact),
        "template_id": invoice["template_id"] or template_id(call.org),
        "template_name": "Standard Template",
        "template_type": "standard",
        "billing_address": addresses.on_document(invoice["_billing"]),
        "shipping_address": addresses.on_document(invoice["_shipping"]),
        "customer_default_billing_address": _default_billing(contact),
        "invoice_url": invoice["invoice_url"],
        "created_time": invoice["created_time"],
        "last_modified_time": invoice["last_modified_time"],
        "updated_time": invoice["last_modified_time"],
        "created_date": long_date(invoice["created_time"]),
        "created_by_id": user["user_id"],
        "created_by_name": user["name"],
        "last_modified_by_id": user["user_id"],
        **invoice.get("_approval", {}),
    }
