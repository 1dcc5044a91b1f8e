"""What people do with orders: wait for them, retry them, discard them."""

from decimal import Decimal

from bookbridge.effects.ledger import Effect
from bookbridge.effects.states import State
from bookbridge.features.billing import store
from bookbridge.kernel.errors import ConflictError, NotFoundError
from bookbridge.kernel.money import Money
from bookbridge.registry import Services
from bookbridge.store import audit
from bookbridge.store.db import Tx
from bookbridge.zoho.errors import RecordNotFoundError

DELETED = "deleted"
WITHOUT_EFFECT = ("void", DELETED)
"""States of an invoice that no longer stands in the books."""
SETTLED = ("done", "review", "failed", "discarded")
"""States in which an order stays until a person acts."""


def get(services: Services, order_pk: str, /) -> store.OrderRow:
    """The order with our id.

    Raises:
        NotFoundError: there is none.
    """
    with services.db.read() as tx:
        row = store.get(tx, order_pk)
    if row is None:
        raise NotFoundError("There is no order with that id; list them with GET /api/orders.")
    return row


def retry(services: Services, order_pk: str, /) -> store.OrderRow:
    """Try a failed or reviewed order again; every retry of something that was sent begins by reading Zoho.

    Raises:
        NotFoundError: there is no such order.
        ConflictError: the order is not failed and not in review.
    """
    row = get(services, order_pk)
    if row.state not in ("failed", "review"):
        raise ConflictError(f"The order is {row.state}; only failed orders and reviews can be retried.")
    if row.invoice_id:
        return _again(services, row) or _recheck(services, row)
    with services.db.transaction() as tx:
        again = [effect for effect in _with_dependencies(services, tx, order_pk) if effect.zoho_id is None]
        reopened = [services.ledger.reopen(tx, effect, reason="Retried by a person.") for effect in again]
        if not any(reopened) and not any(effect.state in (State.PLANNED, State.UNKNOWN) for effect in again):
            raise ConflictError("There is nothing to retry for this order; discard it, or correct it in Zoho.")
        store.move(services.db, tx, order_pk, "received", reason=None)
    return get(services, order_pk)


def _again(services: Services, row: store.OrderRow) -> store.OrderRow | None:
    """The invoice is there, but what should follow it (its status) failed: that is tried again."""
    with services.db.transaction() as tx:
        own = services.ledger.of_order(tx, row.id)
        if not any([services.ledger.reopen(tx, effect, reason="Retried by a person.") for effect in own]):
            return None
        store.move(services.db, tx, row.id, "working", reason=None)
    return get(services, row.id)


def note(services: Services, row: store.OrderRow, /, *, action: str, actor: str) -> store.OrderRow:
    """Write down who did something to an order; gives the order back."""
    with services.db.transaction() as tx:
        at = services.db.now(tx)
        audit.record(tx, at=at, actor=actor, action=action, subject_id=row.id, organization_id=row.organization_id)
    return row


def _with_dependencies(services: Services, tx: Tx, order_pk: str) -> list[Effect]:
    own = services.ledger.of_order(tx, order_pk)
    upstream = {effect.depends_on for effect in own if effect.depends_on} - {effect.id for effect in own}
    found = [services.ledger.get(tx, effect_id) for effect_id in sorted(upstream)]
    return [effect for effect in found if effect is not None] + own


def _recheck(services: Services, row: store.OrderRow) -> store.OrderRow:
    """The invoice is there: compare it once more, after a person corrected it in Zoho."""
    assert row.invoice_id is not None
    try:
        invoice = services.zoho.books(row.organization_id).call("GET", f"/invoices/{row.invoice_id}").body["invoice"]
    except RecordNotFoundError:
        return _gone(services, row)
    total = Money.rounded(Decimal(invoice["total"]), currency=row.currency, exponent=row.exponent)
    reason = None
    if invoice.get("status") == "void":
        reason = "The invoice is void in Zoho; send the order again under a new id, or discard it."
    elif row.total_minor is not None and total.minor != row.total_minor:
        reason = f"Zoho still has the total {total}, the order comes to another."
    with services.db.transaction() as tx:
        store.update(
            services.db, tx, row.id, invoice_total_minor=total.minor, invoice_status=str(invoice.get("status", ""))
        )
        store.move(services.db, tx, row.id, "review" if reason else "done", reason=reason)
    return get(services, row.id)


def _gone(services: Services, row: store.OrderRow) -> store.OrderRow:
    """A person deleted the invoice; it is never made again by itself."""
    reason = "The invoice was deleted in Zoho; send the order again under a new id, or discard it."
    with services.db.transaction() as tx:
        store.update(services.db, tx, row.id, invoice_status=DELETED)
        store.move(services.db, tx, row.id, "review", reason=reason)
    return get(services, row.id)


def discard(services: Services, order_pk: str, /, *, reason: str) -> store.OrderRow:
    """Give an order up: nothing more is sent for it. The books are not touched.

    Raises:
        NotFoundError: there is no such order.
        ConflictError: it has an invoice that is neither void nor deleted, or a send whose outcome is not known yet.
    """
    row = get(services, order_pk)
    if row.state == "done" or (row.invoice_id and row.invoice_status not in WITHOUT_EFFECT):
        raise ConflictError("The order has an invoice; void or credit it in Zoho instead.")
    with services.db.transaction() as tx:
        own = [
            e for e in services.ledger.of_order(tx, order_pk) if e.zoho_id is None and e.state is not State.DISCARDED
        ]
        if not all(services.ledger.discard(tx, effect, reason=reason) for effect in own):
            raise ConflictError("A send of this order is being settled; try again in a few minutes.")
        store.move(services.db, tx, order_pk, "discarded", reason=reason or "Discarded by a person.")
    return get(services, order_pk)
