"""Zoho's OAuth, pure: addresses and requests out, answers in (FACTS 1).

Codes, secrets and refresh tokens stand only in POST bodies, never in an address (SEC-026). Most failures come as
HTTP 200 with ``{"error": ...}`` (FACTS 1.5), so the body decides before the status.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from bookbridge.net import HttpAnswer, HttpRequest
from bookbridge.zoho.datacenters import REGIONS, Region, check_api_domain, region_for_callback
from bookbridge.zoho.errors import (
    AccessDeniedError,
    AccountsUnavailableError,
    GrantRevokedError,
    InvalidClientError,
    InvalidClientSecretError,
    InvalidCodeError,
    OAuthError,
    RedirectMismatchError,
    StateMismatchError,
    TokenThrottledError,
)

SCOPES: tuple[str, ...] = (
    "ZohoBooks.settings.READ",
    "ZohoBooks.contacts.CREATE",
    "ZohoBooks.contacts.READ",
    "ZohoBooks.contacts.UPDATE",
    "ZohoBooks.invoices.CREATE",
    "ZohoBooks.invoices.READ",
    "ZohoBooks.invoices.UPDATE",
    "ZohoBooks.customerpayments.CREATE",
    "ZohoBooks.customerpayments.READ",
    "ZohoBooks.creditnotes.READ",
    "ZohoBooks.bills.READ",
    "ZohoBooks.expenses.CREATE",
    "ZohoBooks.expenses.READ",
    "ZohoBooks.expenses.UPDATE",
    "ZohoBooks.accountants.READ",
    "ZohoBooks.banking.READ",
)
"""What the features need, and no more: items, taxes, currencies and organizations are settings (FACTS 1.8)."""

_NAMED: dict[str, type[OAuthError]] = {
    "invalid_client": InvalidClientError,
    "invalid_client_secret": InvalidClientSecretError,
    "invalid_redirect_uri": RedirectMismatchError,
    "access_denied": TokenThrottledError,
    "Access Denied": TokenThrottledError,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenGrant:
    """What the token endpoint gave; ``refresh_token`` only on the first exchange (it never rotates)."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_in: int = 3600
    scope: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """An accepted authorization callback."""

    code: str = field(repr=False)
    region: Region


def pkce_challenge(verifier: str, /) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")


def authorize_url(
    region: Region,
    /,
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    scopes: Sequence[str] = SCOPES,
    code_challenge: str = "",
    prompt: str = "consent",
) -> str:
    """The consent page's address; ``prompt=consent`` makes Zoho give a refresh token every time (FACTS 1.1)."""
    params = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": ",".join(scopes),
        "access_type": "offline",
        "state": state,
    }
    if prompt:
        params["prompt"] = prompt
    if code_challenge:
        params |= {"code_challenge": code_challenge, "code_challenge_method": "S256"}
    return f"{region.accounts}/oauth/v2/auth?{urlencode(params, quote_via=quote)}"


def read_callback(
    params: Mapping[str, str],
    /,
    *,
    expected_state: str,
    regions: Mapping[str, Region] = REGIONS,
    default_region: Region | None = None,
) -> Callback:
    """The code and region of a callback's query.

    ``default_region`` is used where a client that is not enabled for several data centres sends neither
    ``location`` nor ``accounts-server``.

    Raises:
        StateMismatchError: not started here, or started by someone else (SEC-020).
        AccessDeniedError: the person declined.
        InvalidCodeError: no code.
        UnknownRegionError: the region is not in the table (SEC-023).
    """
    state = params.get("state", "")
    if not expected_state or not hmac.compare_digest(state.encode(), expected_state.encode()):
        raise StateMismatchError
    if params.get("error"):
        raise AccessDeniedError
    if not params.get("code"):
        raise InvalidCodeError
    location, server = params.get("location", ""), params.get("accounts-server", "")
    if not location and not server and default_region is not None:
        return Callback(code=params["code"], region=default_region)
    found = region_for_callback(location=location, accounts_server=server, regions=regions)
    return Callback(code=params["code"], region=found)


def exchange_request(
    region: Region, /, *, client_id: str, client_secret: str, code: str, redirect_uri: str = "", code_verifier: str = ""
) -> HttpRequest:
    """Code for tokens; a code made in Zoho's console for a self client needs no ``redirect_uri`` (FACTS 1.9)."""
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "client_secret": client_secret,
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": code_verifier,
    }
    return _post(f"{region.accounts}/oauth/v2/token", {name: value for name, value in form.items() if value})


def refresh_request(region: Region, /, *, client_id: str, client_secret: str, refresh_token: str) -> HttpRequest:
    """A new access token for a refresh token."""
    form = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
    }
    return _post(f"{region.accounts}/oauth/v2/token", form)


def revoke_request(region: Region, /, *, token: str) -> HttpRequest:
    """End a token (FACTS 1.4)."""
    return _post(f"{region.accounts}/oauth/v2/token/revoke", {"token": token})


def serverinfo_request(region: Region, /) -> HttpRequest:
    """Which data centres there are (FACTS 1.3)."""
    return HttpRequest(method="GET", url=f"{region.accounts}/oauth/serverinfo", headers={"Accept": "application/json"})


def read_token_answer(answer: HttpAnswer, /, *, region: Region, refreshing: bool) -> TokenGrant:
    """The grant of a token answer; a success is 2xx with a non-empty ``access_token``, nothing else (FACTS 1.5).

    ``refreshing`` decides what ``invalid_code`` means: a dead grant, or a code that came too late.

    Raises:
        OAuthError: one of its subclasses.
    """
    body = read_object(answer)
    token = body.get("access_token")
    if 200 <= answer.status < 300 and isinstance(token, str) and token:
        domain, refresh, scope = body.get("api_domain"), body.get("refresh_token"), body.get("scope")
        check_api_domain(domain if isinstance(domain, str) else "", region=region)
        return TokenGrant(
            access_token=token,
            refresh_token=refresh if isinstance(refresh, str) and refresh else None,
            expires_in=_lifetime(body.get("expires_in")),
            scope=scope if isinstance(scope, str) else "",
        )
    raise classify(body, refreshing=refreshing)


def classify(body: Mapping[str, Any], /, *, refreshing: bool) -> OAuthError:
    """The error a token answer's body stands for."""
    name = body.get("error")
    said = body.get("error_description", "")
    if isinstance(said, str) and "too many requests" in said:
        return TokenThrottledError()
    if name in ("invalid_code", "invalid_grant"):
        return GrantRevokedError() if refreshing else InvalidCodeError()
    return _NAMED.get(name, AccountsUnavailableError)() if isinstance(name, str) else AccountsUnavailableError()


def read_locations(answer: HttpAnswer, /) -> dict[str, str]:
    """Region keys and accounts servers as Zoho lists them; to be compared with the table, never to be called."""
    found = read_object(answer).get("locations")
    rows = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in rows if isinstance(value, str)}


def read_object(answer: HttpAnswer, /) -> dict[str, Any]:
    """The answer's JSON object, empty when it is something else (an HTML page, for example)."""
    try:
        body = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _lifetime(seconds: Any) -> int:
    """``expires_in`` in seconds; old answers gave milliseconds (FACTS 1.4)."""
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds <= 0:
        return 3600
    return seconds // 1000 if seconds > 100_000 else seconds


def _post(url: str, form: Mapping[str, str]) -> HttpRequest:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return HttpRequest(method="POST", url=url, headers=headers, content=urlencode(form).encode("ascii"))
