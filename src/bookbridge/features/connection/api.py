"""HTTP routes of the connection: the web flow, organizations, state and end of the connection."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bookbridge.access import directory
from bookbridge.features.connection import findings, pages
from bookbridge.features.connection.policy import NoRefreshTokenError, OtherBooksError
from bookbridge.features.connection.workflow import Connector
from bookbridge.http import JsonAnswer
from bookbridge.kernel.errors import BookbridgeError, InvalidInputError, NotFoundError
from bookbridge.kernel.ids import token
from bookbridge.registry import Principal, Services, requires
from bookbridge.store import grants, organizations
from bookbridge.store.organizations import Organization
from bookbridge.zoho.errors import OAuthError, StateMismatchError, UnknownRegionError

FORM_LIMIT = 64 * 1024
COOKIE = "bookbridge_connect"
"""Holds the browser's secret while a person is on Zoho's pages; useless without the state kept beside it."""

Reader = Annotated[Principal, Depends(requires("connection:read"))]
Writer = Annotated[Principal, Depends(requires("connection:write", fresh=True))]

log = structlog.get_logger("bookbridge.connection")


async def _form(request: Request) -> list[tuple[str, str]]:
    """The fields of a small form, in order."""
    body = await request.body()
    if len(body) > FORM_LIMIT:
        raise InvalidInputError("The form is too large.")
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


Form = Annotated[list[tuple[str, str]], Depends(_form)]


def router(services: Services, /) -> APIRouter:
    """Every route of the connection."""
    routes = APIRouter()
    connector = Connector(services.zoho, ids=services.ids, ledger=services.ledger)
    _flow_routes(routes, services, connector)
    _api_routes(routes, services, connector)
    return routes


def _flow_routes(routes: APIRouter, services: Services, connector: Connector) -> None:
    secure = services.zoho.options.callback_uri.startswith("https://")

    @routes.get("/oauth/connect", include_in_schema=False)
    def connect(who: Writer, organization_id: str = "") -> Response:
        """Send the person to Zoho's consent page; ``organization_id`` is the one a reconnect is for."""
        _require_own(who, [organization_id])
        browser = token(256)
        target = connector.start(browser=browser, organization_id=organization_id, actor=who.name)
        answer = RedirectResponse(target, status_code=303)
        answer.set_cookie(COOKIE, browser, max_age=600, path="/oauth", httponly=True, samesite="lax", secure=secure)
        return answer

    @routes.get("/oauth/callback", include_in_schema=False)
    def callback(request: Request) -> Response:
        """Back from Zoho: everything about the query is checked before anything is asked of Zoho."""
        try:
            arrived = connector.arrive(dict(request.query_params), browser=request.cookies.get(COOKIE, ""))
        except BookbridgeError as error:
            return _failed(error)
        if arrived.ticket:
            session = getattr(request.state, "session", None)
            return pages.choice(arrived.offered, ticket=arrived.ticket, csrf=session.csrf if session else "")
        return _done(arrived.connected, connector)

    @routes.post("/oauth/choose", include_in_schema=False)
    def choose(request: Request, form: Form, who: Writer) -> Response:
        """Connect the organizations a person ticked."""
        ticket = next((value for name, value in form if name == "ticket"), "")
        wanted = [value for name, value in form if name == "organization_id"]
        _require_own(who, wanted)
        try:
            done = connector.choose(ticket, wanted, browser=request.cookies.get(COOKIE, ""))
        except BookbridgeError as error:
            return _failed(error)
        return _done(done, connector)


def _require_own(who: Principal, organization_ids: list[str]) -> None:
    """A key that is bound to organizations connects those again and no others."""
    if who.organization_ids and not who.organization_ids.issuperset(organization_ids):
        raise NotFoundError("This API key is bound to organizations; name one of them as organization_id.")


def _done(done: tuple[Organization, ...], connector: Connector) -> Response:
    answer = pages.connected(done, warning=connector.warning())
    answer.delete_cookie(COOKIE, path="/oauth")
    return answer


def _failed(error: BookbridgeError) -> Response:
    """A page in our own words: nothing the callback carried comes back (SEC-028)."""
    log.warning("connect_failed", error=type(error).__name__)
    if isinstance(error, StateMismatchError):
        return pages.failed(
            "This answer does not belong to a connection that this browser started within the last ten minutes.",
            "Start the connection again in this browser.",
        )
    if isinstance(error, UnknownRegionError):
        return pages.failed("Zoho's answer names a region that is not in our table.", "Start the connection again.")
    if isinstance(error, OAuthError):
        found = findings.of_error(error)
        return pages.failed(found.sentence, found.remedy)
    if isinstance(error, OtherBooksError | NoRefreshTokenError | InvalidInputError):
        return pages.failed(str(error), getattr(error, "remedy", ""))
    return pages.failed("Zoho could not be asked for your organizations.", "Start again in a minute.", status_code=502)


def _api_routes(routes: APIRouter, services: Services, connector: Connector) -> None:
    @routes.get("/api/organizations")
    def list_organizations(who: Reader, visible: bool = False) -> JsonAnswer:
        """Connected organizations; ``visible=true`` asks Zoho for all that the connections reach."""
        rows = [_organization(each) for each in _usable(services, who)]
        answer: dict[str, Any] = {"organizations": rows}
        if visible and not who.organization_ids:
            answer["visible"] = _visible(services)
        return JsonAnswer(answer)

    @routes.get("/api/connection")
    def show_connection(who: Reader) -> JsonAnswer:
        """How each connection stands; never its secrets."""
        mine = _usable(services, who)
        return JsonAnswer({"connected": bool(mine), "connections": _connections(services, mine, connector)})

    @routes.delete("/api/connection")
    def end_connection(who: Writer, organization_id: str = "") -> JsonAnswer:
        """Disconnect one organization or, with a single one, that one: revoked at Zoho, its key destroyed here."""
        mine = {each.organization_id for each in _usable(services, who)}
        if organization_id and organization_id not in mine:
            raise NotFoundError(f"Organization {organization_id} is not connected.")
        if not organization_id and len(mine) != 1:
            raise InvalidInputError(
                "Name the organization to disconnect.", field="organization_id", remedy=f"One of: {sorted(mine)}."
            )
        ended, confirmed = connector.disconnect([organization_id] if organization_id else sorted(mine), actor=who.name)
        return JsonAnswer({"disconnected": ended, "revocation_confirmed": confirmed})


def _usable(services: Services, who: Principal) -> list[Organization]:
    return [
        each
        for each in services.zoho.connected()
        if not who.organization_ids or each.organization_id in who.organization_ids
    ]


def _organization(each: Organization) -> dict[str, Any]:
    return {
        "organization_id": each.organization_id,
        "name": each.name,
        "region": each.region,
        "currency_code": each.currency,
        "price_precision": each.exponent,
        "time_zone": each.time_zone,
        "is_default": each.is_default,
        "paused_reason": each.paused_reason,
        "key_field": each.key_field,
    }


def _visible(services: Services) -> list[dict[str, Any]]:
    with services.db.read() as tx:
        held = [each for each in grants.list_all(tx, services.sealer) if each.state == grants.ACTIVE]
        known = {each.organization_id for each in organizations.list_all(tx) if each.grant_id is not None}
    found: dict[str, dict[str, Any]] = {}
    for grant in held:
        for row in directory.visible_organizations(services.zoho.grant_session(grant.grant_id)):
            key = str(row.get("organization_id"))
            found[key] = {
                "organization_id": key,
                "name": row.get("name"),
                "currency_code": row.get("currency_code"),
                "region": grant.region,
                "connected": key in known,
            }
    return list(found.values())


def _connections(services: Services, mine: list[Organization], connector: Connector) -> list[dict[str, Any]]:
    with services.db.read() as tx:
        held = {each.grant_id: each for each in grants.list_all(tx, services.sealer)}
    rows = []
    for grant_id in sorted({each.grant_id for each in mine if each.grant_id in held}, key=str):
        grant = held[str(grant_id)]
        rows.append(
            {
                "region": grant.region,
                "origin": grant.origin,
                "state": grant.state,
                "reason": grant.reason,
                "scopes": [scope for scope in grant.scopes.split(",") if scope],
                "connected_at": grant.created_at,
                "access_expires_at": grant.access.expires_at if grant.access else None,
                "organization_ids": [each.organization_id for each in mine if each.grant_id == grant_id],
                "warning": connector.warning() or None,
            }
        )
    return rows
