"""What an organization tells about itself: which ones a grant reaches, and their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from bookbridge.kernel.errors import ConfigurationError
from bookbridge.kernel.money import minor_units
from bookbridge.store.organizations import Organization
from bookbridge.zoho.protocol import Request
from bookbridge.zoho.session import Session


def visible_organizations(session: Session, /) -> list[dict[str, Any]]:
    """The rows of ``GET /organizations``: everything the user of the grant can see (FACTS 5.1)."""
    payload = session.call(Request(method="GET", path="/organizations", scoped=False))
    rows = payload.body.get("organizations")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def organization_of(row: Mapping[str, Any], /, *, region: str, grant_id: str) -> Organization:
    """Our record of an organization's row; without a ``price_precision`` the currency's own decimals count."""
    currency = str(row.get("currency_code") or "USD")
    precision = row.get("price_precision")
    exponent = int(precision) if isinstance(precision, int) else minor_units(currency)
    return Organization(
        organization_id=str(row["organization_id"]),
        region=region,
        name=str(row.get("name") or row["organization_id"]),
        currency=currency,
        exponent=exponent,
        time_zone=str(row.get("time_zone") or "UTC"),
        grant_id=grant_id,
        info=dict(row),
    )


def plan_of(info: Mapping[str, Any], /) -> str:
    """The name of the organization's plan, as far as Zoho says."""
    return str(info.get("plan_name") or info.get("plan_period") or "")


def choose(rows: Sequence[Mapping[str, Any]], /, *, wanted: str) -> Mapping[str, Any]:
    """The organization to use: the one asked for, or the only one there is.

    Raises:
        ConfigurationError: it is not visible, or several are and none was named; the sentence lists them.
    """
    if wanted:
        for row in rows:
            if str(row.get("organization_id")) == wanted:
                return row
        raise ConfigurationError(
            f"Organization {wanted} is not visible to this connection; set ZOHO_ORG_ID to one of: {listing(rows)}."
        )
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise ConfigurationError("This Zoho user belongs to no organization in this region; check ZOHO_REGION.")
    raise ConfigurationError(f"Several organizations are visible; set ZOHO_ORG_ID to one of: {listing(rows)}.")


def listing(rows: Sequence[Mapping[str, Any]], /) -> str:
    """Ids and names, for a sentence."""
    return ", ".join(f"{row.get('organization_id')} ({row.get('name')})" for row in rows) or "none"
