"""Every table of Bookbridge, prefix ``bb_``; the durable-execution library keeps its own tables beside them.

Times are whole milliseconds in UTC, amounts whole minor units, JSON is text: the same on both databases.
"""

from typing import Any

import sqlalchemy as sa

from bookbridge.store.types import JsonText, UtcMillis

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

meta = sa.Table(
    "bb_meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""Facts about this installation: the encryption canary, the first-start time."""

grants = sa.Table(
    "bb_grants",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("client_secret", sa.LargeBinary, nullable=False),
    sa.Column("refresh_token", sa.LargeBinary),
    sa.Column("access_token", sa.LargeBinary),
    sa.Column("access_version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("access_expires_at", UtcMillis),
    sa.Column("refresh_lease_owner", sa.Text),
    sa.Column("refresh_lease_until", UtcMillis),
    sa.Column("policy", JsonText),
    sa.Column("state", sa.Text, nullable=False, server_default="active"),
    sa.Column("reason", sa.Text),
    sa.Column("scopes", sa.Text),
    sa.Column("origin", sa.Text, nullable=False, server_default="connect"),
    sa.Column("data_key", sa.LargeBinary, info={"sealed": True}),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("updated_at", UtcMillis, nullable=False),
)
"""OAuth grants: ciphertexts, access token version, refresh lease and refresh history (``policy``)."""

organizations = sa.Table(
    "bb_organizations",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("grant_id", sa.Text),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("exponent", sa.Integer, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("info", JsonText, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("paused_reason", sa.Text),
    sa.Column("key_field", sa.Text),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("updated_at", UtcMillis, nullable=False),
)
"""Connected Zoho organizations; ``key_field`` is the API name of the unique custom field, empty without one."""

oauth_states = sa.Table(
    "bb_oauth_states",
    metadata,
    sa.Column("state_hash", sa.Text, primary_key=True),
    sa.Column("verifier", sa.LargeBinary, nullable=False, info={"sealed": True}),
    sa.Column("session_hash", sa.Text, nullable=False),
    sa.Column("redirect_uri", sa.Text, nullable=False),
    sa.Column("detail", JsonText, nullable=False),
    sa.Column("expires_at", UtcMillis, nullable=False),
)

reference = sa.Table(
    "bb_reference",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("ref_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, server_default=""),
    sa.Column("payload", JsonText, nullable=False),
    sa.Column("fetched_at", UtcMillis, nullable=False),
    sa.Index("ix_bb_reference_code", "organization_id", "kind", "code"),
)
"""Small reference data of an organization: ``kind`` is item, tax, currency, account or bank_account."""

aliases = sa.Table(
    "bb_aliases",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("alias", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, nullable=False),
)
"""Names people use for Zoho ids: expense category -> account."""

contacts = sa.Table(
    "bb_contacts",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("contact_id", sa.Text, primary_key=True),
    sa.Column("contact_type", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sa.Column("key", sa.Text, nullable=False, server_default=""),
    sa.Column("currency", sa.Text, nullable=False, server_default=""),
    sa.Column("status", sa.Text, nullable=False, server_default="active"),
    sa.Column("payload", JsonText),
    sa.Column("seen_at", UtcMillis, nullable=False),
    sa.Index("ix_bb_contacts_email", "organization_id", "email"),
    sa.Index("ix_bb_contacts_key", "organization_id", "key"),
    sa.Index("ix_bb_contacts_name", "organization_id", "name"),
)
"""Zoho contacts we have seen, by page or one by one; e-mail lower-cased."""

identities = sa.Table(
    "bb_identities",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("identity_key", sa.Text, primary_key=True),
    sa.Column("contact_id", sa.Text, nullable=False),
    sa.Column("bound_at", UtcMillis, nullable=False),
)
"""Which contact a customer (or vendor) identity is bound to."""

sources = sa.Table(
    "bb_sources",
    metadata,
    sa.Column("endpoint", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("secret", sa.LargeBinary, nullable=False, info={"sealed": True}),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("revoked_at", UtcMillis),
)
"""Hook endpoints with their encrypted signing secret."""

inbox = sa.Table(
    "bb_inbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("event_key", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("received_at", UtcMillis, nullable=False),
    sa.UniqueConstraint("organization_id", "kind", "event_key"),
)
"""Events received, once each; ``event_key`` comes from signed content, never from headers."""

orders = sa.Table(
    "bb_orders",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("okey", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("body", JsonText, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("customer", sa.Text, nullable=False, server_default=""),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("exponent", sa.Integer, nullable=False),
    sa.Column("total_minor", sa.BigInteger),
    sa.Column("contact_id", sa.Text),
    sa.Column("invoice_id", sa.Text),
    sa.Column("invoice_number", sa.Text),
    sa.Column("invoice_total_minor", sa.BigInteger),
    sa.Column("invoice_due_on", sa.Text),
    sa.Column("invoice_status", sa.Text),
    sa.Column("ordered_at", UtcMillis),
    sa.Column("received_at", UtcMillis, nullable=False),
    sa.Column("updated_at", UtcMillis, nullable=False),
    sa.UniqueConstraint("organization_id", "okey"),
    sa.Index("ix_bb_orders_state", "organization_id", "state", "received_at"),
    sa.Index("ix_bb_orders_received", "received_at"),
    sa.Index("ix_bb_orders_invoice", "organization_id", "invoice_id"),
)
"""Orders; identity is (organization, source, order_id), ``okey`` its hash."""

effects = sa.Table(
    "bb_effects",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ekey", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("order_pk", sa.Text),
    sa.Column("depends_on", sa.Text),
    sa.Column("call_class", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("intent", JsonText, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", UtcMillis),
    sa.Column("not_before", UtcMillis, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lookups", sa.Integer, nullable=False, server_default="0"),
    sa.Column("refusals", sa.Integer, nullable=False, server_default="0"),
    sa.Column("request", sa.LargeBinary),
    sa.Column("priority", sa.Integer, nullable=False, server_default="5"),
    sa.Column("run_id", sa.Text),
    sa.Column("unsettled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("zoho_id", sa.Text),
    sa.Column("result", JsonText),
    sa.Column("reason", sa.Text),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("updated_at", UtcMillis, nullable=False),
    sa.Column("settled_at", UtcMillis),
    sa.UniqueConstraint("organization_id", "ekey"),
    sa.Index("ix_bb_effects_due", "state", "not_before"),
    sa.Index("ix_bb_effects_order", "order_pk"),
    sa.Index("ix_bb_effects_depends", "depends_on", "state"),
)
"""The effects ledger: the truth about each write to Zoho.

``request`` holds the frozen bytes of the current ``revision``; ``unsettled`` says that some send may have been
executed without us knowing; ``run_id`` names the engine's run that will look at the effect next.
"""

attempts = sa.Table(
    "bb_attempts",
    metadata,
    sa.Column("effect_id", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("request_hash", sa.Text, nullable=False),
    sa.Column("sent_at", UtcMillis, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("detail", sa.Text),
    sa.Column("settled_at", UtcMillis),
)
"""Each send of an effect: the hash of the frozen bytes, and what became of them."""

audit = sa.Table(
    "bb_audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("at", UtcMillis, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text, nullable=False),
    sa.Column("detail", JsonText, nullable=False),
)
"""Who did what to the books and to Bookbridge's own settings."""

budgets = sa.Table(
    "bb_budgets",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
)
"""One row an organization: its call budget, shared by every process."""

breakers = sa.Table(
    "bb_breakers",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("ambiguous_in_a_row", sa.Integer, nullable=False, server_default="0"),
    sa.Column("open_since", UtcMillis),
    sa.Column("probe_at", UtcMillis),
)
"""Stops an organization's creates after five ambiguous answers in a row."""

replicas = sa.Table(
    "bb_replicas",
    metadata,
    sa.Column("executor_id", sa.Text, primary_key=True),
    sa.Column("started_at", UtcMillis, nullable=False),
    sa.Column("heartbeat_at", UtcMillis, nullable=False),
    sa.Column("stopped_at", UtcMillis),
)
"""Running engine processes; a silent one is dead and its work is recovered."""

api_keys = sa.Table(
    "bb_api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.Text, nullable=False),
    sa.Column("scopes", JsonText, nullable=False),
    sa.Column("organization_ids", JsonText, nullable=False),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("expires_at", UtcMillis),
    sa.Column("revoked_at", UtcMillis),
    sa.Column("last_used_at", UtcMillis),
)
"""API keys; an empty ``organization_ids`` means every connected organization."""

sessions = sa.Table(
    "bb_sessions",
    metadata,
    sa.Column("id_hash", sa.Text, primary_key=True),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("seen_at", UtcMillis, nullable=False),
    sa.Column("expires_at", UtcMillis, nullable=False),
    sa.Column("admin", sa.Text, nullable=False, server_default=""),
    sa.Column("confirmed_at", UtcMillis, nullable=False, server_default="0"),
    sa.Column("address", sa.Text, nullable=False, server_default=""),
)

login_links = sa.Table(
    "bb_login_links",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("expires_at", UtcMillis, nullable=False),
    sa.Column("used_at", UtcMillis),
)
"""One-time links that open a session for the administrator."""


# --- The mirror: our copy of Zoho's records -------------------------------------------------------------------------
#
# Every mirrored table keeps what Zoho sent (``payload`` the row of a list, ``detail`` the record read by id, where one
# was read), the columns we query, when Zoho last changed it (``modified_at``), when we last saw it (``seen_at``) and,
# for a record Zoho no longer has, when that was found out (``deleted_at``). Dates are texts (``2026-01-31``) in the
# organization's calendar, amounts minor units of ``currency`` (``base_`` ones: of the organization's currency), rates
# and quantities exact decimals as text. No table refers to another: records arrive in any order.


def _mirrored(name: str, record_id: str, /, *columns: sa.Column[Any] | sa.Index) -> sa.Table:
    """A mirrored table: the columns all have, and its own."""
    return sa.Table(
        f"bb_mirror_{name}",
        metadata,
        sa.Column("organization_id", sa.Text, primary_key=True),
        sa.Column(record_id, sa.Text, primary_key=True),
        *(each for each in columns if not isinstance(each, sa.Index)),
        sa.Column("payload", JsonText, nullable=False),
        sa.Column("detail", JsonText),
        sa.Column("hash", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", UtcMillis),
        sa.Column("modified_at", UtcMillis),
        sa.Column("seen_at", UtcMillis, nullable=False),
        sa.Column("deleted_at", UtcMillis),
        *(each for each in columns if isinstance(each, sa.Index)),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _minor(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _currency() -> tuple[sa.Column[Any], ...]:
    """The currency of a record, its decimals, and how much of the organization's currency one unit is worth."""
    return (
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("exponent", sa.Integer, nullable=False),
        sa.Column("rate", sa.Text, nullable=False, server_default="1"),
    )


mirror_contacts = _mirrored(
    "contacts",
    "contact_id",
    _text("contact_type"),
    _text("name"),
    _text("company"),
    _text("email"),
    _text("phone"),
    _text("status"),
    sa.Column("currency", sa.Text, nullable=False, server_default=""),
    sa.Column("exponent", sa.Integer, nullable=False, server_default="2"),
    _minor("receivable_minor"),
    _minor("base_receivable_minor"),
    _minor("credits_minor"),
    _minor("base_credits_minor"),
    sa.Index("ix_bb_mirror_contacts_name", "organization_id", "name"),
)
"""Customers and vendors, with what Zoho says they owe and have to their credit."""

mirror_items = _mirrored("items", "item_id", _text("name"), _text("sku"), _text("unit"), _text("status"), _text("rate"))
"""Products and services."""

mirror_taxes = _mirrored("taxes", "tax_id", _text("name"), _text("percentage"), _text("tax_type"))
"""Taxes and tax groups."""

mirror_currencies = _mirrored(
    "currencies",
    "currency_id",
    _text("code"),
    sa.Column("exponent", sa.Integer, nullable=False, server_default="2"),
    sa.Column("is_base", sa.Boolean, nullable=False, server_default=sa.false()),
    _text("rate"),
    _text("effective_on"),
)
"""Currencies and their current rates."""

mirror_accounts = _mirrored(
    "accounts",
    "account_id",
    _text("name"),
    _text("code"),
    _text("account_type"),
    sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
)
"""The chart of accounts."""

mirror_invoices = _mirrored(
    "invoices",
    "invoice_id",
    _text("number"),
    _text("reference"),
    _text("key"),
    _text("status"),
    _text("customer_id"),
    _text("customer_name"),
    *_currency(),
    _text("invoice_on"),
    _text("due_on"),
    _text("last_payment_on"),
    _minor("total_minor"),
    _minor("balance_minor"),
    _minor("write_off_minor"),
    _minor("base_total_minor"),
    _minor("base_balance_minor"),
    sa.Column("is_open", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_bb_mirror_invoices_number", "organization_id", "number"),
    sa.Index("ix_bb_mirror_invoices_key", "organization_id", "key"),
    sa.Index("ix_bb_mirror_invoices_customer", "organization_id", "customer_id", "is_open"),
    sa.Index(
        "ix_bb_mirror_invoices_due",
        *("organization_id", "due_on", "invoice_on", "invoice_id", "currency", "customer_id", "base_total_minor"),
        *("base_balance_minor", "is_open", "deleted_at"),
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    ),
    sa.Index(
        "ix_bb_mirror_invoices_owing",
        *("organization_id", "customer_id", "due_on", "invoice_on", "currency", "balance_minor", "base_balance_minor"),
        *("is_open", "deleted_at"),
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    ),
    sa.Index(
        "ix_bb_mirror_invoices_listed",
        *("organization_id", "invoice_on", "invoice_id", "status", "is_open", "due_on", "currency", "customer_id"),
        *("base_total_minor", "base_balance_minor", "number", "reference", "customer_name", "deleted_at"),
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)
"""Invoices; ``is_open``: sent, not void, with a balance. ``key`` is the value of the unique custom field. The index
``listed`` holds everything that lists filter, sort and count by, so that they never read the long rows; ``due`` and
``owing`` the same of open invoices."""

mirror_invoice_lines = sa.Table(
    "bb_mirror_invoice_lines",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("invoice_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _text("line_item_id"),
    _text("item_id"),
    _text("name"),
    _text("sku"),
    _text("unit"),
    _text("quantity"),
    _text("rate"),
    _minor("total_minor"),
    _minor("base_total_minor"),
    _text("tax_id"),
    _text("tax_name"),
    _text("tax_percentage"),
    sa.Index("ix_bb_mirror_invoice_lines_item", "organization_id", "item_id"),
)
"""Lines of the invoices whose detail was read; ``total_minor`` without tax, in the invoice's currency."""

mirror_invoice_taxes = sa.Table(
    "bb_mirror_invoice_taxes",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("invoice_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    _text("tax_id"),
    _text("name"),
    _minor("amount_minor"),
    _minor("base_amount_minor"),
)
"""The sum of each tax over an invoice whose detail was read."""

mirror_creditnotes = _mirrored(
    "creditnotes",
    "creditnote_id",
    _text("number"),
    _text("reference"),
    _text("status"),
    _text("customer_id"),
    _text("customer_name"),
    *_currency(),
    _text("credited_on"),
    _minor("total_minor"),
    _minor("balance_minor"),
    _minor("base_total_minor"),
    _minor("base_balance_minor"),
    sa.Index("ix_bb_mirror_creditnotes_customer", "organization_id", "customer_id"),
    sa.Index("ix_bb_mirror_creditnotes_date", "organization_id", "credited_on"),
)
"""Credit notes; ``balance_minor`` is what no invoice and no refund has used."""

mirror_payments = _mirrored(
    "payments",
    "payment_id",
    _text("number"),
    _text("reference"),
    _text("mode"),
    _text("account_name"),
    _text("customer_id"),
    _text("customer_name"),
    *_currency(),
    _text("paid_on"),
    _minor("amount_minor"),
    _minor("unused_minor"),
    _minor("base_amount_minor"),
    _minor("base_unused_minor"),
    sa.Index("ix_bb_mirror_payments_customer", "organization_id", "customer_id"),
    sa.Index(
        "ix_bb_mirror_payments_date",
        *("organization_id", "paid_on", "base_amount_minor", "deleted_at"),
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    ),
)
"""Payments received; ``unused_minor`` is what no invoice and no refund has used."""

mirror_allocations = sa.Table(
    "bb_mirror_allocations",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("allocation_id", sa.Text, primary_key=True),
    _text("invoice_id"),
    _text("applied_on"),
    _minor("amount_minor"),
    _minor("withheld_minor"),
    sa.Index("ix_bb_mirror_allocations_invoice", "organization_id", "invoice_id"),
)
"""What settled an invoice, and when: ``kind`` is payment, creditnote or write_off, ``document_id`` the payment, the
credit note or the invoice written off. A refund of a payment or a credit note has ``kind`` payment_refund or
creditnote_refund and no invoice. Amounts are in the currency of the invoice (of the document for a refund), with tax
withheld included: it settles the invoice, but ``withheld_minor`` of it does not come out of the payment."""

mirror_expenses = _mirrored(
    "expenses",
    "expense_id",
    _text("reference"),
    _text("description"),
    _text("status"),
    _text("account_name"),
    _text("paid_through"),
    _text("vendor_id"),
    _text("vendor_name"),
    _text("customer_id"),
    *_currency(),
    _text("spent_on"),
    _minor("total_minor"),
    _minor("base_total_minor"),
    sa.Index("ix_bb_mirror_expenses_date", "organization_id", "spent_on"),
)
"""Expenses; ``account_name`` is the category."""

mirror_bills = _mirrored(
    "bills",
    "bill_id",
    _text("number"),
    _text("reference"),
    _text("status"),
    _text("vendor_id"),
    _text("vendor_name"),
    *_currency(),
    _text("billed_on"),
    _text("due_on"),
    _minor("total_minor"),
    _minor("balance_minor"),
    _minor("base_total_minor"),
    _minor("base_balance_minor"),
    sa.Index("ix_bb_mirror_bills_date", "organization_id", "billed_on"),
)
"""Bills of vendors."""

mirror_state = sa.Table(
    "bb_mirror_state",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("entity", sa.Text, primary_key=True),
    sa.Column("watermark", UtcMillis),
    sa.Column("full_at", UtcMillis),
    sa.Column("synced_at", UtcMillis),
    sa.Column("progress", JsonText),
    sa.Column("sweep", JsonText),
    sa.Column("rows", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
)
"""How far the mirror of one entity is: everything changed up to ``watermark`` is here; ``progress`` is where an
unfinished pass goes on, ``sweep`` where the search for deleted records goes on."""

mirror_wanted = sa.Table(
    "bb_mirror_wanted",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("entity", sa.Text, primary_key=True),
    sa.Column("record_id", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("wanted_at", UtcMillis, nullable=False),
)
"""Records whose row does not say everything: ``what`` is still to be read of them (detail, comments)."""

sync_runs = sa.Table(
    "bb_sync_runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("wanted", JsonText, nullable=False),
    sa.Column("progress", JsonText),
    sa.Column("owner", sa.Text),
    sa.Column("error", sa.Text),
    sa.Column("asked_at", UtcMillis, nullable=False),
    sa.Column("started_at", UtcMillis),
    sa.Column("heartbeat_at", UtcMillis),
    sa.Column("finished_at", UtcMillis),
    sa.Index("ix_bb_sync_runs_state", "organization_id", "state", "asked_at"),
)
"""Syncs asked for, running and done (``state``: asked, running, done, failed)."""

# --- Receivables: maintained from the mirror in the same transaction -------------------------------------------------

receivable_events = sa.Table(
    "bb_receivable_events",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("document_id", sa.Text, primary_key=True),
    sa.Column("on_date", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, nullable=False),
    _text("due_on"),
    _text("dated_on"),
    _minor("minor"),
    _minor("base_minor"),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
    _minor("billed_minor"),
    _minor("base_billed_minor"),
    sa.Index("ix_bb_receivable_events_document", "organization_id", "document", "document_id"),
    sa.Index(
        "ix_bb_receivable_events_day",
        *("organization_id", "document", "on_date", "customer_id", "currency", "minor", "base_minor"),
    ),
    sa.Index(
        "ix_bb_receivable_events_settled",
        *("organization_id", "document", "on_date", "dated_on", "due_on", "customer_id", "document_id", "opened"),
        sqlite_where=sa.text("opened < 0"),
        postgresql_where=sa.text("opened < 0"),
    ),
    sqlite_with_rowid=False,
)
"""How much what a customer owes (``document`` invoice) or has to its credit (creditnote, payment) changed on a day.

``opened`` is 1 on the day the document became open, -1 on the day it was settled; ``billed_minor`` is an invoice's
total on its day. The sums over ``on_date`` up to a day are the document's balance at the end of that day, in its
currency and, rounded once, in the organization's."""

receivable_days = sa.Table(
    "bb_receivable_days",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("basis", sa.Text, primary_key=True),
    sa.Column("on_date", sa.Text, primary_key=True),
    sa.Column("key_on", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
    _minor("minor"),
    _minor("base_minor"),
    sqlite_with_rowid=False,
)
"""Sums of the events by day: ``basis`` due (``key_on`` is the due date), invoice (``key_on`` is the invoice date),
creditnote or payment (``key_on`` is empty)."""

receivable_months = sa.Table(
    "bb_receivable_months",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
    _minor("minor"),
    _minor("base_minor"),
    _minor("billed_minor"),
    _minor("base_billed_minor"),
    sqlite_with_rowid=False,
)
"""Sums of the events of invoices by month (``2026-01``) and customer; an empty ``customer_id`` is all of them.
``billed_minor`` is what was invoiced in the month."""

receivable_now = sa.Table(
    "bb_receivable_now",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("basis", sa.Text, primary_key=True),
    sa.Column("key_on", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
    _minor("minor"),
    _minor("base_minor"),
    sqlite_with_rowid=False,
)
"""What is open now: the sums of ``bb_receivable_days`` over every day."""

receivable_customers = sa.Table(
    "bb_receivable_customers",
    metadata,
    sa.Column("organization_id", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("opened", sa.Integer, nullable=False, server_default="0"),
    _minor("minor"),
    _minor("base_minor"),
    sqlite_with_rowid=False,
)
"""What each customer owes now."""

reconcile_runs = sa.Table(
    "bb_reconcile_runs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organization_id", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("wanted", JsonText, nullable=False),
    sa.Column("counts", JsonText, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("started_at", UtcMillis, nullable=False),
    sa.Column("finished_at", UtcMillis),
    sa.Index("ix_bb_reconcile_runs_started", "organization_id", "started_at"),
)
"""Comparisons of our orders, the mirror and Zoho."""

reconcile_differences = sa.Table(
    "bb_reconcile_differences",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sentence", sa.Text, nullable=False),
    sa.Column("detail", JsonText, nullable=False),
)
"""What a comparison found: ``kind`` is a word of the reference page, ``subject`` the order, invoice or customer."""

admins = sa.Table(
    "bb_admins",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", UtcMillis, nullable=False),
    sa.Column("changed_at", UtcMillis, nullable=False),
    sa.Column("disabled_at", UtcMillis),
    sa.Column("last_login_at", UtcMillis),
)
"""Administrator accounts; the password's Argon2id hash."""
