"""Every error becomes a problem document; what we did not foresee leaks nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bookbridge.http import InvalidBodyError, Problem, TooLargeError
from bookbridge.http.bodies import path_of
from bookbridge.kernel.errors import (
    BookbridgeError,
    ConfigurationError,
    ConflictError,
    InvalidInputError,
    NotConnectedError,
    NotFoundError,
)
from bookbridge.mirror.queries.freshness import NotMirroredError
from bookbridge.net import TransportError
from bookbridge.registry import ForbiddenError, StaleLoginError
from bookbridge.store.secrets import UnreadableSecretError
from bookbridge.web import problems
from bookbridge.web.edge import INTERNAL
from bookbridge.web.problems import is_for_person
from bookbridge.zoho import errors as zoho

log = structlog.get_logger("bookbridge.web")


@dataclass(frozen=True)
class Rule:
    """How an error is told: ``says`` keeps its own sentence, else ``detail``; ``zoho`` passes Zoho's words on."""

    status: int
    code: str
    says: bool = True
    detail: str = ""
    zoho: bool = False


_TROUBLE = "Zoho could not do this now; try again in a minute."
_CONNECTION = "The connection to Zoho does not work; `bookbridge doctor` says why and how to mend it."

RULES: dict[type[BookbridgeError], Rule] = {
    InvalidInputError: Rule(400, "invalid_input"),
    NotFoundError: Rule(404, "not_found"),
    ConflictError: Rule(409, "conflict"),
    NotConnectedError: Rule(409, "not_connected"),
    NotMirroredError: Rule(409, "not_mirrored"),
    ForbiddenError: Rule(403, "forbidden"),
    StaleLoginError: Rule(403, "login_again"),
    TooLargeError: Rule(413, "too_large"),
    ConfigurationError: Rule(503, "configuration", says=False, detail="The server is not configured for this."),
    UnreadableSecretError: Rule(503, "connection", says=False, detail=_CONNECTION),
    zoho.RecordNotFoundError: Rule(404, "zoho_not_found", zoho=True),
    zoho.DuplicateNameError: Rule(409, "zoho_refused", zoho=True),
    zoho.HasTransactionsError: Rule(409, "zoho_refused", zoho=True),
    zoho.MalformedRequestError: Rule(502, "zoho_failed", says=False, detail=_TROUBLE),
    zoho.OrganizationRefusedError: Rule(503, "connection", says=False, detail=_CONNECTION),
    zoho.RefusedError: Rule(400, "zoho_refused", zoho=True),
    zoho.RateLimitedError: Rule(503, "zoho_busy", says=False, detail=_TROUBLE),
    zoho.BudgetExhaustedError: Rule(503, "zoho_busy", says=False, detail=_TROUBLE),
    zoho.TokenRejectedError: Rule(503, "connection", says=False, detail=_CONNECTION),
    zoho.OAuthError: Rule(503, "connection"),
    zoho.UnknownRegionError: Rule(400, "invalid_input"),
    zoho.ZohoError: Rule(502, "zoho_failed", says=False, detail=_TROUBLE),
    TransportError: Rule(502, "zoho_unreachable", says=False, detail=_TROUBLE),
}
"""Error class -> what the caller is told; the nearest class among an error's ancestors decides."""


def install(app: FastAPI, /) -> None:
    """Answer every error of ``app`` with a problem document."""
    app.add_exception_handler(BookbridgeError, _handler(_of_ours))
    app.add_exception_handler(StaleLoginError, _of_stale_login)
    app.add_exception_handler(RequestValidationError, _handler(_of_parameters))
    app.add_exception_handler(HTTPException, _handler(_of_framework))
    app.add_exception_handler(Exception, _handler(lambda _error: INTERNAL))


def problem_of(error: BookbridgeError, /) -> Problem:
    """The problem that tells a caller about ``error``; one we have no rule for becomes 500 without its text."""
    for ancestor in type(error).__mro__:
        rule = RULES.get(ancestor)
        if rule is not None:
            return _told(error, rule)
    log.error("unmapped_error", error=type(error).__name__, exc_info=error)
    return INTERNAL


def _told(error: BookbridgeError, rule: Rule) -> Problem:
    if rule.status >= 500:
        log.warning("refused", error=type(error).__name__, reason=str(error))
    wait = getattr(error, "retry_after_s", None)
    return Problem(
        status=rule.status,
        code=rule.code,
        detail=str(error) if rule.says else rule.detail,
        extra=_extra(error) | (_zoho_words(error) if rule.zoho else {}),
        headers={"Retry-After": str(int(wait) + 1)} if wait is not None else {},
    )


def _extra(error: BookbridgeError) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if isinstance(error, InvalidInputError):
        extra |= {name: value for name in ("field", "remedy") if (value := getattr(error, name))}
    if isinstance(error, InvalidBodyError):
        extra["errors"] = [dict(each) for each in error.errors]
    return extra


def _zoho_words(error: BookbridgeError) -> dict[str, Any]:
    """Zoho's own code and message, for a refusal that concerns the caller's input."""
    return {"zoho_code": getattr(error, "code", None), "zoho_message": getattr(error, "zoho_message", "")}


def _of_ours(error: Exception) -> Problem:
    return problem_of(error) if isinstance(error, BookbridgeError) else INTERNAL


ASKED_AT = {"/oauth/choose": "/oauth/connect", "/account/keys/new": "/account/keys/new"}
"""Where a person begins anew whose form came too late; pages of ours are asked for again as they are."""


def _of_stale_login(request: Request, error: Exception) -> Response:
    """People are asked for their password and go on from there; programs are told."""
    path = request.url.path
    if not is_for_person(request.scope):
        return problems.answer(_of_ours(error), request.scope)
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    wanted = f"{path}{query}" if request.method == "GET" else ASKED_AT.get(path, f"/{path.split('/')[1]}")
    return RedirectResponse(f"/login/again?{urlencode({'next': wanted})}", status_code=303)


def _of_parameters(error: Exception) -> Problem:
    """A query or path parameter that does not fit."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()[0]
    field = path_of([step for step in found["loc"] if step not in ("query", "path", "body", "header")])
    detail = f"{field}: {found['msg']}." if field else "The request cannot be read."
    return Problem(status=400, code="invalid_input", detail=detail, extra={"field": field} if field else {})


_FRAMEWORK = {
    404: Problem(status=404, code="not_found", detail="There is nothing at this address."),
    405: Problem(status=405, code="method_not_allowed", detail="This address does not take that method."),
}


def _of_framework(error: Exception) -> Problem:
    assert isinstance(error, HTTPException)
    known = _FRAMEWORK.get(error.status_code)
    detail = known.detail if known else "The request cannot be handled."
    code = known.code if known else "refused"
    return Problem(status=error.status_code, code=code, detail=detail, headers=dict(error.headers or {}))


def _handler(explain: Callable[[Exception], Problem]) -> Callable[[Request, Exception], Response]:
    def handle(request: Request, error: Exception) -> Response:
        return problems.answer(explain(error), request.scope)

    return handle
