"""The control plane steers and observes the sandbox; nothing of it needs a token."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from bookbridge.sandbox.command import sandbox
from bookbridge.sandbox.launch import NotLoopback, SandboxServer
from tests.support.sandbox import Zoho, running_sandbox


def create(zoho: Zoho, name: str) -> str:
    """Create a tax and give its id."""
    answer = zoho.books("POST", "/settings/taxes", json={"tax_name": name, "tax_percentage": 5})
    return str(answer.json()["tax"]["tax_id"])


def test_every_commit_is_logged_with_the_hash_of_its_body(zoho: Zoho) -> None:
    """One JSON line per change, numbered; ``after`` skips what was read; refused calls leave none."""
    tax_id = create(zoho, "a")
    assert zoho.books("POST", "/settings/taxes", json={"tax_name": ""}).status_code == 400
    sent = zoho.control("requests")[0]
    [row] = zoho.control("commits")
    assert list(row)[:10] == ["seq", "at", "method", "path", "resource", "id", "key", "body_hash", "total", "by"]
    assert (row["seq"], row["method"], row["path"], row["id"], row["by"]) == (
        1,
        "POST",
        "/settings/taxes",
        tax_id,
        "api",
    )
    assert row["body_hash"] == sent["body_hash"]
    create(zoho, "b")
    assert [row["seq"] for row in zoho.control("commits?after=1")] == [2]


def test_every_request_is_logged_with_what_it_carried(zoho: Zoho) -> None:
    """Method, path as sent, query, headers, body hash, status and region; the control plane's own calls are not."""
    body = b'{"tax_name": "x", "tax_percentage": 1}'
    zoho.http.post(
        f"{zoho.server.url}//books/v3/settings/taxes?organization_id=10000001",
        content=body,
        headers={"Authorization": f"Bearer {zoho.token}", "X-Trace": "t1"},
    )
    zoho.refresh()
    first, second = zoho.control("requests")
    assert (first["method"], first["path"], first["query"], first["status"], first["region"]) == (
        "POST",
        "//books/v3/settings/taxes",
        "organization_id=10000001",
        201,
        "us",
    )
    assert ["x-trace", "t1"] in first["headers"]
    assert first["body_hash"] == hashlib.sha256(body).hexdigest()
    assert (second["path"], second["query"], second["fault"]) == ("/oauth/v2/token", "", "")
    assert zoho.control("requests?after=2") == []


def test_the_log_of_requests_is_bounded_and_its_counters_are_not() -> None:
    """Old entries go; the numbers stay."""
    with running_sandbox(request_log=3) as server:
        zoho = Zoho(server)
        for _ in range(5):
            zoho.books("GET", "/organizations")
        assert [row["seq"] for row in zoho.control("requests")] == [3, 4, 5]
        coverage = zoho.control("coverage")
        assert (coverage["requests"], coverage["statuses"]) == (5, {"200": 5})
        [route] = [row for row in coverage["routes"] if row["calls"]]
        assert (route["method"], route["path"], route["calls"]) == ("GET", "/organizations", 5)
        zoho.close()


def test_a_reset_brings_everything_back_to_the_start(zoho: Zoho) -> None:
    """Records, logs, faults, tokens, switches, latency and clock."""
    create(zoho, "a")
    zoho.control("switches", {"limits": "off"})
    zoho.control("latency", {"ms": 3})
    zoho.control("clock", {"advance_s": 86400, "scale": 0})
    zoho.control("tokens", {"action": "revoke_refresh"})
    zoho.control("faults", {"rules": [{"kind": "request_lost"}]})
    zoho.control("reset", {})
    assert zoho.control("commits") == zoho.control("requests") == []
    assert zoho.control("switches")["limits"] == "zoho"
    assert zoho.control("latency") == {"ms": 0}
    assert zoho.control("clock")["scale"] == 1
    assert zoho.books("GET", "/settings/taxes").json()["taxes"] == []
    assert "access_token" in zoho.refresh().json()


def test_the_clock_can_be_set_moved_and_scaled(zoho: Zoho) -> None:
    """Set is absolute, advance relative, scale 0 stops it."""
    answer = zoho.control("clock", {"set": "2026-02-03T04:05:06+00:00", "scale": 0})
    assert answer == {"now": "2026-02-03T04:05:06+00:00", "scale": 0.0}
    assert zoho.control("clock", {"advance_s": 60})["now"] == "2026-02-03T04:06:06+00:00"
    assert zoho.control("clock", {"advance_s": -60})["now"] == "2026-02-03T04:05:06+00:00"
    assert zoho.http.post("/_sandbox/clock", json={"scale": -1}).status_code == 400
    assert zoho.http.post("/_sandbox/clock", json={"jump": 1}).status_code == 400


def test_switches_are_listed_and_checked(zoho: Zoho) -> None:
    """An unknown name or another type changes nothing."""
    assert zoho.control("switches")["access_token_cap"] == 15
    assert zoho.control("switches", {"access_token_cap": 10})["access_token_cap"] == 10
    for wrong in ({"rockets": 1}, {"access_token_cap": "10"}, {"multi_dc": 0}):
        assert zoho.http.post("/_sandbox/switches", json=wrong).status_code == 400


def test_tokens_can_be_shown_expired_and_granted(zoho: Zoho) -> None:
    """What a user or operator could do to tokens is one call."""
    shown = zoho.control("tokens")
    assert {token["region"] for token in shown["refresh_tokens"]} == {"us", "eu"}
    assert zoho.control("tokens", {"action": "expire_access", "region": "us"}) == {"expired": 1}
    assert zoho.books("GET", "/organizations").json()["code"] == 57
    granted = zoho.control("tokens", {"action": "grant", "scopes": ["ZohoBooks.settings.READ"]})
    zoho.token = granted["access_token"]
    assert zoho.books("GET", "/organizations").status_code == 200
    assert len(zoho.control("tokens", {"action": "evict"})["evicted"]) == 1
    assert zoho.refresh().json() == {"error": "invalid_code"}
    assert "access_token" in zoho.refresh(granted["refresh_token"]).json()
    assert zoho.http.post("/_sandbox/tokens", json={"action": "burn"}).status_code == 400


def test_the_index_lists_the_calls_for_people(zoho: Zoho) -> None:
    """A page, and the root leads to it."""
    assert "POST people" in zoho.http.get("/_sandbox/").text
    assert zoho.http.get("/").headers["location"] == "/_sandbox/"


def test_the_control_plane_answers_loopback_names_only(zoho: Zoho) -> None:
    """A page of another site that resolves to this machine gets nothing."""
    assert zoho.http.get("/_sandbox/tokens", headers={"Host": "evil.example"}).status_code == 403


def test_unknown_calls_and_bodies_are_refused(zoho: Zoho) -> None:
    """404 for a name, 405 for a verb, 400 for what is not an object."""
    assert zoho.http.get("/_sandbox/rockets").status_code == 404
    assert zoho.http.delete("/_sandbox/commits").status_code == 405
    assert zoho.http.post("/_sandbox/switches", content=b"[]").status_code == 400
    assert zoho.http.post("/_sandbox/switches", content=b"{").status_code == 400


def test_the_control_plane_is_the_same_in_every_region(zoho: Zoho, zoho_eu: Zoho) -> None:
    """One world: what happens in one region is seen from the other."""
    create(zoho, "a")
    assert zoho_eu.control("commits") == zoho.control("commits")
    names = [row["organization_id"] for row in zoho_eu.books("GET", "/organizations").json()["organizations"]]
    assert names == ["10000101", "10000102"]


def test_the_ready_line_says_how_to_use_it(zoho: Zoho) -> None:
    """Regions and environment as documented."""
    line = json.loads(zoho.server.ready_line())
    assert line["ready"] is True
    assert line["regions"] == zoho.server.urls
    assert set(line["env"]) == {
        "ZOHO_CLIENT_ID",
        "ZOHO_CLIENT_SECRET",
        "ZOHO_REFRESH_TOKEN",
        "ZOHO_ORG_ID",
        "ZOHO_REGION",
        "BOOKBRIDGE_SANDBOX_URL",
    }
    assert line["env"] == zoho.server.env


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.com", "::", ""])
def test_it_refuses_to_listen_where_others_could_reach_it(host: str) -> None:
    """Loopback only, from Python and from the command line."""
    with pytest.raises(NotLoopback):
        SandboxServer(host=host)
    answer = CliRunner().invoke(sandbox, ["--host", host, "--port", "0"])
    assert answer.exit_code == 2
    assert "loopback only" in answer.output


def test_wrong_options_are_usage_errors() -> None:
    """Unknown regions and unreadable seeds end with exit code 2 and the reason."""
    for arguments in (["--regions", "mars"], ["--seed", "/nonexistent.json"], ["--regions", ""]):
        assert CliRunner().invoke(sandbox, ["--port", "0", *arguments]).exit_code == 2


def test_the_help_documents_the_fixed_identities() -> None:
    """Client id, secret, refresh tokens and organizations can be copied from it."""
    text = CliRunner().invoke(sandbox, ["--help"]).output
    for word in ("1000.BOOKBRIDGESANDBOX0000000000000000", "sandbox-secret-0000", "10000002", "1000.b00c0003"):
        assert word in text
