"""The authorize request, the consent page and the callback behave as Zoho's (FACTS 1.1, 1.2)."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from bookbridge.sandbox.regions import CLIENT_ID
from tests.support.sandbox import Zoho

CALLBACK = "http://127.0.0.1:8765/oauth/callback"


def authorize(zoho: Zoho, **parameters: str | None) -> httpx2.Response:
    """Ask for authorization; None leaves a parameter out."""
    given: dict[str, str | None] = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "ZohoBooks.invoices.ALL,ZohoBooks.contacts.READ",
        "access_type": "offline",
        "state": "a b/ü",
        **parameters,
    }
    return zoho.http.get("/oauth/v2/auth", params={name: value for name, value in given.items() if value is not None})


def decide(zoho: Zoho, page: httpx2.Response, decision: str) -> dict[str, str]:
    """Press a button of the consent page; gives the callback's parameters."""
    found = re.search(r'name="request" value="([^"]+)"', page.text)
    assert found is not None, page.text
    answer = zoho.http.post("/oauth/v2/auth/decision", data={"request": found[1], "decision": decision})
    return callback(answer)


def callback(answer: httpx2.Response) -> dict[str, str]:
    """Read the redirect to the client's URI."""
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def accepted(zoho: Zoho, **parameters: str | None) -> dict[str, str]:
    """Ask and accept."""
    return decide(zoho, authorize(zoho, **parameters), "accept")


def exchange(zoho: Zoho, code: str, **more: str) -> dict[str, object]:
    """Exchange a code as a server-based client does."""
    parameters = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **more}
    return dict(zoho.token_request(**parameters).json())


def test_the_page_shows_the_scopes_and_accepting_brings_a_code_back(zoho: Zoho) -> None:
    """The callback carries code, state as sent, location and accounts-server; the code yields both tokens."""
    page = authorize(zoho)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "ZohoBooks.invoices.ALL" in page.text
    back = decide(zoho, page, "accept")
    assert set(back) == {"state", "code", "location", "accounts-server"}
    assert (back["state"], back["location"], back["accounts-server"]) == ("a b/ü", "us", zoho.server.url)
    assert "refresh_token" in exchange(zoho, back["code"])


def test_refusing_brings_access_denied_back(zoho: Zoho) -> None:
    """No code, only the error and the state."""
    assert decide(zoho, authorize(zoho), "deny") == {"error": "access_denied", "state": "a b/ü"}


def test_a_page_can_be_answered_once(zoho: Zoho) -> None:
    """A second press finds nothing to decide."""
    page = authorize(zoho)
    decide(zoho, page, "accept")
    found = re.search(r'name="request" value="([^"]+)"', page.text)
    assert found is not None
    again = zoho.http.post("/oauth/v2/auth/decision", data={"request": found[1], "decision": "accept"})
    assert again.status_code == 400


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
        ({"redirect_uri": CALLBACK + "/"}, "invalid_redirect_uri"),
        ({"redirect_uri": None}, "invalid_redirect_uri"),
        ({"response_type": "token"}, "invalid_response_type"),
        ({"scope": "ZohoBooks.rockets.READ"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
    ],
)
def test_a_wrong_request_ends_on_an_error_page(zoho: Zoho, wrong: dict[str, str | None], error: str) -> None:
    """Nothing is sent to a redirect URI that is not proven; the page names the error."""
    answer = authorize(zoho, **wrong)
    assert answer.status_code == 400
    assert error in answer.text


def test_the_exchange_must_name_the_same_redirect_uri(zoho: Zoho) -> None:
    """Another URI is invalid_redirect_uri, and the code stays good for the right one."""
    code = accepted(zoho)["code"]
    assert exchange(zoho, code, redirect_uri="http://127.0.0.1:3000/oauth/callback") == {
        "error": "invalid_redirect_uri"
    }
    assert "access_token" in exchange(zoho, code)


def test_pkce_needs_the_verifier(zoho: Zoho) -> None:
    """A code made with a challenge is worthless without its verifier."""
    verifier = "a" * 50
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    code = accepted(zoho, code_challenge=challenge, code_challenge_method="S256")["code"]
    assert exchange(zoho, code) == {"error": "invalid_code"}
    assert exchange(zoho, code, code_verifier="b" * 50) == {"error": "invalid_code"}
    assert "access_token" in exchange(zoho, code, code_verifier=verifier)


def test_online_access_has_no_refresh_token(zoho: Zoho) -> None:
    """``access_type`` defaults to online."""
    assert "refresh_token" not in exchange(zoho, accepted(zoho, access_type=None)["code"])


def test_a_second_consent_needs_the_prompt_for_a_new_refresh_token(zoho: Zoho) -> None:
    """Without ``prompt=consent`` a known consent is not asked again and yields no refresh token."""
    accepted(zoho)
    silent = callback(authorize(zoho))
    assert "refresh_token" not in exchange(zoho, silent["code"])
    assert "refresh_token" in exchange(zoho, accepted(zoho, prompt="consent")["code"])


def test_a_user_of_another_data_centre_is_sent_there(zoho: Zoho, zoho_eu: Zoho) -> None:
    """Starting at us, a European user consents at eu and comes back with eu's location and server."""
    zoho.control("switches", {"user_region": "eu"})
    answer = authorize(zoho)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(zoho.server.urls["eu"] + "/oauth/v2/auth?")
    back = decide(zoho_eu, zoho_eu.http.get(answer.headers["location"]), "accept")
    assert (back["location"], back["accounts-server"]) == ("eu", zoho.server.urls["eu"])
    assert exchange(zoho, back["code"]) == {"error": "invalid_code"}
    assert exchange(zoho_eu, back["code"])["api_domain"] == zoho.server.urls["eu"]


def test_scripts_may_have_the_page_answered_at_once(zoho: Zoho) -> None:
    """The switch auto_consent accepts or denies without a page."""
    zoho.control("switches", {"auto_consent": "accept"})
    assert "code" in callback(authorize(zoho, prompt="consent"))
    zoho.control("switches", {"auto_consent": "deny"})
    assert callback(authorize(zoho))["error"] == "access_denied"


def test_the_eleventh_code_in_ten_minutes_is_access_denied(zoho: Zoho) -> None:
    """Grant codes are throttled per client."""
    zoho.control("switches", {"auto_consent": "accept"})
    answers = [callback(authorize(zoho, prompt="consent")) for _ in range(11)]
    assert ["code" in answer for answer in answers] == [True] * 10 + [False]
    assert answers[-1]["error"] == "access_denied"


def test_any_loopback_redirect_may_be_allowed_and_uris_registered(zoho: Zoho) -> None:
    """Other ports work by switch, other hosts by registration."""
    other = "http://127.0.0.1:50123/cb"
    assert authorize(zoho, redirect_uri=other).status_code == 400
    zoho.control("switches", {"any_loopback_redirect": True})
    assert authorize(zoho, redirect_uri=other).status_code == 200
    assert authorize(zoho, redirect_uri="https://shop.example/cb").status_code == 400
    zoho.control("tokens", {"action": "register_client", "redirect_uris": ["https://shop.example/cb"]})
    assert authorize(zoho, redirect_uri="https://shop.example/cb").status_code == 200
