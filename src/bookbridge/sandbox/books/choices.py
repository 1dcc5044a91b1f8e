"""Behaviours of Zoho Books that nobody could establish, each with a documented default (FACTS 3.3, 4.5 and 11).

The control plane sets them on ``World.switches``; a name missing there falls back to the default given here.
"""

from typing import Any

from bookbridge.sandbox.call import ZohoFault

DEFAULTS: dict[str, Any] = {
    # FACTS 11 no. 1: an invoice, credit note or item that reuses a number or name.
    "duplicate_number_code": 1001,
    "duplicate_number_text": "The value entered is already in use.",
    # FACTS 4.9: a unique custom field that is already taken.
    "duplicate_custom_field_code": 1001,
    "duplicate_custom_field_text": "The value entered for the custom field is already in use.",
    # FACTS 3.2 code 3062; an organization may allow duplicates.
    "allow_duplicate_contact_names": False,
    # FACTS 11 no. 2: an unknown customer_id, item_id, tax_id ... in a body; "1002" or "4".
    "unknown_reference_code": 1002,
    # FACTS 11 no. 3: applying more than the balance of an invoice.
    "overpayment_code": 24016,
    "overpayment_text": "The amount entered is more than the balance due for the selected invoices.",
    # FACTS 5.4: a draft cannot be voided (public clients).
    "draft_void_allowed": False,
    # FACTS 5.4 numbering: a deleted invoice's number may be used again when it is sent explicitly.
    "reuse_deleted_number": True,
    # FACTS 4.6: honour last_modified_time on lists where it is undocumented.
    "undocumented_last_modified_time": True,
    # FACTS 4.5 quirks: filter_by switches the other filters off (contacts: names; creditnotes: dates).
    "filter_by_disables_filters": False,
    # FACTS 10 no. 8, 9: e-mail and telephone at the top level of a contact are dropped on create.
    "top_level_email_dropped": True,
    # FACTS 11 no. 15: not found by X-Unique-Identifier without X-Upsert.
    "upsert_missing_status": 404,
    "upsert_missing_code": 1002,
    # FACTS 4.8: whether X-Unique-Identifier-Value alone stores the value.
    "upsert_header_stores_value": False,
    # FACTS 4.9: contacts refused api_name as the key of a custom field.
    "contacts_refuse_api_name": False,
    # FACTS 3.2: a locked period; no code was recorded.
    "period_lock_code": 4,
    "period_lock_text": "The date entered is part of a closed accounting period.",
    # FACTS 3.3: payment in a currency other than the customer's.
    "currency_mismatch_code": 4,
    # FACTS 3.2 codes 36 and 1004: delete refused because something depends on the record.
    "has_dependents_code": 1004,
    "has_dependents_text": "This record is used in transactions and cannot be deleted.",
    # FACTS 10 no. 26: some plans refuse lines with rate zero.
    "zero_rate_lines_allowed": True,
}


def choice(world: Any, name: str) -> Any:
    """The value in force of one undecided behaviour."""
    return getattr(world.switches, name, DEFAULTS[name])


def refusal(world: Any, stem: str, status: int = 400) -> ZohoFault:
    """A refusal whose code and text are both switches ``<stem>_code`` and ``<stem>_text``."""
    return ZohoFault(status, int(choice(world, f"{stem}_code")), str(choice(world, f"{stem}_text")))
