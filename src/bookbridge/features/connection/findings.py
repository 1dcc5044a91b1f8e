"""What ``doctor`` can find, pure: each error of the connection as one sentence with its remedy."""

from dataclasses import dataclass
from typing import Literal

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.zoho import errors

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at; ``code`` is stable, ``sentence`` says what is and ``remedy`` what to do (empty when ok)."""

    code: str
    level: Level
    sentence: str
    remedy: str = ""
    organization_id: str = ""


_SENTENCES: dict[type[BookbridgeError], tuple[str, str, str]] = {
    errors.GrantRevokedError: (
        "grant_revoked",
        "Zoho no longer accepts the refresh token: it was revoked, ended by a password change, or silently deleted "
        "because the user made more than 20.",
        "Run `bookbridge connect` again, or set a new ZOHO_REFRESH_TOKEN; use a client id of its own for each "
        "environment.",
    ),
    errors.InvalidCodeError: (
        "code_expired",
        "The authorization code was expired, used before, or made by another client.",
        "Codes live two or three minutes and work once: start again and use the new code at once.",
    ),
    errors.InvalidClientError: (
        "client_unknown",
        "Zoho does not know this client id in this region.",
        "Check ZOHO_CLIENT_ID and ZOHO_REGION, and that Multi-DC is enabled for the client in Zoho's API console.",
    ),
    errors.InvalidClientSecretError: (
        "client_secret_wrong",
        "The client secret is wrong for this client in this region.",
        "Copy ZOHO_CLIENT_SECRET again from Zoho's API console; each data centre may have its own.",
    ),
    errors.RedirectMismatchError: (
        "redirect_mismatch",
        "The redirect address differs from the registered one; even a trailing slash counts.",
        "Register exactly this address in Zoho's API console, or set ZOHO_REDIRECT_URI to the registered one.",
    ),
    errors.TokenThrottledError: (
        "throttled",
        "Zoho stopped giving out tokens for a while because too many were asked for.",
        "Wait ten minutes without trying; make sure that only Bookbridge uses this refresh token.",
    ),
    errors.AccountsUnavailableError: (
        "accounts_unreachable",
        "Zoho's accounts server did not answer.",
        "Check the network and https://status.zoho.com, then try again in a minute.",
    ),
    errors.ForeignApiDomainError: (
        "foreign_api_domain",
        "Zoho's token answer named an API host of another region.",
        "Check ZOHO_REGION and connect again.",
    ),
    errors.AccessDeniedError: (
        "consent_denied",
        "The person did not agree on Zoho's consent page.",
        "Start the connection again and accept.",
    ),
}


def of_error(error: BookbridgeError, /, *, organization_id: str = "") -> Finding:
    """The finding an error of the connection stands for."""
    for kind, (code, sentence, remedy) in _SENTENCES.items():
        if isinstance(error, kind):
            return Finding(code=code, level="error", sentence=sentence, remedy=remedy, organization_id=organization_id)
    if isinstance(error, errors.BudgetExhaustedError):
        return budget_spent(error.reason, organization_id=organization_id)
    if isinstance(error, errors.RateLimitedError):
        return budget_spent(error.kind, organization_id=organization_id)
    return Finding(
        code="zoho_error",
        level="error",
        sentence=str(error),
        remedy="Try again in a minute; if it stays, look at the sentence above.",
        organization_id=organization_id,
    )


def budget_spent(reason: str, /, *, organization_id: str = "", until: str = "") -> Finding:
    """Zoho's limits leave no call."""
    day = reason == "day"
    return Finding(
        code="budget_spent",
        level="error",
        sentence=("The day's API calls of this organization are used up" if day else "The API calls are held back now")
        + f" ({reason}{f', until {until}' if until else ''}).",
        remedy="Orders wait and go on by themselves"
        + ("; a higher Zoho plan has more calls a day." if day else "; another program may be using the same limit."),
        organization_id=organization_id,
    )


def wrong_region(present: str, right: str, /) -> Finding:
    """The token works in another region."""
    return Finding(
        code="wrong_region",
        level="error",
        sentence=f"The refresh token belongs to the region {right}, but ZOHO_REGION is {present}.",
        remedy=f"Set ZOHO_REGION={right}.",
    )


def clock_off(seconds: float, /) -> Finding:
    """Our clock and Zoho's differ."""
    ahead = "ahead of" if seconds > 0 else "behind"
    return Finding(
        code="clock_off",
        level="error",
        sentence=f"This machine's clock is {abs(seconds):.0f} seconds {ahead} Zoho's.",
        remedy="Let the machine set its clock by NTP: invoice dates and token ages depend on it.",
    )


def missing_scope(scopes: list[str], /, *, organization_id: str) -> Finding:
    """The grant lacks scopes."""
    return Finding(
        code="scope_missing",
        level="error",
        sentence=f"The connection may not use: {', '.join(scopes)}.",
        remedy="Connect again and accept all of them (a self client's code needs them in its scope list).",
        organization_id=organization_id,
    )


def ok(code: str, sentence: str, /, *, organization_id: str = "") -> Finding:
    """Something that is fine."""
    return Finding(code=code, level="ok", sentence=sentence, organization_id=organization_id)
