"""The accounts server's token endpoints answer as Zoho's do (FACTS 1.4-1.6)."""

import re

import pytest

from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET, refresh_token
from tests.support.sandbox import Zoho, running_sandbox

TOKEN = re.compile(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}")


def code(zoho: Zoho, **options: object) -> str:
    """Make a self client's code."""
    return str(zoho.control("tokens", {"action": "self_client_code", **options})["code"])


def exchange(zoho: Zoho, text: str, **more: str) -> dict[str, object]:
    """Exchange a code; the status is 200 for success and named errors alike."""
    answer = zoho.token_request(grant_type="authorization_code", code=text, **more)
    assert answer.status_code == 200
    return dict(answer.json())


def test_refreshing_gives_an_access_token_and_no_new_refresh_token(zoho: Zoho) -> None:
    """The answer has exactly Zoho's keys, and the token works at once."""
    answer = zoho.refresh()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    body = answer.json()
    assert list(body) == ["access_token", "api_domain", "token_type", "expires_in"]
    assert TOKEN.fullmatch(body["access_token"])
    assert (body["api_domain"], body["token_type"], body["expires_in"]) == (zoho.server.url, "Bearer", 3600)
    zoho.token = body["access_token"]
    assert zoho.books("GET", "/settings/currencies").status_code == 200


def test_parameters_may_come_in_the_query_but_not_as_json(zoho: Zoho) -> None:
    """Query parameters work as in Zoho's examples; a JSON body counts as no client at all."""
    parameters = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token("us"),
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    assert zoho.http.post("/oauth/v2/token", params=parameters).json()["token_type"] == "Bearer"
    assert zoho.http.post("/oauth/v2/token", json=parameters).json() == {"error": "invalid_client"}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client_secret"),
        ({"refresh_token": "1000.aa.bb"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_each_wrong_parameter_has_its_name_inside_http_200(zoho: Zoho, wrong: dict[str, str], error: str) -> None:
    """Failures of the token endpoint are HTTP 200 with the error's name."""
    right = {"grant_type": "refresh_token", "refresh_token": refresh_token("us")}
    answer = zoho.token_request(**{**right, **wrong})
    assert (answer.status_code, answer.json()) == (200, {"error": error})


def test_a_get_on_the_token_endpoint_gets_an_error_page(zoho: Zoho) -> None:
    """Only POST is spoken; a GET meets a generic HTML page."""
    answer = zoho.http.get("/oauth/v2/token")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")


def test_a_code_works_once_within_its_time_for_its_client(zoho: Zoho) -> None:
    """The first exchange yields both tokens; a second one, and one that comes too late, are invalid_code."""
    text = code(zoho)
    first = exchange(zoho, text)
    assert set(first) == {"access_token", "refresh_token", "api_domain", "token_type", "expires_in"}
    assert exchange(zoho, text) == {"error": "invalid_code"}
    late = code(zoho, lifetime_s=120)
    zoho.control("clock", {"advance_s": 121})
    assert exchange(zoho, late) == {"error": "invalid_code"}


def test_codes_and_tokens_of_one_region_are_unknown_in_another(zoho: Zoho, zoho_eu: Zoho) -> None:
    """Grants live in one data centre: elsewhere invalid_code at accounts and 57 at the API."""
    text = code(zoho)
    assert exchange(zoho_eu, text) == {"error": "invalid_code"}
    assert zoho_eu.refresh(refresh_token("us")).json() == {"error": "invalid_code"}
    zoho_eu.token = zoho.token
    answer = zoho_eu.books("GET", "/organizations")
    assert (answer.status_code, answer.json()["code"]) == (401, 57)


def test_the_sixteenth_access_token_ends_the_oldest(zoho: Zoho) -> None:
    """Fifteen access tokens of one refresh token live; the next one evicts the first."""
    zoho.control("switches", {"token_throttle": "off"})
    for _ in range(14):
        newest = zoho.refresh().json()["access_token"]
    assert zoho.books("GET", "/organizations").status_code == 200
    zoho.refresh()
    assert zoho.books("GET", "/organizations").json()["code"] == 57
    zoho.token = newest
    assert zoho.books("GET", "/organizations").status_code == 200
    assert zoho.control("tokens")["counts"]["access_tokens_evicted"] == 1


def test_the_twenty_first_refresh_token_ends_the_oldest_with_its_access_tokens(zoho: Zoho) -> None:
    """Eviction is silent: the oldest refresh token answers invalid_code and its access tokens die too."""
    zoho.control("switches", {"token_throttle": "off"})
    for _ in range(19):
        exchange(zoho, code(zoho))
    assert "access_token" in zoho.refresh().json()
    exchange(zoho, code(zoho))
    assert zoho.refresh().json() == {"error": "invalid_code"}
    assert zoho.books("GET", "/organizations").json()["code"] == 57


def test_the_eleventh_refresh_in_ten_minutes_is_denied_and_asking_again_prolongs_it(zoho: Zoho) -> None:
    """Ten in ten minutes; refused attempts count, so a client that keeps asking stays locked out."""
    for _ in range(10):
        assert "access_token" in zoho.refresh().json()
    answer = zoho.refresh()
    text = "You have made too many requests continuously. Please try again after some time."
    assert (answer.status_code, answer.json()) == (400, {"error_description": text, "error": "Access Denied"})
    for _ in range(10):
        zoho.control("clock", {"advance_s": 59})
        assert zoho.refresh().json()["error"] == "Access Denied"
    zoho.control("clock", {"advance_s": 601})
    assert "access_token" in zoho.refresh().json()


def test_without_limits_nothing_is_throttled(zoho: Zoho) -> None:
    """``limits`` off lifts the token throttle as well, unless it is switched on by itself."""
    zoho.control("switches", {"limits": "off"})
    assert all("access_token" in zoho.refresh().json() for _ in range(12))
    zoho.control("switches", {"token_throttle": "on", "throttle_status": 200})
    answers = [zoho.refresh() for _ in range(11)]
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (200, "Access Denied")


def test_a_revoked_token_is_dead_and_an_unknown_one_gets_a_page(zoho: Zoho) -> None:
    """Revoking needs no authentication; the refresh token takes its access tokens with it."""
    revoke = "/oauth/v2/token/revoke"
    unknown = zoho.http.post(revoke, params={"token": "1000.aa.bb"})
    assert (unknown.status_code, unknown.headers["content-type"]) == (400, "text/html;charset=UTF-8")
    answer = zoho.http.post(revoke, params={"token": refresh_token("us")})
    assert (answer.status_code, answer.json()) == (200, {"status": "success"})
    assert zoho.refresh().json() == {"error": "invalid_code"}
    assert zoho.books("GET", "/organizations").json()["code"] == 57


def test_client_credentials_give_a_token_for_one_organization_only(zoho: Zoho) -> None:
    """``soid`` names the organization; there is no refresh token, and other organizations are out of reach."""
    body = zoho.token_request(
        grant_type="client_credentials", scope="ZohoBooks.settings.ALL", soid="ZohoBooks.10000002"
    ).json()
    assert "refresh_token" not in body
    zoho.token = body["access_token"]
    assert zoho.books("GET", "/settings/taxes", params={"organization_id": "10000002"}).status_code == 200
    assert zoho.books("GET", "/settings/taxes").json()["code"] == 6041


def test_serverinfo_lists_every_region(zoho: Zoho) -> None:
    """The map of accounts servers is public."""
    body = zoho.http.get("/oauth/serverinfo").json()
    assert body == {"result": "success", "locations": zoho.server.urls}


def test_data_centres_may_have_their_own_secrets_or_not_know_the_client(zoho: Zoho, zoho_eu: Zoho) -> None:
    """Per-DC secrets and a client without Multi-DC are switches."""
    zoho.control("switches", {"per_dc_secrets": True})
    assert zoho_eu.refresh().json() == {"error": "invalid_client_secret"}
    own = {"grant_type": "refresh_token", "refresh_token": refresh_token("eu"), "client_secret": f"{CLIENT_SECRET}-eu"}
    assert "access_token" in zoho_eu.token_request(**own).json()
    zoho.control("switches", {"per_dc_secrets": False, "multi_dc": False})
    assert zoho_eu.refresh().json() == {"error": "invalid_client"}
    assert "access_token" in zoho.refresh().json()


def test_an_expired_access_token_is_57(zoho: Zoho) -> None:
    """After an hour of the sandbox's clock the token no longer works."""
    zoho.control("clock", {"advance_s": 3601})
    answer = zoho.books("GET", "/organizations")
    assert (answer.status_code, answer.json()["code"]) == (401, 57)


def test_equal_seeds_give_equal_tokens() -> None:
    """Ids and tokens come from the random seed alone."""
    made = []
    for _ in range(2):
        with running_sandbox(random_seed=7) as server:
            zoho = Zoho(server)
            made.append(zoho.refresh().json()["access_token"])
            zoho.close()
    assert made[0] == made[1]
