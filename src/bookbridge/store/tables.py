"""Every table of Bookbridge, prefix ``bb_``; the durable-execution library keeps its own tables beside them.

Times are whole milliseconds in UTC, amounts whole minor units, JSON is text: the same on both databases.
"""

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
    sa.Index("ix_bb_effects_depends", "depends_on"),
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
