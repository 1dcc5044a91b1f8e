"""The two kinds of calls: to the Books API, and to an accounts server."""

from collections.abc import Callable

from bookbridge.sandbox import auth, pages
from bookbridge.sandbox.accounts import Accounts
from bookbridge.sandbox.call import ZohoFault
from bookbridge.sandbox.faults import Rule
from bookbridge.sandbox.front import Front, Visit
from bookbridge.sandbox.grants import Grants
from bookbridge.sandbox.logbook import Entry
from bookbridge.sandbox.messages import Answer, Request, html_answer


class BooksExchange:
    """One call to the Books API."""

    def __init__(self, *, front: Front, grants: Grants, request: Request, entry: Entry) -> None:
        self._front, self._grants, self._entry = front, grants, entry
        self._visit = Visit(request)
        self._inside = False

    @property
    def route(self) -> str:
        """Give the matched route as ``METHOD /path/{id}``."""
        match = self._visit.match
        return f"{match.route.method} {match.route.path}" if match else ""

    def admit(self) -> Answer | None:
        """Check the call up to its handler and count it as in flight."""
        self._visit = self._front.admit(self._visit.request)
        self._entry.route = self.route
        self._entry.error = self._visit.error
        if self._visit.answer is None:
            self._front.enter(self._visit)
            self._inside = True
        return self._visit.answer

    def execute(self) -> Answer:
        """Run the handler."""
        answer = self._front.execute(self._visit)
        self._entry.error = self._visit.error
        return answer

    def error(self, status: int) -> Answer:
        """Make a server error: Zoho's own 500, or the page of a proxy."""
        if status == 500:
            return self._front.refuse(self._visit, ZohoFault(500, 1000, "Internal error"))
        return html_answer(pages.unavailable(), status=status)

    def pretend(self, rule: Rule, *, scale: float) -> Answer | None:
        """Make the refusal of a limit or of a token that died."""
        if rule.kind.startswith("limit_"):
            return self._limit(rule, scale)
        if rule.kind not in ("expired_token", "revoked_token"):
            return None
        token = self._visit.token
        if token is not None and rule.kind == "revoked_token":
            self._grants.drop_refresh(token.source)
        if token is not None and rule.params.get("expire"):
            self._grants.drop(token.text)
        return self._front.refuse(self._visit, auth.not_authorized())

    def leave(self) -> None:
        """Count the call as over."""
        if self._inside:
            self._front.leave(self._visit)
            self._inside = False

    def _limit(self, rule: Rule, scale: float) -> Answer:
        """Make the refusal of a limit; ``params.reset_s`` lets the day end sooner than the organization's does."""
        answer = self._front.limit_refusal(self._visit, rule.kind)
        if "reset_s" in rule.params:
            answer.headers = [(n, v) for n, v in answer.headers if n != "x-rate-limit-reset"]
            answer.headers.append(("x-rate-limit-reset", str(max(1, round(float(rule.params["reset_s"]) * scale)))))
        return answer


class AccountsExchange:
    """One call to an accounts server's token, revoke or serverinfo endpoint, or its consent page."""

    def __init__(self, *, handler: Callable[[Request], Answer], accounts: Accounts, request: Request) -> None:
        self._handler, self._accounts, self._request = handler, accounts, request
        self.route = f"{request.method} {request.path}"

    def admit(self) -> Answer | None:
        """Let every call in; the endpoints refuse in their own words."""
        return None

    def execute(self) -> Answer:
        """Answer the request."""
        return self._handler(self._request)

    def error(self, status: int) -> Answer:
        """Make a server error page."""
        return html_answer(pages.server_error(), status=status)

    def pretend(self, rule: Rule, *, scale: float) -> Answer | None:
        """Make the refusal of the token throttle, or an outage."""
        if rule.kind == "token_access_denied":
            return self._accounts.throttled(rule.params.get("status"))
        if rule.kind == "token_error_5xx":
            return self.error(int(rule.params.get("status", 503)))
        return None

    def leave(self) -> None:
        """Nothing is counted here."""
