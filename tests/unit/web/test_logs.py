"""Log lines hold no secret and cannot be forged."""

from typing import Any

import pytest

from bookbridge.kernel.secret import Secret
from bookbridge.web.logs import clean

KEY = f"bb_live_{'a' * 12}_{'b' * 52}_{'0' * 8}"


@pytest.mark.parametrize(
    "value",
    [
        f"GET /api?x={KEY}",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        f"1000.{'a' * 32}.{'b' * 32}",
        "Authorization: Bearer hunter2hunter2",
        "Zoho-oauthtoken hunter2hunter2",
        "/login?token=hunter2hunter2",
        "postgresql://ann:hunter2@db/books",
        Secret("hunter2hunter2"),
        {"inner": f"x {KEY}"},
    ],
)
def test_secrets_are_redacted_by_shape(value: Any) -> None:
    """Whatever field a secret gets into, it does not get out."""
    told = str(clean(None, "info", {"event": value}))
    assert KEY not in told
    assert "hunter2" not in told and "MfKQ" not in told and "a" * 32 not in told


@pytest.mark.parametrize("name", ["access_token", "client_secret", "Authorization", "cookie", "api_key", "csrf"])
def test_secrets_are_redacted_by_name(name: str) -> None:
    """A field whose name says secret is never printed."""
    assert clean(None, "info", {name: "hunter2"})[name] == "[redacted]"


def test_control_characters_cannot_forge_a_line() -> None:
    """Line ends and terminal codes arrive encoded."""
    told = clean(None, "info", {"path": "/a\r\n2026 [info] paid\x1b[2J\x9b1m"})["path"]
    assert all(each.isprintable() for each in told)
    assert "\\x1b" in told and "\\n" in told
