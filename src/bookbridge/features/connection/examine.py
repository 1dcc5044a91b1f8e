"""What ``doctor`` asks Zoho: every call is a read, and a token is asked for within the usual limits."""

import json
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime

from bookbridge.access import directory
from bookbridge.access.options import AccessSettings
from bookbridge.access.zoho import ZohoAccess
from bookbridge.features.connection import findings
from bookbridge.features.connection.findings import Finding, ok
from bookbridge.features.connection.workflow import LAST_FAILURE
from bookbridge.kernel.clock import from_millis
from bookbridge.kernel.errors import BookbridgeError, ConfigurationError, NotConnectedError
from bookbridge.net import HttpRequest, TransportError
from bookbridge.store import grants, meta, organizations
from bookbridge.store.grants import Grant
from bookbridge.store.organizations import Organization
from bookbridge.zoho import errors, oauth
from bookbridge.zoho.answers import Payload
from bookbridge.zoho.errors import OAuthError, TokenRejectedError
from bookbridge.zoho.protocol import Request

PATIENCE_S = 5.0
"""How long a look waits for the call budget."""
CLOCK_TOLERANCE_S = 60.0

PROBES: Mapping[str, str] = {
    "ZohoBooks.contacts.READ": "/contacts",
    "ZohoBooks.invoices.READ": "/invoices",
    "ZohoBooks.customerpayments.READ": "/customerpayments",
    "ZohoBooks.creditnotes.READ": "/creditnotes",
    "ZohoBooks.expenses.READ": "/expenses",
    "ZohoBooks.bills.READ": "/bills",
    "ZohoBooks.accountants.READ": "/chartofaccounts",
    "ZohoBooks.banking.READ": "/bankaccounts",
    "ZohoBooks.settings.READ": "/settings/currencies",
}
"""A cheap read for each scope we use; scopes to create and change cannot be tried without doing so."""


def connection(access: ZohoAccess, settings: AccessSettings, /) -> Iterator[Finding]:
    """Everything about the connections of an installation."""
    yield from _redirect(access, settings)
    yield from _last_failure(access)
    yield from _environment(access, settings)
    with access.db.read() as tx:
        held = grants.list_all(tx, access.sealer)
        known = organizations.list_all(tx)
    mine = access.options.environment
    used = {each.grant_id for each in known} | ({mine.grant_id} if mine else set())
    working = [grant for grant in held if grant.grant_id in used]
    if not working:
        yield _not_connected(settings)
    for grant in working:
        yield from _grant(access, grant, [each for each in known if each.grant_id == grant.grant_id])


def _not_connected(settings: AccessSettings) -> Finding:
    names = {
        "ZOHO_CLIENT_ID": settings.client_id,
        "ZOHO_CLIENT_SECRET": settings.client_secret,
        "ZOHO_REFRESH_TOKEN": settings.refresh_token,
    }
    missing = [name for name, value in names.items() if not value]
    partly = 0 < len(missing) < len(names)
    return Finding(
        code="not_connected",
        level="error",
        sentence="No Zoho Books organization is connected"
        + (f"; the environment lacks {' and '.join(missing)}." if partly else "."),
        remedy="Run `bookbridge connect`, or set ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN.",
    )


def _environment(access: ZohoAccess, settings: AccessSettings) -> Iterator[Finding]:
    """Let the environment's own connection come about; its failures are explained here or with its grant."""
    try:
        access.ensure_environment()
    except ConfigurationError as error:
        yield Finding(
            code="organization_wrong",
            level="error",
            sentence=str(error),
            remedy="Set ZOHO_ORG_ID to one of those listed; with none of yours among them, check ZOHO_REGION and the "
            "Zoho user.",
        )
    except (BookbridgeError, NotConnectedError):
        return  # the same failure is met and explained when its grant is examined


def _last_failure(access: ZohoAccess) -> Iterator[Finding]:
    with access.db.read() as tx:
        found = meta.get(tx, LAST_FAILURE)
    if found is None:
        return
    value = json.loads(found)
    kind = getattr(errors, value["error"], OAuthError)
    told = findings.of_error(kind())
    at = from_millis(value["at_ms"])
    yield Finding(
        code=told.code,
        level="error",
        sentence=f"The last attempt to connect ({at:%Y-%m-%d %H:%M} UTC) failed: {told.sentence}",
        remedy=told.remedy,
    )


def _redirect(access: ZohoAccess, settings: AccessSettings) -> Iterator[Finding]:
    """Whether Zoho knows the redirect address, asked of its authorize page; silent where it does not tell."""
    if not (settings.redirect_uri and settings.client_id):
        return
    registered = _is_registered(access, settings.redirect_uri)
    if registered is not False:
        return
    other = settings.redirect_uri[:-1] if settings.redirect_uri.endswith("/") else settings.redirect_uri + "/"
    hint = f" It does know {other}: a slash at the end counts." if _is_registered(access, other) else ""
    yield Finding(
        code="redirect_mismatch",
        level="error",
        sentence=f"Zoho does not know the redirect address {settings.redirect_uri} for this client.{hint}",
        remedy="Register exactly this address in Zoho's API console, or set ZOHO_REDIRECT_URI to the registered one.",
    )


def _is_registered(access: ZohoAccess, uri: str) -> bool | None:
    options = access.options
    url = oauth.authorize_url(
        options.regions[options.region], client_id=options.client_id, redirect_uri=uri, state="doctor", prompt=""
    )
    try:
        answer = access.accounts_transport.send(HttpRequest(method="GET", url=url))
    except TransportError:
        return None
    refused = b"invalid_redirect_uri" in answer.content.lower() or b"invalid redirect uri" in answer.content.lower()
    return not refused


def _grant(access: ZohoAccess, grant: Grant, served: list[Organization]) -> Iterator[Finding]:
    try:
        access.tokens(grant.grant_id).renew()
    except OAuthError as error:
        yield _token_problem(access, grant, error)
        return
    yield ok("grant", f"Zoho accepts the connection of region {grant.region}.")
    try:
        payload = access.grant_session(grant.grant_id).call(
            Request(method="GET", path="/organizations", scoped=False), wait_s=PATIENCE_S
        )
    except TokenRejectedError:
        yield findings.missing_scope(["ZohoBooks.settings.READ"], organization_id="")
        return
    except BookbridgeError as error:
        yield findings.of_error(error)
        return
    yield from _clock(access, payload)
    rows = [row for row in payload.body.get("organizations", ()) if isinstance(row, dict)]
    visible = {str(row.get("organization_id")) for row in rows}
    for organization in served:
        if organization.organization_id not in visible:
            yield _invisible(organization, rows)
        else:
            yield from _organization(access, organization)


def _token_problem(access: ZohoAccess, grant: Grant, error: OAuthError) -> Finding:
    """Why there is no token; a token of the environment is tried in the other regions, which it does not name."""
    doubtful = isinstance(error, errors.GrantRevokedError | errors.InvalidClientError)
    if grant.origin == "environment" and doubtful:
        for key in access.options.regions:
            if key != grant.region and _works_in(access, grant, key):
                return findings.wrong_region(grant.region, key)
    return findings.of_error(error)


def _works_in(access: ZohoAccess, grant: Grant, region: str) -> bool:
    asked = access.authenticator(region=region, client_id=grant.client_id, client_secret=grant.client_secret.reveal())
    try:
        asked.refresh(grant.refresh_token.reveal())
    except OAuthError:
        return False
    return True


def _clock(access: ZohoAccess, payload: Payload) -> Iterator[Finding]:
    said = payload.headers.get("date")
    if not said:
        return
    try:
        off = (access.clock.now() - parsedate_to_datetime(said)).total_seconds()
    except (ValueError, TypeError):
        return
    if abs(off) > CLOCK_TOLERANCE_S:
        yield findings.clock_off(off)
    else:
        yield ok("clock", "This machine's clock agrees with Zoho's.")


def _invisible(organization: Organization, rows: list[dict[str, object]]) -> Finding:
    return Finding(
        code="organization_wrong",
        level="error",
        sentence=f"Organization {organization.organization_id} ({organization.name}) is not visible to this connection;"
        f" visible are: {directory.listing(rows)}.",
        remedy="Connect as a user of that organization, or set ZOHO_ORG_ID to one of those listed.",
        organization_id=organization.organization_id,
    )


def _organization(access: ZohoAccess, organization: Organization) -> Iterator[Finding]:
    organization_id = organization.organization_id
    missing, stopped = [], None
    for scope, path in PROBES.items():
        try:
            access.session(organization_id).call(
                Request(method="GET", path=path, params={"per_page": 1}), wait_s=PATIENCE_S
            )
        except TokenRejectedError:
            missing.append(scope)
        except BookbridgeError as error:
            stopped = findings.of_error(error, organization_id=organization_id)
            break
    if stopped is not None:
        yield stopped
        return
    if missing:
        yield findings.missing_scope(missing, organization_id=organization_id)
        return
    yield ok("organization", f"{organization.name} ({organization_id}) can be used.", organization_id=organization_id)
    yield from _budget(access, organization_id)
    yield from _key_field(access, organization)
    if organization.is_paused:
        with access.db.transaction() as tx:
            organizations.resume(tx, organization_id)
        yield ok("resumed", f"{organization.name} was paused and goes on.", organization_id=organization_id)


def _budget(access: ZohoAccess, organization_id: str) -> Iterator[Finding]:
    left = access.budget_left(organization_id)
    until = from_millis(left.stopped_until_ms) if left.stopped_until_ms else None
    if until is not None and until > access.clock.now():
        yield findings.budget_spent(left.reason, organization_id=organization_id, until=f"{until:%H:%M} UTC")
    elif left.day_remaining == 0:
        yield findings.budget_spent("day", organization_id=organization_id)
    else:
        known = "" if left.day_remaining is None else f"; {left.day_remaining} of {left.day_limit} are left today"
        yield ok("budget", f"API calls are within Zoho's limits{known}.", organization_id=organization_id)


def _key_field(access: ZohoAccess, organization: Organization) -> Iterator[Finding]:
    organization_id = organization.organization_id
    found = access.find_key_fields(organization_id)
    if found.name is not None and not found.problem:
        yield ok("key_field", f"Invoices carry the unique field {found.name}.", organization_id=organization_id)
        return
    needed = access.options.numbering == "zoho"
    yield Finding(
        code="key_field_missing",
        level="error" if needed and found.name is None else "warning",
        sentence=found.problem,
        remedy="Without it the derived invoice number alone keeps invoices single: one that a person renumbers by hand "
        "could be made twice.",
        organization_id=organization_id,
    )
