"""Each kind of fault, as a real HTTP client meets it on a real connection (RELIABILITY 4.3, 4.5)."""

import json
import socket
import time
import tomllib
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import pytest

from bookbridge.sandbox.faults import PROFILES, Event, FaultPlan
from bookbridge.sandbox.regions import refresh_token
from tests.support.sandbox import Zoho

CLOSED = (httpx2.ReadError, httpx2.RemoteProtocolError)


def plan(zoho: Zoho, kind: str, *, times: int | None = 1, scale: float = 1.0, **more: object) -> None:
    """Load a plan of one rule."""
    zoho.control("faults", {"rules": [{"kind": kind, "times": times, **more}], "scale": scale})


def create(zoho: Zoho, name: str) -> httpx2.Response:
    """Create a tax, the smallest record there is."""
    return zoho.books("POST", "/settings/taxes", json={"tax_name": name, "tax_percentage": 5})


def stored(zoho: Zoho) -> list[str]:
    """Read from the commit log which taxes were stored."""
    keys = [row["id"] for row in zoho.control("commits") if row["resource"] == "taxes"]
    return [zoho.books("GET", f"/settings/taxes/{key}").json()["tax"]["tax_name"] for key in keys]


def wait_until(reached: Callable[[], bool]) -> None:
    """Poll until a condition holds; fail after a generous while."""
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_lost_request_executes_nothing(zoho: Zoho) -> None:
    """The connection is reset before the handler runs."""
    plan(zoho, "request_lost")
    with pytest.raises(CLOSED):
        create(zoho, "a")
    assert stored(zoho) == []
    assert create(zoho, "a").status_code == 201


def test_a_lost_answer_has_executed(zoho: Zoho) -> None:
    """The connection is reset after the commit."""
    plan(zoho, "answer_lost")
    with pytest.raises(CLOSED):
        create(zoho, "a")
    assert stored(zoho) == ["a"]


def test_a_reset_is_a_real_tcp_reset(zoho: Zoho) -> None:
    """A raw socket sees ECONNRESET, not an orderly end."""
    plan(zoho, "request_lost")
    where = urlsplit(zoho.server.url)
    with socket.create_connection((str(where.hostname), where.port or 0)) as connection:
        connection.sendall(b"GET /books/v3/organizations HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


@pytest.mark.parametrize(("kind", "status", "kept"), [("error_before", 500, []), ("error_after", 502, ["a"])])
def test_a_server_error_may_come_before_or_after_the_commit(
    zoho: Zoho, kind: str, status: int, kept: list[str]
) -> None:
    """The status tells nothing about what was stored."""
    plan(zoho, kind)
    answer = create(zoho, "a")
    assert answer.status_code == status
    assert stored(zoho) == kept


def test_a_zoho_error_is_json_and_a_proxy_error_a_page(zoho: Zoho) -> None:
    """500 is code 1000; other statuses come from something in front of Zoho."""
    plan(zoho, "error_before")
    assert create(zoho, "a").json() == {"code": 1000, "message": "Internal error"}
    plan(zoho, "error_before", params={"status": 503})
    answer = create(zoho, "a")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html;charset=UTF-8")


def test_a_late_commit_happens_after_the_connection_is_gone(zoho: Zoho) -> None:
    """The client sees a reset at once; the record appears later by itself."""
    plan(zoho, "late_commit", params={"min_s": 5, "max_s": 6}, scale=0.05)
    with pytest.raises(CLOSED):
        create(zoho, "a")
    assert zoho.control("faults")["pending_late"] == 1
    wait_until(lambda: zoho.control("faults")["pending_late"] == 0)
    assert stored(zoho) == ["a"]


def test_a_late_commit_may_keep_the_client_waiting(zoho: Zoho) -> None:
    """Held: no answer at all until the client gives up; the record is stored nevertheless."""
    plan(zoho, "late_commit", params={"min_s": 0.3, "max_s": 0.3, "hold": True})
    impatient = Zoho(zoho.server, timeout_s=0.2)
    with pytest.raises(httpx2.ReadTimeout):
        create(impatient, "a")
    impatient.close()
    wait_until(lambda: stored(zoho) == ["a"])


def test_a_reset_sandbox_forgets_late_commits(zoho: Zoho) -> None:
    """What has not happened yet never does."""
    plan(zoho, "late_commit", params={"min_s": 60, "max_s": 60})
    with pytest.raises(CLOSED):
        create(zoho, "a")
    zoho.control("reset", {})
    assert zoho.control("faults")["pending_late"] == 0


@pytest.mark.parametrize(("kind", "code"), [("limit_44", 44), ("limit_45", 45), ("limit_1070", 1070)])
def test_a_pretended_limit_looks_like_a_real_one(zoho: Zoho, kind: str, code: int) -> None:
    """Status, text and headers agree; nothing is executed; the next call goes through."""
    plan(zoho, kind)
    answer = create(zoho, "a")
    assert (answer.status_code, answer.json()["code"]) == (429, code)
    assert (answer.headers["x-rate-limit-remaining"] == "0") == (code == 45)
    assert int(answer.headers["x-rate-limit-reset"]) > 0
    assert stored(zoho) == []


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_cut_answer_breaks_off_in_the_middle(zoho: Zoho, end: str) -> None:
    """Half the body arrives, then the connection ends; the record is stored."""
    plan(zoho, "cut_json", params={"end": end})
    with pytest.raises(CLOSED):
        create(zoho, "a")
    assert stored(zoho) == ["a"]


def test_html_may_come_with_200(zoho: Zoho) -> None:
    """A page where JSON is expected."""
    plan(zoho, "html_200")
    answer = create(zoho, "a")
    assert (answer.status_code, answer.text[:15]) == (200, "<!doctype html>")
    assert stored(zoho) == ["a"]


@pytest.mark.parametrize("executed", [False, True])
def test_a_code_may_be_nonzero_inside_200(zoho: Zoho, executed: bool) -> None:
    """Whether it was executed is up to the rule."""
    plan(zoho, "code_nonzero_200", params={"executed": executed})
    answer = create(zoho, "a")
    assert (answer.status_code, answer.json()["code"]) == (200, 1000)
    assert stored(zoho) == (["a"] if executed else [])


def test_another_requests_answer_may_come_back(zoho: Zoho) -> None:
    """The answer of an earlier call of the same route; the call itself was executed."""
    create(zoho, "first")
    plan(zoho, "other_answer")
    assert create(zoho, "second").json()["tax"]["tax_name"] == "first"
    assert stored(zoho) == ["first", "second"]


def test_a_slow_answer_comes_byte_by_byte(zoho: Zoho) -> None:
    """At the pace the scale allows, complete in the end."""
    plan(zoho, "slow_bytes", scale=0.0001)
    with zoho.http.stream("GET", "/books/v3/organizations", headers={"Authorization": f"Bearer {zoho.token}"}) as slow:
        chunks = list(slow.iter_raw())
    assert json.loads(b"".join(chunks))["code"] == 0
    assert len(chunks) > 20


def test_a_slow_answer_stops_when_the_client_leaves(zoho: Zoho) -> None:
    """Nobody waits for a client that is gone."""
    plan(zoho, "slow_bytes", scale=0.01)
    with zoho.http.stream("GET", "/books/v3/organizations", headers={"Authorization": f"Bearer {zoho.token}"}) as slow:
        next(slow.iter_raw())
    assert zoho.control("faults")["counts"] == {"slow_bytes": 1}


def test_a_new_record_may_be_hidden_from_lists_for_a_while(zoho: Zoho) -> None:
    """Lists lag on the sandbox's clock; reading by id does not."""
    zoho.control("clock", {"scale": 0})
    plan(zoho, "list_lag", params={"mean_s": 6})
    tax_id = create(zoho, "hidden").json()["tax"]["tax_id"]
    create(zoho, "shown")
    names = [tax["tax_name"] for tax in zoho.books("GET", "/settings/taxes").json()["taxes"]]
    assert names == ["shown"]
    assert zoho.books("GET", f"/settings/taxes/{tax_id}").status_code == 200
    zoho.control("clock", {"advance_s": 600})
    assert len(zoho.books("GET", "/settings/taxes").json()["taxes"]) == 2
    assert zoho.control("faults")["counts"] == {"list_lag": 1}


def test_a_token_may_expire_for_one_call_or_for_good(zoho: Zoho) -> None:
    """57 once; with ``expire`` the token is really gone."""
    plan(zoho, "expired_token")
    assert [create(zoho, name).status_code for name in ("a", "b")] == [401, 201]
    plan(zoho, "expired_token", params={"expire": True})
    assert [create(zoho, name).json()["code"] for name in ("c", "d")] == [57, 57]
    assert "access_token" in zoho.refresh().json()


def test_a_grant_may_be_revoked_in_the_middle(zoho: Zoho) -> None:
    """The refresh token behind the call is gone as well."""
    plan(zoho, "revoked_token")
    assert create(zoho, "a").json()["code"] == 57
    assert zoho.refresh(refresh_token("us")).json() == {"error": "invalid_code"}


def test_the_token_endpoint_has_faults_of_its_own(zoho: Zoho) -> None:
    """Rules for tokens leave the API alone, and the API's rules the token endpoint."""
    rules = [
        {"kind": "token_error_5xx", "match": {"nth": 1}},
        {"kind": "token_access_denied", "match": {"nth": 2}, "params": {"status": 200}},
        {"kind": "answer_lost", "match": {"target": "accounts", "nth": 3}},
    ]
    zoho.control("faults", {"rules": rules})
    assert create(zoho, "a").status_code == 201
    assert zoho.refresh().status_code == 503
    denied = zoho.refresh()
    assert (denied.status_code, denied.json()["error"]) == (200, "Access Denied")
    with pytest.raises(CLOSED):
        zoho.refresh()
    assert zoho.control("tokens")["counts"]["refreshes"] == 1
    plan(zoho, "request_lost", times=None)
    assert zoho.refresh().status_code == 200


def test_latency_does_not_hold_up_other_calls(zoho: Zoho) -> None:
    """A delayed call waits alone."""
    plan(zoho, "latency", params={"ms": 100}, match={"path": "^/organizations$"})
    assert zoho.books("GET", "/organizations").status_code == 200
    assert zoho.control("faults")["counts"] == {"latency": 1}
    zoho.control("latency", {"ms": 5})
    assert zoho.control("latency") == {"ms": 5}
    assert zoho.books("GET", "/organizations").status_code == 200


def test_a_rule_chooses_its_calls(zoho: Zoho) -> None:
    """By method, path, organization, number of the matching call, and sequence."""
    match = {"method": "POST", "path": "/settings/(taxes|currencies)$", "org": "10000001", "nth": 2}
    plan(zoho, "error_before", times=None, match=match)
    assert zoho.books("GET", "/settings/taxes").status_code == 200
    assert zoho.books("POST", "/settings/taxes", params={"organization_id": "10000002"}, json={}).status_code != 500
    assert [create(zoho, name).status_code for name in "abc"] == [201, 500, 201]
    last = zoho.control("requests")[-1]["seq"]
    plan(zoho, "error_before", match={"after_seq": last + 1})
    assert [create(zoho, name).status_code for name in "de"] == [201, 500]


def test_the_trace_names_every_fault_that_took_effect(zoho: Zoho) -> None:
    """Sequence numbers are those of the request log; refused calls use no fault up."""
    plan(zoho, "answer_lost")
    assert zoho.books("GET", "/rockets").status_code == 404
    with pytest.raises(CLOSED):
        create(zoho, "a")
    state = zoho.control("faults")
    [fired] = [row for row in zoho.control("requests") if row["fault"]]
    assert state["trace"] == [{"seq": fired["seq"], "kind": "answer_lost", "method": "POST", "path": "/settings/taxes"}]
    assert (fired["status"], fired["fault"]) == (0, "answer_lost")
    assert state["counts"] == {"answer_lost": 1}
    assert zoho.control("faults", method="DELETE")["rules"] == []
    assert zoho.control("faults")["counts"] == {"answer_lost": 1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": [{"kind": "rocket"}]},
        {"rules": [{"kind": "latency", "chance": 1}]},
        {"rules": [{"kind": "latency", "match": {"verb": "GET"}}]},
        {"rules": [{"kind": "latency", "match": {"path": "("}}]},
        {"profile": "F9"},
        {"rule": []},
    ],
)
def test_a_plan_that_is_not_understood_is_refused(zoho: Zoho, wrong: dict[str, object]) -> None:
    """A misspelt plan must not look like a quiet one."""
    answer = zoho.http.post("/_sandbox/faults", json=wrong)
    assert answer.status_code == 400
    assert "error" in answer.json()


def test_profile_f1_makes_thirteen_percent_of_calls_faulty() -> None:
    """Rates of the shipped profile, drawn from one seed, come out as written."""
    faults = FaultPlan()
    faults.load(tomllib.loads((PROFILES / "F1.toml").read_text()) | {"seed": 3})
    for number in range(20_000):
        faults.choose(Event(seq=number, target="books", method="POST", path="/invoices", org="1"))
    shares = {rule.kind: rule.fired / 20_000 for rule in faults.rules}
    assert sum(rule.rate or 0 for rule in faults.rules) == pytest.approx(0.13)
    assert sum(shares.values()) == pytest.approx(0.13, abs=0.01)
    assert shares["error_before"] == pytest.approx(0.03, abs=0.005)


def test_equal_seeds_choose_equal_faults() -> None:
    """The plan's chance depends on its seed and the order of calls only."""

    def run() -> list[str]:
        faults = FaultPlan()
        faults.load(tomllib.loads((PROFILES / "L3.toml").read_text()) | {"seed": 11})
        events = [Event(seq=n, target="books", method="GET", path="/x", org="") for n in range(500)]
        return [rule.kind if rule else "" for rule in map(faults.choose, events)]

    assert run() == run()
    assert len(set(run())) > 5


@pytest.mark.parametrize("name", ["F1", "L3"])
def test_the_shipped_profiles_load_by_name_and_as_toml(zoho: Zoho, name: str) -> None:
    """Both ways give the same rules; seed and scale may be added to a profile."""
    by_name = zoho.control("faults", {"profile": name, "seed": 5, "scale": 0.1})
    assert (by_name["seed"], by_name["scale"]) == (5, 0.1)
    text = (PROFILES / f"{name}.toml").read_text()
    answer = zoho.http.post("/_sandbox/faults", content=text, headers={"Content-Type": "application/toml"})
    assert answer.json()["rules"] == by_name["rules"]
