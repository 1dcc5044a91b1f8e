"""What Zoho shows of an invoice against what was sent: whether it is ours, and whether it comes to the same total."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bookbridge.access import catalog
from bookbridge.effects import keyfield
from bookbridge.effects.kinds import Context
from bookbridge.effects.ledger import Effect
from bookbridge.features.billing import request, store
from bookbridge.kernel.errors import InvalidInputError
from bookbridge.kernel.money import Money
from bookbridge.store import organizations
from bookbridge.store.organizations import Organization
from bookbridge.store.reference import ReferenceRow

ROUNDING = "tax_rounding"
PER_LINE = "item_level"
"""Value of an invoice's ``tax_rounding`` where tax is rounded on each line (FACTS 5.4)."""

_Row = Mapping[str, Any]
_KEPT = (
    "invoice_id",
    "invoice_number",
    "status",
    "date",
    "due_date",
    "total",
    "balance",
    "currency_code",
    "customer_id",
)


def kept(row: _Row, /) -> dict[str, Any]:
    """What is kept of an invoice's row."""
    return {name: row[name] for name in _KEPT if name in row}


def is_ours(organization: Organization, effect: Effect, row: _Row, body: _Row, /) -> bool:
    """The key decides; where the organization has none, number or reference with customer and date."""
    key = keyfield.read(organization, row)
    if key or organization.key_field:
        return key == effect.ekey
    number = body.get("invoice_number")
    if number and not same_text(row.get("invoice_number"), number):
        return False
    same = ("reference_number", "customer_id", "date")
    return all(same_text(row.get(name), body.get(name)) for name in same if name in body)


def not_ours(organization: Organization, effect: Effect, row: _Row, body: _Row, /) -> str:
    """Why the answer is not about our invoice; empty when it is."""
    if not row.get("invoice_id"):
        return "The answer shows no invoice."
    if str(row.get("customer_id")) != str(body["customer_id"]):
        return "The answer shows another customer's invoice."
    if "invoice_number" in body and not same_text(row.get("invoice_number"), body["invoice_number"]):
        return "The answer shows another invoice number."
    key = keyfield.read(organization, row)
    if key and key != effect.ekey:
        return "The answer shows another order's key."
    reference = body.get("reference_number")
    if reference and not same_text(row.get("reference_number"), reference):
        return "The answer shows another reference."
    return ""


def same_text(left: Any, right: Any, /) -> bool:
    """Zoho trims texts; numbers are unique without regard to case."""
    return _plain(left) == _plain(right)


def _plain(text: Any) -> str:
    return " ".join(str("" if text is None else text).split()).casefold()


def difference(context: Context, effect: Effect, row: _Row, body: _Row, /) -> str:
    """A sentence when Zoho's total is not the predicted one; direct invoices state no total to compare with.

    How the organization rounds taxes is known from the invoices it makes: where only that was predicted wrongly, the
    prediction is corrected.
    """
    learn_rounding(context, effect.organization_id, row)
    if effect.order_pk is None:
        return ""
    with context.db.read() as tx:
        currency, exponent, predicted = store.expected(tx, effect.order_pk)
    total = Money.rounded(Decimal(row["total"]), currency=currency, exponent=exponent)
    if predicted is None or total.minor == predicted:
        return ""
    with context.db.read() as tx:
        order = store.get(tx, effect.order_pk)
    assert order is not None
    if order.body.get("total") is None and _corrected(context, effect, order, row, body) == total.minor:
        with context.db.transaction() as tx:
            store.update(context.db, tx, order.id, total_minor=total.minor)
        return ""
    return f"Zoho made the total {total}, the order comes to {Money(predicted, currency, exponent)}."


def _corrected(context: Context, effect: Effect, order: store.OrderRow, row: _Row, body: _Row) -> int | None:
    """The total by the rounding the invoice itself shows; rows of lists do not show it."""
    if ROUNDING not in row:
        books = context.zoho.books(effect.organization_id, call_class=effect.call_class)
        row = books.call("GET", f"/invoices/{row['invoice_id']}").body.get("invoice") or {}
        learn_rounding(context, effect.organization_id, row)
    if any(str(line.get("tax_id") or "") for line in body["line_items"]):
        return request.predict_body(
            body,
            exponent=order.exponent,
            lookup=lookup(context, effect.organization_id),
            tax_per_line=row.get(ROUNDING) == PER_LINE,
        )
    return None


def rounds_per_line(organization: Organization, /) -> bool:
    """Whether the organization rounds tax on each line, as far as its invoices have shown."""
    return bool(organization.info.get(ROUNDING) == PER_LINE)


def learn_rounding(context: Context, organization_id: str, row: _Row, /) -> None:
    """Remember how the organization rounds taxes, when an invoice shows it and it is news."""
    seen = row.get(ROUNDING)
    organization = context.zoho.organization(organization_id)
    if not seen or (seen == PER_LINE) == rounds_per_line(organization):
        return
    with context.db.transaction() as tx:
        organizations.learn(tx, organization_id, **{ROUNDING: seen})
    context.zoho.forget(organization_id)


def lookup(context: Context, organization_id: str, /) -> request.Lookup:
    """The organization's catalog for one order: each record is looked up once, however many lines name it."""
    found: dict[tuple[str, str], ReferenceRow | InvalidInputError] = {}

    def once(kind: str, wanted: str, field: str) -> ReferenceRow:
        if (kind, wanted) not in found:
            found[kind, wanted] = _record(context, organization_id, kind, wanted, field)
        record = found[kind, wanted]
        if isinstance(record, InvalidInputError):
            raise record
        return record

    return once


def _record(
    context: Context, organization_id: str, kind: str, wanted: str, field: str
) -> ReferenceRow | InvalidInputError:
    plain = kind.removesuffix("?")
    try:
        return catalog.find(context.zoho, context.db, organization_id, plain, wanted, field=field, anew=plain == kind)
    except InvalidInputError as error:
        return error
