"""What customers are called."""

from collections.abc import Sequence

import sqlalchemy as sa

from bookbridge.store import tables
from bookbridge.store.db import Tx

CONTACTS, INVOICES = tables.mirror_contacts, tables.mirror_invoices


def of_customers(tx: Tx, organization_id: str, customer_ids: Sequence[str], /) -> dict[str, str]:
    """Names by id: the contact's, else the one on an invoice."""
    contact = sa.select(CONTACTS.c.contact_id, CONTACTS.c.name).where(
        CONTACTS.c.organization_id == organization_id, CONTACTS.c.contact_id.in_(customer_ids), CONTACTS.c.name != ""
    )
    found = {row[0]: row[1] for row in tx.execute(contact)}
    missing = [each for each in customer_ids if each not in found]
    if missing:
        query = (
            sa.select(INVOICES.c.customer_id, sa.func.max(INVOICES.c.customer_name))
            .where(INVOICES.c.organization_id == organization_id, INVOICES.c.customer_id.in_(missing))
            .group_by(INVOICES.c.customer_id)
        )
        found |= {row[0]: row[1] for row in tx.execute(query) if row[1]}
    return found
