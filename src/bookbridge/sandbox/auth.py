"""The Authorization header of the Books API: 14 without a readable one, 57 for a dead token (FACTS 3.3)."""

from bookbridge.sandbox.call import ZohoFault
from bookbridge.sandbox.grants import AccessToken, Grants
from bookbridge.sandbox.messages import Request
from bookbridge.sandbox.scopes import covers
from bookbridge.sandbox.switches import Switches

_SCHEMES = {"zoho-oauthtoken", "bearer"}


def unreadable() -> ZohoFault:
    """Give the refusal of a missing or unreadable Authorization header."""
    return ZohoFault(
        401,
        14,
        "The request could not be authenticated as the authentication value you entered is invalid. "
        "Enter a valid authentication value and try again.",
    )


def not_authorized() -> ZohoFault:
    """Give the refusal of a dead token, a foreign data centre's token and a missing scope alike."""
    return ZohoFault(401, 57, "You are not authorized to perform this operation")


def identify(request: Request, grants: Grants, switches: Switches) -> AccessToken:
    """Find the access token of a request; raises ZohoFault 14 or 57."""
    scheme, _, text = request.headers.get("authorization", "").strip().partition(" ")
    text = text.strip()
    if scheme.lower() not in _SCHEMES or not text:
        raise unreadable()
    token = grants.living(text)
    if token is None:
        raise not_authorized()
    if token.holder.region != request.region.key:
        raise unreadable() if switches.wrong_dc_code == 14 else not_authorized()
    return token


def require_scope(token: AccessToken, needed: str) -> None:
    """Raise ZohoFault 57 when the token's grant does not cover ``needed``."""
    if not covers(token.holder.scopes, needed):
        raise not_authorized()
