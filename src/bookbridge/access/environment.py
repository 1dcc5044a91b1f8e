"""The guide's variables as a connection: ``ZOHO_CLIENT_ID`` to ``ZOHO_ORG_ID``, without any connect step."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bookbridge.access import directory
from bookbridge.access.options import EnvironmentGrant
from bookbridge.store import grants, organizations
from bookbridge.store.db import Tx
from bookbridge.store.grants import NewGrant
from bookbridge.store.organizations import Organization

if TYPE_CHECKING:
    from bookbridge.access.zoho import ZohoAccess

GIVEN_TOKEN_LIFE = timedelta(hours=1)
"""An access token from the environment says nothing of its age; it is used until it is rejected or this old."""


def connect(access: "ZohoAccess", /) -> None:
    """Store the environment's grant if it is new, and the organization it is for.

    Zoho is asked only for an organization not known yet. One that a person connected keeps that connection.

    Raises:
        ConfigurationError: the organization is not visible, or several are and none is named.
    """
    given = access.options.environment
    assert given is not None
    wanted = access.options.organization_id
    with access.db.transaction() as tx:
        at = access.db.now(tx)
        _store_grant(access, tx, given, at)
        known = _known(tx, given, wanted)
        if known is not None:
            if _takes_over(access, tx, known, given):
                organizations.assign(tx, known.organization_id, grant_id=given.grant_id, region=given.region, at=at)
            return
    rows = directory.visible_organizations(access.grant_session(given.grant_id))
    row = directory.choose(rows, wanted=wanted)
    access.adopt(directory.organization_of(row, region=given.region, grant_id=given.grant_id), at=at)


def _store_grant(access: "ZohoAccess", tx: Tx, given: EnvironmentGrant, at: datetime) -> None:
    stored = grants.get(tx, access.sealer, given.grant_id)
    if stored is None:
        new = NewGrant(
            grant_id=given.grant_id,
            region=given.region,
            client_id=given.client_id,
            client_secret=given.client_secret,
            refresh_token=given.refresh_token,
            access_token=given.access_token,
            expires_at=at + GIVEN_TOKEN_LIFE if given.access_token else None,
            origin="environment",
        )
        grants.insert(access.db, tx, access.sealer, new, at=at)
    elif stored.client_secret != given.client_secret:
        grants.set_client_secret(tx, access.sealer, given.grant_id, given.client_secret)


def _known(tx: Tx, given: EnvironmentGrant, wanted: str) -> Organization | None:
    """The organization the environment means, if it is stored: the named one, else the one this grant serves."""
    if wanted:
        found = organizations.get(tx, wanted)
        return found if found is not None and found.grant_id is not None else None
    served = organizations.of_grant(tx, given.grant_id)
    return served[0] if len(served) == 1 else None


def _takes_over(access: "ZohoAccess", tx: Tx, known: Organization, given: EnvironmentGrant) -> bool:
    """Whether the environment's grant replaces the organization's: it is an older one of the environment, or dead."""
    if known.grant_id is None or known.grant_id == given.grant_id:
        return known.grant_id is None
    present = grants.get(tx, access.sealer, known.grant_id)
    return present is None or present.origin == "environment" or present.state != grants.ACTIVE
