"""Behaviours that Zoho's documents leave open or state in conflict, each with its default.

``POST /_sandbox/switches`` changes them while the sandbox runs. References are sections of FACTS.
"""

from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any


@dataclass
class Switches:
    """All switches; the comment of each says what it decides."""

    # limits and tokens
    limits: str = "zoho"  # "zoho" or "off": minute, day and concurrency limits of 2.1
    token_throttle: str = "auto"  # "on", "off" or "auto" = on while limits are "zoho": 10 in 10 minutes (1.6)
    throttle_status: int = 400  # HTTP status of the token throttle: 400 or 200 (1.5)
    throttle_has_status_key: bool = False  # some reports add "status":"failure" to the throttle's body (1.5)
    access_token_cap: int = 15  # live access tokens of one refresh token: 10, 15 or 30 (1.6)
    refresh_token_cap: int = 20  # refresh tokens of one user and client (1.6)
    tokens_per_window: int = 10  # access tokens, and grant codes, in token_window_s (1.6)
    token_window_s: int = 600  # how long that is
    access_token_s: int = 3600  # lifetime of an access token (1.4)
    code_s: int = 120  # lifetime of a grant code (1.4)
    named_error_status: int = 200  # HTTP status of {"error": ...} at the token endpoint: 200 or 400 (1.5)
    token_scope_key: bool = False  # some data centres add "scope" to the token answer (1.4)
    revoke_body: str = '{"status":"success"}'  # body of a successful revoke (11, 5)
    minute_limit: int = 100  # calls a minute and organization (2.1)
    minute_window: str = "sliding"  # "sliding" or "fixed"
    minute_block_s: int = 60  # how long code 44 lasts once met
    refused_calls_count: bool = True  # whether calls answered 429 use up the day's allowance
    message_44: str = "account"  # "account" or "organization": the two wordings of 2.2
    day_limit_status: int = 429  # HTTP status of code 45: 429 or 200 (2.2)
    abuse_limit: int = 1000  # GET /organizations a minute and user until code 43 (2.2)
    # signing in
    auto_consent: str = "ask"  # "ask" shows the consent page; "accept" and "deny" answer it at once
    deny_error: str = "access_denied"  # the callback's error when the user refuses (11, 6)
    callback_trailing_ampersand: bool = True  # "...&accounts-server=...&", as seen in the wild (1.2)
    any_loopback_redirect: bool = False  # accept every loopback redirect URI besides the registered ones
    user_region: str = ""  # data centre where the signed-in user lives; "" = where the request arrives
    multi_dc: bool = True  # the client is enabled in every data centre (1.3)
    per_dc_secrets: bool = False  # every data centre but the first has its own client secret (1.3)
    # the API's front
    wrong_dc_code: int = 57  # code for a token of another data centre: 57 or 14 (3.3)
    default_organization: bool = True  # a call without organization_id goes to the first organization (3.3)
    disabled_user: bool = False  # every organization call answers 6018 (3.2)
    # records (used by the resources)
    page_context_custom_fields: bool = True  # page_context.custom_fields lists the module's fields (4.3)
    allow_duplicate_contact_names: bool = False  # False: code 3062 (3.2)
    uniqueness_window_s: float = 0.0  # a number, name or unique field given twice within it is taken twice
    duplicate_number_code: int = 1001  # duplicate invoice number (11, 1)
    unknown_customer: str = "1002"  # "1002" = 400/1002 Contact does not exist.; "4" = 400/4 Invalid value (11, 2)
    non_numeric_id: str = "5"  # non-numeric id in a path: "5" = 404/5, "2" = 400/2 (3.3)
    upsert_create_status: int = 201  # PUT with X-Upsert that created (11, 15)
    upsert_header_stores: bool = False  # the X-Unique-Identifier header alone stores the field value (4.8)
    empty_list_clears: bool = True  # an empty list in a body clears (11, 16)
    z_suffix: str = "ignored"  # last_modified_time ending in Z: "ignored" or "refused" (4.2)
    auto_number_equal_passes: bool = True  # the next automatic number may be given without the ignore flag (3.3)
    duplicate_number_text: str = "The value entered is already in use."  # its text (11, 1)
    duplicate_custom_field_code: int = 1001  # a unique custom field that is already taken (4.9)
    duplicate_custom_field_text: str = "The value entered for the custom field is already in use."  # its text
    overpayment_code: int = 24016  # applying more than an invoice's balance (11, 3)
    overpayment_text: str = "The amount entered is more than the balance due for the selected invoices."  # its text
    currency_mismatch_code: int = 4  # a document in another currency than the customer's (3.3)
    currency_mismatch_text: str = "Invalid value passed for currency_id"  # its text
    period_lock_code: int = 4  # a date in a locked period (10, 46)
    period_lock_text: str = "The date entered is part of a closed accounting period."  # its text
    has_dependents_code: int = 1004  # delete refused because something uses the record: 1004 or 36 (3.2)
    has_dependents_text: str = "This record is used in transactions and cannot be deleted."  # its text
    draft_void_allowed: bool = False  # a draft invoice can be voided (5.4)
    reuse_deleted_number: bool = True  # a deleted invoice's number may be given again by the caller (5.4)
    undocumented_last_modified_time: bool = True  # honour the filter on lists that do not document it (4.6)
    undocumented_modified_sort: bool = True  # sort by last_modified_time where the enumeration omits it (4.4)
    filter_by_disables_filters: bool = False  # filter_by turns contact names and estimate dates off (4.5)
    top_level_email_dropped: bool = True  # e-mail and phone outside contact_persons are dropped on create (5.2)
    upsert_missing_status: int = 404  # X-Unique-Identifier not found, no X-Upsert: HTTP status (11, 15)
    upsert_missing_code: int = 1002  # ... and code
    contacts_refuse_api_name: bool = False  # contacts refuse api_name as a custom field's key (4.9)
    paid_through_required: bool = False  # an expense without paid_through_account_id is refused (5.6)
    zero_rate_lines: bool = True  # lines with rate 0 are accepted (10, 26)
    reports_scope: str = "reports.READ"  # what the undocumented /reports/* need, e.g. "fullaccess.ALL" (6)
    reports_answered: bool = True  # /reports/* answer at all; else 404/5 (6)
    fields_listed: bool = True  # GET /settings/fields answers, with is_unique

    def change(self, values: dict[str, Any]) -> None:
        """Set switches by name; raises ValueError for an unknown name or another JSON type."""
        known = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no switch called {name}")
            if type(value) is not known[name] and not (known[name] is float and type(value) in (int, Decimal)):
                raise ValueError(f"{name} must be {known[name].__name__}")
        for name, value in values.items():
            setattr(self, name, known[name](value))

    def as_dict(self) -> dict[str, Any]:
        """Give every switch with its value."""
        return asdict(self)
