"""The mirror, receivables, reconciliation and administrator accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Bring the tables of 0001 up to date."""
    op.create_table(
        "bb_admins",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_login_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "bb_mirror_accounts",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("account_type", sa.Text(), server_default="", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "account_id"),
    )
    op.create_table(
        "bb_mirror_allocations",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("allocation_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), server_default="", nullable=False),
        sa.Column("applied_on", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("withheld_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "kind", "document_id", "allocation_id"),
    )
    op.create_index(
        "ix_bb_mirror_allocations_invoice", "bb_mirror_allocations", ["organization_id", "invoice_id"], unique=False
    )
    op.create_table(
        "bb_mirror_bills",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("bill_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("vendor_id", sa.Text(), server_default="", nullable=False),
        sa.Column("vendor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Text(), server_default="1", nullable=False),
        sa.Column("billed_on", sa.Text(), server_default="", nullable=False),
        sa.Column("due_on", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "bill_id"),
    )
    op.create_index("ix_bb_mirror_bills_date", "bb_mirror_bills", ["organization_id", "billed_on"], unique=False)
    op.create_table(
        "bb_mirror_contacts",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("contact_type", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("company", sa.Text(), server_default="", nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("exponent", sa.Integer(), server_default="2", nullable=False),
        sa.Column("receivable_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_receivable_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credits_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_credits_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "contact_id"),
    )
    op.create_index("ix_bb_mirror_contacts_name", "bb_mirror_contacts", ["organization_id", "name"], unique=False)
    op.create_table(
        "bb_mirror_creditnotes",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("creditnote_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Text(), server_default="1", nullable=False),
        sa.Column("credited_on", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "creditnote_id"),
    )
    op.create_index(
        "ix_bb_mirror_creditnotes_customer", "bb_mirror_creditnotes", ["organization_id", "customer_id"], unique=False
    )
    op.create_index(
        "ix_bb_mirror_creditnotes_date", "bb_mirror_creditnotes", ["organization_id", "credited_on"], unique=False
    )
    op.create_table(
        "bb_mirror_currencies",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("currency_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("exponent", sa.Integer(), server_default="2", nullable=False),
        sa.Column("is_base", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("rate", sa.Text(), server_default="", nullable=False),
        sa.Column("effective_on", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "currency_id"),
    )
    op.create_table(
        "bb_mirror_expenses",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("expense_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("account_name", sa.Text(), server_default="", nullable=False),
        sa.Column("paid_through", sa.Text(), server_default="", nullable=False),
        sa.Column("vendor_id", sa.Text(), server_default="", nullable=False),
        sa.Column("vendor_name", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Text(), server_default="1", nullable=False),
        sa.Column("spent_on", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "expense_id"),
    )
    op.create_index("ix_bb_mirror_expenses_date", "bb_mirror_expenses", ["organization_id", "spent_on"], unique=False)
    op.create_table(
        "bb_mirror_invoice_lines",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_item_id", sa.Text(), server_default="", nullable=False),
        sa.Column("item_id", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sku", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("quantity", sa.Text(), server_default="", nullable=False),
        sa.Column("rate", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tax_id", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_name", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_percentage", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "invoice_id", "position"),
    )
    op.create_index(
        "ix_bb_mirror_invoice_lines_item", "bb_mirror_invoice_lines", ["organization_id", "item_id"], unique=False
    )
    op.create_table(
        "bb_mirror_invoice_taxes",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("tax_id", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "invoice_id", "position"),
    )
    op.create_table(
        "bb_mirror_invoices",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Text(), server_default="1", nullable=False),
        sa.Column("invoice_on", sa.Text(), server_default="", nullable=False),
        sa.Column("due_on", sa.Text(), server_default="", nullable=False),
        sa.Column("last_payment_on", sa.Text(), server_default="", nullable=False),
        sa.Column("total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("write_off_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_total_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "invoice_id"),
    )
    op.create_index(
        "ix_bb_mirror_invoices_customer",
        "bb_mirror_invoices",
        ["organization_id", "customer_id", "is_open"],
        unique=False,
    )
    op.create_index(
        "ix_bb_mirror_invoices_due", "bb_mirror_invoices", ["organization_id", "is_open", "due_on"], unique=False
    )
    op.create_index("ix_bb_mirror_invoices_key", "bb_mirror_invoices", ["organization_id", "key"], unique=False)
    op.create_index(
        "ix_bb_mirror_invoices_listed",
        "bb_mirror_invoices",
        [
            "organization_id",
            "invoice_on",
            "invoice_id",
            "status",
            "is_open",
            "due_on",
            "currency",
            "customer_id",
            "base_total_minor",
            "base_balance_minor",
            "number",
            "reference",
            "customer_name",
            "deleted_at",
        ],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("ix_bb_mirror_invoices_number", "bb_mirror_invoices", ["organization_id", "number"], unique=False)
    op.create_table(
        "bb_mirror_items",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("sku", sa.Text(), server_default="", nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("rate", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "item_id"),
    )
    op.create_table(
        "bb_mirror_payments",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("account_name", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("exponent", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Text(), server_default="1", nullable=False),
        sa.Column("paid_on", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unused_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_amount_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_unused_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "payment_id"),
    )
    op.create_index(
        "ix_bb_mirror_payments_customer", "bb_mirror_payments", ["organization_id", "customer_id"], unique=False
    )
    op.create_index(
        "ix_bb_mirror_payments_date",
        "bb_mirror_payments",
        ["organization_id", "paid_on", "base_amount_minor", "deleted_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "bb_mirror_state",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("watermark", sa.BigInteger(), nullable=True),
        sa.Column("full_at", sa.BigInteger(), nullable=True),
        sa.Column("synced_at", sa.BigInteger(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("sweep", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "entity"),
    )
    op.create_table(
        "bb_mirror_taxes",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("tax_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("percentage", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_type", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "tax_id"),
    )
    op.create_table(
        "bb_mirror_wanted",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("wanted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "entity", "record_id", "what"),
    )
    op.create_table(
        "bb_receivable_customers",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "customer_id", "currency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bb_receivable_days",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Text(), nullable=False),
        sa.Column("key_on", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "basis", "on_date", "key_on", "currency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bb_receivable_events",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("on_date", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Text(), server_default="", nullable=False),
        sa.Column("dated_on", sa.Text(), server_default="", nullable=False),
        sa.Column("minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("billed_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_billed_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "document", "customer_id", "document_id", "on_date"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_bb_receivable_events_day",
        "bb_receivable_events",
        ["organization_id", "document", "on_date", "customer_id", "currency", "minor", "base_minor"],
        unique=False,
    )
    op.create_index(
        "ix_bb_receivable_events_document",
        "bb_receivable_events",
        ["organization_id", "document", "document_id"],
        unique=False,
    )
    op.create_index(
        "ix_bb_receivable_events_settled",
        "bb_receivable_events",
        ["organization_id", "document", "on_date", "dated_on", "due_on", "customer_id", "document_id", "opened"],
        unique=False,
        sqlite_where=sa.text("opened < 0"),
        postgresql_where=sa.text("opened < 0"),
    )
    op.create_table(
        "bb_receivable_months",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("billed_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_billed_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "customer_id", "month", "currency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bb_receivable_now",
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("key_on", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("base_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "basis", "key_on", "currency"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bb_reconcile_differences",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "position"),
    )
    op.create_table(
        "bb_reconcile_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_bb_reconcile_runs_started", "bb_reconcile_runs", ["organization_id", "started_at"], unique=False
    )
    op.create_table(
        "bb_sync_runs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bb_sync_runs_state", "bb_sync_runs", ["organization_id", "state", "asked_at"], unique=False)
    op.drop_index(op.f("ix_bb_effects_depends"), table_name="bb_effects")
    op.create_index("ix_bb_effects_depends", "bb_effects", ["depends_on", "state"], unique=False)
    op.create_index("ix_bb_orders_invoice", "bb_orders", ["organization_id", "invoice_id"], unique=False)
    op.add_column("bb_sessions", sa.Column("admin", sa.Text(), server_default="", nullable=False))
    op.add_column("bb_sessions", sa.Column("confirmed_at", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("bb_sessions", sa.Column("address", sa.Text(), server_default="", nullable=False))
