"""What the API and the command ask: one question, one reading of the database."""

from typing import Any

from bookbridge.mirror.queries.aging import Aging, Credit, CurrencyAging, CustomerAging, Spread, aging
from bookbridge.mirror.queries.asking import asked
from bookbridge.registry import Services
from bookbridge.store.organizations import Organization


def get_aging(
    services: Services, organization: Organization, /, *, as_of: str = "", by: str = "", currency: str = ""
) -> Aging:
    """Aging of a day; without one of today in the organization's zone.

    Raises:
        InvalidInputError: a day, a currency or a ``by`` that there is not, with the field.
        NotMirroredError: the invoices were never mirrored.
    """
    with services.db.read() as tx:
        question = asked(tx, organization, services.clock.now(), as_of=as_of, by=by, currency=currency)
        return aging(tx, question)


def as_json(found: Aging, /) -> dict[str, Any]:
    """The answer of the API: amounts are numbers in major units."""
    question = found.asked
    return {
        "organization_id": question.organization.organization_id,
        "as_of": question.as_of.isoformat(),
        "by": question.by,
        "currency": question.currency or question.scale.base,
        "synced_at": found.synced_at,
        **_spread(found.spread),
        "by_currency": [_currency(each) for each in found.by_currency],
        "customers": [_customer(each) for each in found.customers],
        "unapplied_credits": {
            "count": found.credits_count,
            "total": found.credits_total.amount,
            "rows": [_credit(each) for each in found.credits],
        },
    }


def _spread(spread: Spread) -> dict[str, Any]:
    buckets = [{"name": each.name, "count": each.count, "total": each.total.amount} for each in spread.buckets]
    return {
        "count": spread.count,
        "total": spread.total.amount,
        "overdue_count": spread.overdue_count,
        "overdue": spread.overdue.amount,
        "buckets": buckets,
    }


def _currency(each: CurrencyAging) -> dict[str, Any]:
    return {"currency": each.currency, "base_total": each.base.amount, **_spread(each.spread)}


def _customer(each: CustomerAging) -> dict[str, Any]:
    return {"customer_id": each.customer_id, "name": each.name, **_spread(each.spread)}


def _credit(each: Credit) -> dict[str, Any]:
    return {
        "kind": each.kind, "currency": each.currency, "count": each.count, "total": each.total.amount,
        "base_total": each.base.amount,
    }  # fmt: skip
