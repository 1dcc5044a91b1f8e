"""Everything Zoho can refuse, as one tree, and the table from status and code to a class (FACTS 1.5, 2.2, 3).

Messages say what to do. They carry Zoho's own short text, because it concerns the caller's input, and never a
query, a header or a body.
"""

from typing import Literal

from bookbridge.kernel.errors import BookbridgeError

LimitKind = Literal["minute", "day", "concurrency", "abuse"]
LIMIT_KINDS: dict[int, LimitKind] = {44: "minute", 45: "day", 1070: "concurrency", 43: "abuse"}


class ZohoError(BookbridgeError):
    """Zoho did not do what was asked.

    ``status`` is the HTTP status, ``code`` Zoho's own (``None`` where there was none), ``zoho_message`` its text,
    ``method`` and ``path`` the call without its query.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int | None = None,
        code: int | None = None,
        zoho_message: str = "",
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.zoho_message = zoho_message
        self.method = method
        self.path = path


class TokenRejectedError(ZohoError):
    """Zoho refused the access token: it is expired, of another region, without the scope, or the role forbids it."""


class RateLimitedError(ZohoError):
    """Zoho's limit is reached; the call was not carried out.

    ``kind``: ``minute`` (44), ``day`` (45), ``concurrency`` (1070), ``abuse`` (43). ``retry_after_s`` as far as
    Zoho says; ``remaining`` and ``reset_s`` are the day's counters where the headers had them.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        kind: LimitKind,
        retry_after_s: float | None = None,
        remaining: int | None = None,
        reset_s: float | None = None,
        status: int | None = None,
        code: int | None = None,
        zoho_message: str = "",
        method: str = "",
        path: str = "",
    ) -> None:
        super().__init__(message, status=status, code=code, zoho_message=zoho_message, method=method, path=path)
        self.kind: LimitKind = kind
        self.retry_after_s = retry_after_s
        self.remaining = remaining
        self.reset_s = reset_s


class RecordNotFoundError(ZohoError):
    """There is no such record in this organization; check the id and the organization."""


class RefusedError(ZohoError):
    """Zoho refused the request; correct what its message names and send it again."""


class DuplicateNameError(RefusedError):
    """A contact with this name exists already; use it, or choose another name."""


class OrganizationRefusedError(RefusedError):
    """This organization cannot be used with this grant; check the organization id and the user's access."""


class NumberRefusedError(RefusedError):
    """The document number was refused; send your own number with ignore_auto_number_generation, or none."""


class HasTransactionsError(RefusedError):
    """The record is used by transactions and cannot be deleted; mark it inactive."""


class PlanLimitError(RefusedError):
    """The plan of this organization does not include this; upgrade it or leave the field out."""


class MalformedRequestError(RefusedError):
    """Zoho could not read the request; this is a fault of the caller's program."""


class ServerFailureError(ZohoError):
    """Zoho failed; a read may be repeated, for a write only reading can tell whether it was carried out."""


class UnreadableAnswerError(ZohoError):
    """The answer was not what this call returns; a read may be repeated, a write must be checked by reading."""


class OutcomeUnknownError(ZohoError):
    """The write may have been carried out or not; look for the record before sending it again."""


class BudgetExhaustedError(BookbridgeError):
    """No call may start now; nothing was sent. ``until_ms`` (milliseconds since 1970) says when to ask again."""

    def __init__(self, message: str | None = None, *, until_ms: int, reason: str) -> None:
        super().__init__(message or f"Zoho's limits leave no room for this call now ({reason}); try again later.")
        self.until_ms = until_ms
        self.reason = reason


class UnknownRegionError(BookbridgeError):
    """There is no such Zoho region."""


class OAuthError(BookbridgeError):
    """Zoho's accounts server did not give a token."""


class GrantRevokedError(OAuthError):
    """The refresh token is no longer valid (revoked, or pushed out by newer ones); run `bookbridge connect` again."""


class InvalidCodeError(OAuthError):
    """The authorization code is used, of another client, or older than 2 minutes; start the connection again."""


class InvalidClientError(OAuthError):
    """Zoho does not know this client in this region; check ZOHO_CLIENT_ID and ZOHO_REGION, and that multi-DC is on."""


class InvalidClientSecretError(OAuthError):
    """The client secret is wrong for this region; check ZOHO_CLIENT_SECRET (each data centre may have its own)."""


class RedirectMismatchError(OAuthError):
    """The redirect address is not the registered one; register exactly ZOHO_REDIRECT_URI in Zoho's API console."""


class TokenThrottledError(OAuthError):
    """Zoho stopped giving out tokens for a while (Access Denied); every further try prolongs it, wait 10 minutes."""

    retry_after_s = 600.0


class AccessDeniedError(OAuthError):
    """The person did not agree to the connection; start it again and accept."""


class StateMismatchError(OAuthError):
    """This callback does not belong to a connection started here; start it again."""


class AccountsUnavailableError(OAuthError):
    """Zoho's accounts server could not be reached or answered unreadably; try again in a minute."""


class ForeignApiDomainError(OAuthError):
    """The token answer names an API host of another region; nothing was stored."""


REFUSALS: dict[int, type[RefusedError]] = {
    3062: DuplicateNameError,
    6018: OrganizationRefusedError,
    6041: OrganizationRefusedError,
    9017: OrganizationRefusedError,
    4097: NumberRefusedError,
    36: HasTransactionsError,
    1004: HasTransactionsError,
    9015: PlanLimitError,
    5: MalformedRequestError,
    11: MalformedRequestError,
    37: MalformedRequestError,
    1038: MalformedRequestError,
}
"""Zoho's code to the class of refusal, where the code says more than "refused" (FACTS 3.2)."""


def class_for(*, status: int, code: int | None) -> type[ZohoError]:
    """The error class of an answer that is no success; limits are told by code even under HTTP 200 (FACTS 2.2)."""
    if code in LIMIT_KINDS or status == 429:
        return RateLimitedError
    if 200 <= status < 400:
        return UnreadableAnswerError
    if status == 401:
        return TokenRejectedError
    if status >= 500 or code == 1000:
        return ServerFailureError
    if status == 404 and code != 5:
        return RecordNotFoundError
    return REFUSALS.get(code or 0, RefusedError)
