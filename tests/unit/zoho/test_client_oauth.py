"""OAuth without a network: what is sent where, what an answer means, when a token is renewed."""

import json
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bookbridge.kernel.clock import FixedClock
from bookbridge.net import HttpAnswer, HttpRequest, NotSentError
from bookbridge.zoho import oauth, token_policy
from bookbridge.zoho.authenticator import Authenticator
from bookbridge.zoho.datacenters import region
from bookbridge.zoho.errors import (
    AccessDeniedError,
    AccountsUnavailableError,
    ForeignApiDomainError,
    GrantRevokedError,
    InvalidClientError,
    InvalidClientSecretError,
    InvalidCodeError,
    OAuthError,
    RedirectMismatchError,
    StateMismatchError,
    TokenThrottledError,
    UnknownRegionError,
)
from bookbridge.zoho.token_policy import Blocked, Refresh, RefreshState, UseCurrent
from bookbridge.zoho.tokens import CachedTokens

EU = region("eu")
GOOD = {"access_token": "1000.a.b", "api_domain": "https://www.zohoapis.eu", "token_type": "Bearer", "expires_in": 3600}
THROTTLE = {
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "error": "Access Denied",
}


def answer(body: Any, status: int = 200) -> HttpAnswer:
    """An answer of the accounts server."""
    return HttpAnswer(status=status, headers={}, content=body if isinstance(body, bytes) else json.dumps(body).encode())


def test_the_consent_address_has_state_challenge_and_no_secret() -> None:
    """Offline access, forced consent, S256 (RFC 7636's own example), the region's own host."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = oauth.pkce_challenge(verifier)
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    url = oauth.authorize_url(
        EU, client_id="1000.C", redirect_uri="https://a.example/cb", state="s&x", code_challenge=challenge
    )
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://accounts.zoho.eu/oauth/v2/auth"
    assert query["state"] == "s&x" and query["redirect_uri"] == "https://a.example/cb"
    assert (query["access_type"], query["prompt"], query["code_challenge_method"]) == ("offline", "consent", "S256")
    assert "fullaccess" not in query["scope"] and "ZohoBooks.invoices.CREATE" in query["scope"].split(",")


def test_secrets_stand_in_bodies_only() -> None:
    """SEC-026: code, secret and tokens never in an address."""
    requests = [
        oauth.exchange_request(
            EU, client_id="c", client_secret="hush", code="hush", redirect_uri="r", code_verifier="v"
        ),
        oauth.refresh_request(EU, client_id="c", client_secret="hush", refresh_token="hush"),
        oauth.revoke_request(EU, token="hush"),
    ]
    for request in requests:
        assert request.method == "POST" and "hush" not in request.url and b"hush" in request.content
        assert request.url.startswith("https://accounts.zoho.eu/oauth/v2/token")
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert b"redirect_uri" not in oauth.exchange_request(EU, client_id="c", client_secret="s", code="k").content


def test_a_callback_is_taken_only_with_its_state_and_region() -> None:
    """Not ours, declined, without code, of an unknown region: each has its error; nothing is reflected."""
    good = {"code": "k", "state": "s", "location": "eu", "accounts-server": "https://accounts.zoho.eu"}
    assert oauth.read_callback(good, expected_state="s").region is EU
    for params, state, error in [
        ({**good, "state": "other"}, "s", StateMismatchError),
        ({**good, "state": ""}, "", StateMismatchError),
        ({"state": "s", "error": "access_denied"}, "s", AccessDeniedError),
        ({**good, "code": ""}, "s", InvalidCodeError),
        ({**good, "accounts-server": "https://evil.example"}, "s", UnknownRegionError),
        ({"code": "k", "state": "s"}, "s", UnknownRegionError),
    ]:
        with pytest.raises(error) as caught:
            oauth.read_callback(params, expected_state=state)
        assert "evil" not in str(caught.value)
    plain = oauth.read_callback({"code": "hush", "state": "s"}, expected_state="s", default_region=EU)
    assert plain.region is EU and "hush" not in repr(plain)


@pytest.mark.parametrize(
    ("body", "status", "refreshing", "error"),
    [
        ({"error": "invalid_code"}, 200, True, GrantRevokedError),
        ({"error": "invalid_code"}, 400, False, InvalidCodeError),
        ({"error": "invalid_client"}, 200, True, InvalidClientError),
        ({"error": "invalid_client_secret"}, 200, True, InvalidClientSecretError),
        ({"error": "invalid_redirect_uri"}, 200, False, RedirectMismatchError),
        (THROTTLE, 200, True, TokenThrottledError),
        ({**THROTTLE, "status": "failure"}, 400, True, TokenThrottledError),
        ({"error": "something_new"}, 200, True, AccountsUnavailableError),
        ({"error": ["x"]}, 200, True, AccountsUnavailableError),
        ({**GOOD, "access_token": ""}, 200, True, AccountsUnavailableError),
        (GOOD, 500, True, AccountsUnavailableError),
        (b"<html>down</html>", 200, True, AccountsUnavailableError),
        (b"[1]", 200, True, AccountsUnavailableError),
        ({**GOOD, "api_domain": "https://evil.example"}, 200, True, ForeignApiDomainError),
    ],
)
def test_every_token_answer_has_its_meaning(body: Any, status: int, refreshing: bool, error: type[OAuthError]) -> None:
    """FACTS 1.5: most failures are HTTP 200; success is a 2xx with a token of this region."""
    with pytest.raises(error) as caught:
        oauth.read_token_answer(answer(body, status), region=EU, refreshing=refreshing)
    assert type(caught.value) is error


def test_a_grant_is_read_and_shows_no_token() -> None:
    """Refresh tokens come on the first exchange only; old answers count the lifetime in milliseconds."""
    grant = oauth.read_token_answer(answer({**GOOD, "refresh_token": "1000.r.r"}), region=EU, refreshing=False)
    assert (grant.access_token, grant.refresh_token, grant.expires_in) == ("1000.a.b", "1000.r.r", 3600)
    assert "1000" not in repr(grant)
    grant = oauth.read_token_answer(answer({**GOOD, "expires_in": 3_600_000}), region=EU, refreshing=True)
    assert (grant.refresh_token, grant.expires_in) == (None, 3600)


NOW = 1_800_000_000_000


def planned(state: RefreshState, *, at_s: float = 0, age_s: float | None = 60.0, **how: Any) -> token_policy.Plan:
    """The plan some seconds after NOW."""
    return token_policy.plan(state, now_ms=NOW + round(at_s * 1000), token_age_s=age_s, **how)


def test_a_token_is_renewed_between_fifty_and_fifty_five_minutes() -> None:
    """Jitter spreads it; a short-lived token is renewed at the same share of its life."""
    fresh = RefreshState()
    for age, jitter, wanted in [(2990, 0, UseCurrent), (3001, 0, Refresh), (3290, 1, UseCurrent), (3301, 1, Refresh)]:
        assert isinstance(planned(fresh, age_s=age, jitter=jitter), wanted)
    assert isinstance(planned(fresh, age_s=None), Refresh)
    assert isinstance(planned(fresh, age_s=260, token_lifetime_s=300.0), Refresh)
    assert isinstance(planned(fresh, age_s=60, rejected=True), Refresh)


def test_a_rejected_token_renews_at_most_once_a_minute() -> None:
    """57 for a missing scope must not become a storm of refreshes."""
    state = token_policy.succeeded(token_policy.started(RefreshState(), now_ms=NOW, rejected=True))
    found = planned(state, at_s=30, rejected=True)
    assert isinstance(found, Blocked) and found.until_ms == NOW + 60_000
    assert isinstance(planned(state, at_s=61, rejected=True), Refresh)
    assert isinstance(planned(state, at_s=30, age_s=None), Refresh)


def test_three_tries_in_ten_minutes_and_two_more_for_a_person() -> None:
    """Tries count when they start, so a process that dies in between counts too."""
    state = RefreshState()
    for at_s in (0, 100, 200):
        state = token_policy.started(state, now_ms=NOW + at_s * 1000)
    found = planned(state, at_s=300, age_s=None)
    assert isinstance(found, Blocked) and found.until_ms == NOW + 600_000
    assert isinstance(planned(state, at_s=300, age_s=None, by_person=True), Refresh)
    assert isinstance(planned(state, at_s=300, age_s=3200), UseCurrent)
    assert isinstance(planned(state, at_s=601, age_s=None), Refresh)
    assert RefreshState.from_json(state.to_json()) == state


def test_access_denied_is_answered_by_ten_minutes_of_silence() -> None:
    """The present token stays in use meanwhile; without one the caller is told until when."""
    state = token_policy.failed(RefreshState(), TokenThrottledError(), now_ms=NOW)
    assert isinstance(planned(state, at_s=599, age_s=3500), UseCurrent)
    found = planned(state, at_s=599, age_s=3600)
    assert isinstance(found, Blocked) and found.until_ms == NOW + 600_000
    assert isinstance(planned(state, at_s=600, age_s=None), Refresh)


def test_revoked_takes_two_definite_answers() -> None:
    """One invalid_code may be a hiccup; two that are half a minute apart are not; a token in between clears it."""
    once = token_policy.failed(RefreshState(), GrantRevokedError(), now_ms=NOW)
    assert not once.revoked
    assert isinstance(planned(once, at_s=29, age_s=None), Blocked)
    assert token_policy.failed(once, GrantRevokedError(), now_ms=NOW + 30_000).revoked
    assert not token_policy.failed(token_policy.succeeded(once), GrantRevokedError(), now_ms=NOW + 30_000).revoked


class Accounts:
    """An accounts server in memory: answers what it is told, and counts."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = list(bodies)
        self.asked = 0
        self.together = 0
        self._inside = 0
        self._lock = threading.Lock()

    def send(self, request: HttpRequest, /, *, before_write: Any = None) -> HttpAnswer:
        """One token answer; the last one is repeated."""
        with self._lock:
            self._inside += 1
            self.together = max(self.together, self._inside)
            body = self.bodies[min(self.asked, len(self.bodies) - 1)]
            self.asked += 1
            number = self.asked
        with self._lock:
            self._inside -= 1
        if isinstance(body, Exception):
            raise body
        return answer({**body, "access_token": f"1000.{number}.x"} if "access_token" in body else body)


def cached(*bodies: Any) -> tuple[CachedTokens, Accounts, FixedClock]:
    """Tokens of an accounts server, on a clock that is moved by hand."""
    accounts, clock = Accounts(*bodies), FixedClock(datetime(2026, 6, 9, tzinfo=UTC))
    who = Authenticator(transport=accounts, region=EU, client_id="c", client_secret="s")
    return CachedTokens(authenticator=who, refresh_token="r", clock=clock), accounts, clock


def test_two_hundred_threads_ask_once() -> None:
    """One renewal serves everybody, at the start and after a rejection."""
    tokens, accounts, clock = cached(GOOD)
    for expected in (1, 2):
        first = tokens.token() if expected == 2 else None
        clock.advance(61)

        def work(old: Any = first) -> None:
            if old is not None:
                tokens.rejected(old)
            tokens.token()

        threads = [threading.Thread(target=work) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert accounts.asked == expected


def test_an_old_tokens_rejection_does_not_renew_the_new_one() -> None:
    """A slow caller comes back with a refusal of a token that is gone already."""
    tokens, accounts, clock = cached(GOOD)
    old = tokens.token()
    tokens.rejected(old)
    new = tokens.token()
    tokens.rejected(old)
    clock.advance(120)
    assert tokens.token() is new and accounts.asked == 2
    assert "1000" not in repr(new)


def test_failures_leave_the_present_token_in_use() -> None:
    """While it lives, trouble at the accounts server is not the caller's; afterwards it is, without asking on."""
    tokens, accounts, clock = cached(GOOD, THROTTLE)
    token = tokens.token()
    clock.advance(3400)
    assert tokens.token() is token and tokens.token() is token and accounts.asked == 2
    clock.advance(200)
    with pytest.raises(TokenThrottledError):
        tokens.token()
    assert accounts.asked == 2


def test_an_unreachable_accounts_server_is_named_without_details() -> None:
    """The first token cannot be had: AccountsUnavailableError, asked again after a pause."""
    tokens, accounts, clock = cached(NotSentError("no connection"), GOOD)
    for _ in range(2):
        with pytest.raises(AccountsUnavailableError):
            tokens.token()
    assert accounts.asked == 1
    clock.advance(6)
    assert tokens.token().value == "1000.2.x"


def test_revoking_and_listing_send_one_request() -> None:
    """A confirmed end is true, a page is false; locations are read for comparison."""
    who = Authenticator(
        transport=Accounts({"status": "success"}, {"locations": {"eu": "https://accounts.zoho.eu", "x": 1}}),
        region=EU,
        client_id="c",
        client_secret="s",
    )
    assert who.revoke("t")
    assert who.locations() == {"eu": "https://accounts.zoho.eu"}
    assert "client_secret" not in repr(who)
