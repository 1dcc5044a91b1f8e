"""The authorize request and the page on which a person accepts or refuses (FACTS 1.1, 1.2)."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from bookbridge.sandbox import pages
from bookbridge.sandbox.accounts import Accounts
from bookbridge.sandbox.clients import Client
from bookbridge.sandbox.clock import SandboxClock
from bookbridge.sandbox.grants import Code, Holder, Throttled
from bookbridge.sandbox.messages import Answer, Request, html_answer
from bookbridge.sandbox.regions import Region
from bookbridge.sandbox.scopes import known, parse_scopes

DECISION_PATH = "/oauth/v2/auth/decision"
_MOST_OPEN_PAGES = 1000


class PageError(Exception):
    """A refusal shown to the person, because nothing may be sent to an unproven redirect URI."""


@dataclass(frozen=True)
class Authorization:
    """A checked authorize request, waiting for the person's answer."""

    client: Client
    region: Region
    scopes: tuple[str, ...]
    redirect_uri: str
    state: str | None
    offline: bool
    challenge: str
    challenge_method: str


class Consent:
    """Checks authorize requests, shows the consent page and sends the person back."""

    def __init__(self, *, accounts: Accounts, clock: SandboxClock) -> None:
        self._accounts = accounts
        self._clock = clock
        self._open: dict[str, Authorization] = {}

    def authorize(self, request: Request) -> Answer:
        """Answer ``/oauth/v2/auth``: an error page, the user's own data centre, the callback, or the consent page."""
        parameters = {**request.query, **request.form}
        try:
            authorization = self._check(parameters, request.region)
        except PageError as error:
            return html_answer(pages.authorize_error(str(error)), status=400)
        home = self._accounts.regions.get(self._accounts.switches.user_region)
        if home is not None and home.key != request.region.key:
            return _redirect(f"{home.url}/oauth/v2/auth?{urlencode(parameters)}")
        return self._ask(authorization, prompt=parameters.get("prompt", ""))

    def decide(self, request: Request) -> Answer:
        """Answer the consent page's form: ``request`` names the open page, ``decision`` is accept or deny."""
        authorization = self._open.pop(request.form.get("request", ""), None)
        if authorization is None:
            return html_answer(pages.authorize_error("this page was answered already or is too old"), status=400)
        if request.form.get("decision") == "accept":
            return self._accept(authorization)
        return self._back(authorization, {"error": self._accounts.switches.deny_error})

    def _check(self, parameters: dict[str, str], region: Region) -> Authorization:
        switches = self._accounts.switches
        client = self._accounts.clients.get(parameters.get("client_id", ""))
        if client is None or not client.enabled_in(region.key, switches):
            raise PageError("invalid_client")
        if not client.allows_redirect(parameters.get("redirect_uri", ""), switches):
            raise PageError("invalid_redirect_uri")
        if parameters.get("response_type") != "code":
            raise PageError("invalid_response_type")
        scopes = parse_scopes(parameters.get("scope", ""))
        if not scopes or not all(known(scope) for scope in scopes):
            raise PageError("invalid_scope")
        return Authorization(
            client=client,
            region=region,
            scopes=scopes,
            redirect_uri=parameters["redirect_uri"],
            state=parameters.get("state"),
            offline=parameters.get("access_type", "online").lower() == "offline",
            challenge=parameters.get("code_challenge", ""),
            challenge_method=parameters.get("code_challenge_method", "plain"),
        )

    def _ask(self, authorization: Authorization, *, prompt: str) -> Answer:
        mode = self._accounts.switches.auto_consent
        forced = "consent" in prompt.lower()
        known_already = self._consent_key(authorization) in self._accounts.grants.consented and not forced
        if mode == "deny":
            return self._back(authorization, {"error": self._accounts.switches.deny_error})
        if known_already:
            return self._accept(authorization, again=True)
        if mode == "accept":
            return self._accept(authorization)
        if len(self._open) >= _MOST_OPEN_PAGES:
            self._open.pop(next(iter(self._open)))
        page_id = self._accounts.grants.new_text()
        self._open[page_id] = authorization
        return html_answer(pages.consent(authorization.client.name, authorization.scopes, page_id, DECISION_PATH))

    def _accept(self, authorization: Authorization, *, again: bool = False) -> Answer:
        """Make the code; a consent given before, asked again without a prompt, yields no refresh token (FACTS 1.4)."""
        grants = self._accounts.grants
        try:
            grants.throttle(f"codes/{authorization.client.client_id}/{authorization.region.key}")
        except Throttled:
            return self._back(authorization, {"error": "access_denied"})
        holder = Holder(authorization.client.client_id, authorization.region.key, authorization.scopes)
        grants.consented.add(self._consent_key(authorization))
        code = grants.add_code(
            Code(
                text=grants.new_text(),
                holder=holder,
                expires_at=self._clock.seconds() + self._accounts.switches.code_s,
                redirect_uri=authorization.redirect_uri,
                offline=authorization.offline and not again,
                challenge=authorization.challenge,
                challenge_method=authorization.challenge_method,
            )
        )
        return self._back(authorization, {"code": code.text})

    def _back(self, authorization: Authorization, result: dict[str, str]) -> Answer:
        """Send the person back to the redirect URI, in Zoho's form (FACTS 1.2)."""
        switches = self._accounts.switches
        pairs = dict(result)
        if authorization.state is not None:
            pairs = {"state": authorization.state, **pairs}
        if "code" in result and switches.multi_dc:
            pairs["location"] = authorization.region.key
            pairs["accounts-server"] = authorization.region.url
        query = urlencode(pairs, quote_via=quote, safe="")
        end = "&" if "accounts-server" in pairs and switches.callback_trailing_ampersand else ""
        joiner = "&" if "?" in authorization.redirect_uri else "?"
        return _redirect(f"{authorization.redirect_uri}{joiner}{query}{end}")

    @staticmethod
    def _consent_key(authorization: Authorization) -> tuple[str, str, frozenset[str]]:
        return authorization.client.client_id, authorization.region.key, frozenset(authorization.scopes)


def _redirect(location: str) -> Answer:
    return html_answer("", status=302, headers=[("location", location)])
