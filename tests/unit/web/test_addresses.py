"""Whose address a request has, behind proxies and without (SEC-114)."""

import asyncio
from typing import Any

import pytest

from bookbridge.web.addresses import Forwarded, address, neighbourhood

OURS = ("10.0.0.0/8", "fd00::/8")


def _seen(peer: str, *headers: str, trusted: tuple[str, ...] = OURS) -> str:
    scope: dict[str, Any] = {
        "type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", each.encode()) for each in headers],
    }  # fmt: skip
    found: list[str] = []

    async def app(inner: Any, _receive: Any, _send: Any) -> None:
        found.append(address(inner))

    asyncio.run(Forwarded(app, trusted=trusted)(scope, None, None))  # type: ignore[arg-type]
    return found[0]


@pytest.mark.parametrize(
    ("peer", "headers", "seen"),
    [
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["10.9.9.9, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, <script>"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"),
        ("198.51.100.7", ["10.0.0.1, 10.0.0.2"], "198.51.100.7"),
    ],
)
def test_only_what_our_proxies_added_is_believed(peer: str, headers: list[str], seen: str) -> None:
    """Read from the end, past our own proxies, up to the first address that is not one of them."""
    assert _seen(peer, *headers) == seen


def test_without_proxies_nothing_is_believed() -> None:
    """The default trusts nobody."""
    assert _seen("10.0.0.1", "203.0.113.9", trusted=()) == "10.0.0.1"


def test_one_household_is_one_neighbourhood() -> None:
    """Whoever has a /64 network has one count of failures, not 2 to the 64th."""
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9") != neighbourhood("2001:db8:1:3::1")
    assert neighbourhood("::ffff:203.0.113.9") == neighbourhood("203.0.113.9") == "203.0.113.9"
    assert neighbourhood("testclient") == "testclient" and neighbourhood("") == ""
