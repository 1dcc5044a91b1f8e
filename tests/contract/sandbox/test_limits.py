"""Zoho's call limits: a minute, a day, calls in flight, and their headers (FACTS 2)."""

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.support.sandbox import Zoho

TEXT_44 = (
    "For security reasons your account has been blocked as you have exceeded the maximum number of requests per minute "
    "that can originate from one account."
)
TEXT_1070 = "You have reached the maximum number of in process requests allowed. Kindly try again after some time."


def freeze(zoho: Zoho) -> None:
    """Stop the sandbox's clock at a fixed moment."""
    zoho.control("clock", {"set": "2026-06-09T12:00:00+00:00", "scale": 0})


def call(zoho: Zoho) -> httpx2.Response:
    """Make a cheap call of the first organization."""
    return zoho.books("GET", "/settings/taxes")


def held_call(zoho: Zoho) -> socket.socket:
    """Send a call whose answer the sandbox keeps back, and give its connection."""
    where = urlsplit(zoho.server.url)
    connection = socket.create_connection((str(where.hostname), where.port or 0))
    line = "GET /books/v3/settings/taxes?organization_id=10000001 HTTP/1.1"
    connection.sendall(f"{line}\r\nHost: x\r\nAuthorization: Bearer {zoho.token}\r\n\r\n".encode())
    return connection


def in_flight(zoho: Zoho) -> int:
    """Read how many calls of the first organization are in process."""
    return int(zoho.control("limits").get("10000001", {}).get("in_flight", 0))


def wait_until(reached: Callable[[], bool]) -> None:
    """Poll until a condition holds; fail after a generous while."""
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_hundred_and_first_call_of_a_minute_blocks_for_a_minute(zoho: Zoho) -> None:
    """Code 44 until the block ends, which further calls do not prolong; another organization is not concerned."""
    freeze(zoho)
    assert {call(zoho).status_code for _ in range(100)} == {200}
    answer = call(zoho)
    assert (answer.status_code, answer.json()) == (429, {"code": 44, "message": TEXT_44})
    assert "retry-after" not in answer.headers
    assert "x-rate-limit-remaining" in answer.headers
    zoho.control("clock", {"advance_s": 59})
    assert call(zoho).json()["code"] == 44
    other = zoho.books("GET", "/settings/taxes", params={"organization_id": "10000002"})
    assert other.status_code == 200
    zoho.control("clock", {"advance_s": 2})
    assert call(zoho).status_code == 200


def test_the_minute_slides_unless_it_is_switched_to_fixed(zoho: Zoho) -> None:
    """Sliding: calls of 30 s ago still count. Fixed: a new minute begins empty."""
    freeze(zoho)
    zoho.control("switches", {"minute_limit": 4})
    zoho.control("clock", {"advance_s": 30})
    codes = [call(zoho).json()["code"] for _ in range(3)]
    zoho.control("clock", {"advance_s": 35})
    codes += [call(zoho).json()["code"] for _ in range(2)]
    assert codes == [0, 0, 0, 0, 44]
    zoho.control("switches", {"minute_window": "fixed"})
    zoho.control("clock", {"set": "2026-06-09T12:10:30+00:00"})
    codes = [call(zoho).json()["code"] for _ in range(3)]
    zoho.control("clock", {"advance_s": 35})
    codes += [call(zoho).json()["code"] for _ in range(4)]
    assert codes == [0] * 7


def test_the_day_ends_at_the_organizations_midnight(zoho: Zoho) -> None:
    """Code 45 names the plan's number; headers count down to zero; local midnight gives a new day."""
    zoho.server.world.orgs["10000001"].settings["daily_limit"] = 3
    zoho.control("clock", {"set": "2026-06-10T03:00:00+00:00", "scale": 0})
    answers = [call(zoho) for _ in range(4)]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["x-rate-limit-limit"] for answer in answers} == {"3"}
    assert {answer.headers["x-rate-limit-reset"] for answer in answers} == {"3600"}
    assert answers[-1].status_code == 429
    text = "The API call for this organization has exceeded the maximum call rate limit of 3."
    assert answers[-1].json() == {"code": 45, "message": text}
    zoho.control("clock", {"advance_s": 3600})
    assert call(zoho).headers["x-rate-limit-remaining"] == "2"


def test_organizations_have_no_limit_headers(zoho: Zoho) -> None:
    """No organization is in play, so no counter is either."""
    answer = zoho.books("GET", "/organizations")
    assert not [name for name in answer.headers if name.startswith("x-rate-limit")]
    assert zoho.control("limits").get("10000001") is None


def test_the_abuse_guard_of_organizations_is_43_with_retry_after(zoho: Zoho) -> None:
    """Far above honest use the whole user is blocked for an hour."""
    freeze(zoho)
    zoho.control("switches", {"abuse_limit": 5})
    answers = [zoho.books("GET", "/organizations") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].json()["code"] == 43
    assert answers[-1].headers["retry-after"] == "3600"


@pytest.mark.parametrize(("plan", "slots", "allowance"), [("premium", 10, "10000"), ("free", 5, "1000")])
def test_more_calls_in_flight_than_the_plan_allows_are_1070(zoho: Zoho, plan: str, slots: int, allowance: str) -> None:
    """A call is in process until it is answered or its connection ends."""
    zoho.server.world.orgs["10000001"].settings["plan"] = plan
    zoho.control("faults", {"rules": [{"kind": "late_commit", "times": slots, "params": {"hold": True}}]})
    held = [held_call(zoho) for _ in range(slots)]
    wait_until(lambda: in_flight(zoho) == slots)
    answer = call(zoho)
    assert (answer.status_code, answer.json()) == (429, {"code": 1070, "message": TEXT_1070})
    assert answer.headers["x-rate-limit-limit"] == allowance
    for connection in held:
        connection.close()
    wait_until(lambda: in_flight(zoho) == 0)
    assert call(zoho).status_code == 200


def test_without_limits_nothing_is_refused(zoho: Zoho) -> None:
    """``limits`` off lifts minute, day and concurrency, and the headers promise enough."""
    zoho.control("switches", {"limits": "off", "minute_limit": 2})
    zoho.server.world.orgs["10000001"].settings["daily_limit"] = 3
    answers = [call(zoho) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert int(answers[-1].headers["x-rate-limit-remaining"]) > 1_000_000


def test_whether_refused_calls_use_up_the_day_is_a_switch(zoho: Zoho) -> None:
    """Zoho does not say; the default counts them."""
    freeze(zoho)
    zoho.control("switches", {"minute_limit": 1})
    assert [call(zoho).headers["x-rate-limit-remaining"] for _ in range(3)] == ["4999", "4998", "4997"]
    zoho.control("switches", {"refused_calls_count": False, "day_limit_status": 200})
    assert call(zoho).headers["x-rate-limit-remaining"] == "4997"
